"""What all data looks like from above: a name, a schema and batches of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from clearprop.errors import DataError
from clearprop.features import Reading
from clearprop.features.cells import SOURCE_KEY, is_number, is_text, require_columns
from clearprop.features.wording import listed

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 8192
BATCH_BYTES = 8 << 20


Piece: TypeAlias = "Callable[[Sequence[str] | None], Iterator[pa.RecordBatch]]"
"""Reads a part of a source's rows, with all columns or those named, again and again."""


class Source(Protocol):
    """Rows that can be read again and again, a batch at a time."""

    @property
    def name(self) -> str:
        """The file's or the set's name, without folders."""

    @property
    def reading(self) -> Reading:
        """How the file is read, with what was found out about it (whether it has a header)."""

    @property
    def schema(self) -> pa.Schema:
        """The columns: int64, float64, bool, string, fixed-size lists of numbers, or a type of no use here."""

    @property
    def default_target(self) -> str:
        """The column that holds the labels unless the caller names another."""

    @property
    def test(self) -> Source | None:
        """The test rows that come with the data, if any do."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in their order, in batches that fit in memory, with all columns or those named."""

    def pieces(self) -> Sequence[Piece]:
        """The same rows in parts that can be read each by itself; in a row they are all rows in their order."""

    def row_count(self) -> int | None:
        """The number of rows where it is known without reading them."""

    def as_text(self) -> Source:
        """The same rows with every column as text where the file is a text table; otherwise the same source."""


def counted_rows(source: Source, target: str) -> int:
    """The number of rows, read through where the source does not know it."""
    known = source.row_count()
    return sum(batch.num_rows for batch in source.batches([target])) if known is None else known


def named(schema: pa.Schema, name: str) -> pa.Schema:
    """The schema of a source, which knows the source's name so that messages can begin with it."""
    if not schema.names:
        raise DataError(f"{name}: expected columns, got none.")
    repeated = sorted({column for column in schema.names if schema.names.count(column) > 1})
    if repeated:
        raise DataError(
            f"{name}: expected every column to have its own name, got {listed(repeated)} twice; rename one."
        )
    return schema.with_metadata({SOURCE_KEY: name.encode()})


def selected(schema: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    """The columns that were asked for, in the order asked. Raises DataError when there is none of that name."""
    import pyarrow as pa

    if columns is None:
        return schema
    require_columns(schema, columns)
    return pa.schema([schema.field(column) for column in columns], schema.metadata)


def plain(kind: pa.DataType) -> pa.DataType:
    """The type that a column is given to read: int64, float64, string, or its own."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return pa.int64()
    if is_number(kind):
        return pa.float64()
    return pa.string() if is_text(kind) else kind


def converted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with its columns, in their order, cast to the types and given the names of a schema.

    The casts are unsafe only in that whole numbers above 2^53 are rounded.
    """
    import pyarrow as pa

    pairs = zip(batch.columns, schema, strict=True)
    columns = [column if column.type == field.type else column.cast(field.type, safe=False) for column, field in pairs]
    return pa.record_batch(columns, schema=schema)
