"""Features of files: what images and sounds have in common. Each row carries a file's name and its bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from clearprop.capacity import usable_cores
from clearprop.errors import DataError
from clearprop.features.cells import name_of, require_columns
from clearprop.features.protocol import Float64Array, Transformed

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "file"
IMAGE, SOUND = "image", "sound"


def check_media(schema: pa.Schema, column: str) -> None:
    """Raise DataError unless a schema holds files of that sort."""
    other = {IMAGE: SOUND, SOUND: IMAGE}[column]
    if other in schema.names and column not in schema.names:
        raise DataError(f"{name_of(schema)}expected {column}s, as in training, got {other}s.")
    if column not in schema.names:
        raise DataError(f"{name_of(schema)}expected {column} files, as in training, got a table or arrays.")
    require_columns(schema, [FILE, column])


def decoded(
    batch: pa.RecordBatch, column: str, width: int, decode: Callable[[bytes], Float64Array | str]
) -> Transformed:
    """The inputs of a batch of files: `decode` gives a file's inputs, or what is wrong with it.

    Decoding leaves Python's lock alone most of the time, so threads share the cores; each file stands alone, so
    their number changes nothing.
    """
    names, contents = batch.column(FILE).to_pylist(), batch.column(column).to_pylist()
    x, reasons = np.zeros((len(names), width)), {}
    with ThreadPoolExecutor(usable_cores()) as pool:
        for row, found in enumerate(pool.map(decode, contents)):
            if isinstance(found, str):
                reasons[row] = f"{names[row]}: {found}"
            else:
                x[row] = found
    return Transformed(x, reasons)


def most_frequent(values: Sequence[int]) -> int:
    """The most frequent value; of several the smallest."""
    different = sorted(set(values))
    return max(different, key=values.count)
