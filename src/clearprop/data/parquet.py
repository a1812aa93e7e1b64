"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.data.source import BATCH_ROWS, Piece, Source, converted, named, plain, selected
from clearprop.data.unifying import unified
from clearprop.errors import DataError
from clearprop.features import Reading

if TYPE_CHECKING:
    import pyarrow as pa


READ_BYTES = 64 << 10
PIECE_ROWS = 65_536
"""Row groups smaller than this are read together with their neighbours."""


@dataclass(frozen=True, eq=False)
class ParquetTable:
    """One Parquet file, or several that have the same columns."""

    paths: tuple[Path, ...]
    name: str
    reading: Reading
    test: None = None

    @cached_property
    def schema(self) -> pa.Schema:
        import pyarrow as pa

        schemas = []
        for path in self.paths:
            with _opened(path) as file:
                fields = [pa.field(field.name, plain(field.type)) for field in file.schema_arrow]
            schemas.append(named(pa.schema(fields), path.name))
        return named(unified(schemas), self.name)

    @property
    def default_target(self) -> str:
        return str(self.schema.names[-1])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        return chain.from_iterable(piece(columns) for piece in self.pieces())

    def pieces(self) -> list[Piece]:
        """Neighbouring row groups of a file, as few as make up a piece."""
        found: list[Piece] = []
        for path in self.paths:
            with _opened(path) as file:
                sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            found += [partial(self._read, path, groups) for groups in _together(sizes)]
        return found

    def _read(self, path: Path, groups: list[int], columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        schema = selected(self.schema, columns)
        with _opened(path) as file, _Readable(path):
            for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=schema.names):
                yield converted(batch.select(schema.names), schema)

    def row_count(self) -> int:
        count = 0
        for path in self.paths:
            with _opened(path) as file:
                count += file.metadata.num_rows
        return count

    def as_text(self) -> Source:
        return self


def _together(sizes: Sequence[int]) -> list[list[int]]:
    """The numbers of row groups of these sizes, neighbours together until they make up a piece."""
    found: list[list[int]] = []
    rows = PIECE_ROWS
    for group, size in enumerate(sizes):
        if rows >= PIECE_ROWS:
            found.append([])
            rows = 0
        found[-1].append(group)
        rows += size
    return found


class _Readable:
    """Turns what pyarrow says about a damaged file into one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        import pyarrow as pa

        if isinstance(error, pa.ArrowException | OSError):
            raise DataError(
                f"{self.path.name}: expected a Parquet file, got one that is damaged or of another kind; "
                f"copy the file again."
            ) from None


def _opened(path: Path) -> Any:
    import pyarrow.parquet as pq

    with _Readable(path):
        return pq.ParquetFile(path, buffer_size=READ_BYTES)  # else whole columns of a row group are read at once
