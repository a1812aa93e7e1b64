"""Files become Arrow record batches, batches become arrays.

`open_source` opens a table, an `.npz` file, a folder of IDX files or a built-in set; `prepare` splits its
rows, fits the features on the training rows alone and returns arrays; `stream` does so for rows that do not fit in
memory, and hands them out block by block. Nothing above this package knows
what kind of file the data came from.
"""

from clearprop.data.classes import labels
from clearprop.data.fitting import fit
from clearprop.data.opening import open_source
from clearprop.data.preparing import Part, Prepared, TooManyRows, prepare
from clearprop.data.source import Source
from clearprop.data.splitting import split
from clearprop.data.streaming.limit import Limit
from clearprop.data.streaming.stream import Stream, stream
from clearprop.features import Reading

__all__ = [
    "Limit",
    "Part",
    "Prepared",
    "Reading",
    "Source",
    "Stream",
    "TooManyRows",
    "fit",
    "labels",
    "open_source",
    "prepare",
    "split",
    "stream",
]
