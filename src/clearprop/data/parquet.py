"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.data.source import BATCH_ROWS, Source, converted, named, plain, selected
from clearprop.data.unifying import unified
from clearprop.errors import DataError
from clearprop.features import Reading

if TYPE_CHECKING:
    import pyarrow as pa


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
        schema = selected(self.schema, columns)
        for path in self.paths:
            with _opened(path) as file, _Readable(path):
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=schema.names):
                    yield converted(batch.select(schema.names), schema)

    def row_count(self) -> int:
        count = 0
        for path in self.paths:
            with _opened(path) as file:
                count += file.metadata.num_rows
        return count

    def as_text(self) -> Source:
        return self


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
        return pq.ParquetFile(path)
