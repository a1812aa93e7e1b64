"""The same rows in batches of another size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def rechunked(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of batches in batches of exactly so many rows; only the last may be smaller.

    What is computed batch by batch then depends on the rows alone, not on how a reader happened to cut them.
    """
    kept: list[pa.RecordBatch] = []
    missing = rows
    for batch in batches:
        rest = batch
        while rest.num_rows >= missing:
            yield _joined([*kept, rest.slice(0, missing)])
            kept, rest, missing = [], rest.slice(missing), rows
        if rest.num_rows:
            kept.append(rest)
            missing -= rest.num_rows
    if kept:
        yield _joined(kept)


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    import pyarrow as pa

    return batches[0] if len(batches) == 1 else pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
