"""Sources whose rows are arrays or a table at hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from clearprop.data.source import BATCH_ROWS, Piece, Source, converted, named, selected
from clearprop.features import Reading

if TYPE_CHECKING:
    import pyarrow as pa

SHAPE_KEY = b"shape"


def array_field(name: str, kind: pa.DataType, shape: Sequence[int]) -> pa.Field:
    """The field of a column of arrays, which remembers their shape: Arrow's lists are flat."""
    import pyarrow as pa

    spelled = ",".join(map(str, shape)).encode()
    return pa.field(name, pa.list_(kind, math.prod(shape)), metadata={SHAPE_KEY: spelled})


def shape_of(field: pa.Field) -> tuple[int, ...]:
    """The shape of the arrays in a column."""
    spelled = (field.metadata or {}).get(SHAPE_KEY)
    return tuple(map(int, spelled.decode().split(","))) if spelled else (field.type.list_size,)


@dataclass(frozen=True, eq=False)
class MemorySource:
    """A table in memory."""

    name: str
    table: pa.Table
    default_target: str
    reading: Reading
    test: Source | None = None

    @cached_property
    def schema(self) -> pa.Schema:
        return named(self.table.schema, self.name)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        schema = selected(self.schema, columns)
        for batch in self.table.select(schema.names).to_batches(max_chunksize=BATCH_ROWS):
            yield converted(batch, schema)

    def pieces(self) -> list[Piece]:
        return [self.batches]

    def row_count(self) -> int:
        return int(self.table.num_rows)

    def as_text(self) -> Source:
        return self
