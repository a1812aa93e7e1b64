"""JSON lines: one JSON object a row, or a list of objects, through DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.data.duck import connected, escaped, quoted
from clearprop.data.source import BATCH_ROWS, Piece, Source, converted, named, plain, selected
from clearprop.data.unifying import unified
from clearprop.errors import DataError
from clearprop.features import Reading

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class JsonTable:
    """One file of JSON rows, or several that have the same columns."""

    paths: tuple[Path, ...]
    name: str
    reading: Reading
    test: None = None

    @cached_property
    def schema(self) -> pa.Schema:
        return named(unified([_schema(path) for path in self.paths]), self.name)

    @property
    def default_target(self) -> str:
        return str(self.schema.names[-1])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        return chain.from_iterable(piece(columns) for piece in self.pieces())

    def pieces(self) -> list[Piece]:
        """One file each."""
        return [partial(self._read, path) for path in self.paths]

    def _read(self, path: Path, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        schema = selected(self.schema, columns)
        with connected(partial(_sentence, path.name)) as connection:
            query = _query(connection, path, schema.names)
            for batch in connection.sql(query).to_arrow_reader(BATCH_ROWS):
                yield converted(batch, schema)

    def row_count(self) -> None:
        return None

    def as_text(self) -> Source:
        return self


def _schema(path: Path) -> pa.Schema:
    import pyarrow as pa

    if path.stat().st_size == 0:
        raise DataError(f"{path.name}: expected rows of JSON, got an empty file.")
    with connected(partial(_sentence, path.name)) as connection:
        query = f"{_query(connection, path)} LIMIT 0"
        schema = connection.sql(query).to_arrow_reader(BATCH_ROWS).schema
    return named(pa.schema([pa.field(field.name, plain(field.type)) for field in schema]), path.name)


def _query(connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str] | None = None) -> str:
    """Columns that hold values of several kinds come as text, so that one odd value spoils one row only."""
    form = "auto" if path.name.lower().removesuffix(".gz").endswith(".json") else "newline_delimited"
    # the whole file decides the types: a sample would let a later row fail
    table = f"read_json({quoted(escaped(path))}, format='{form}', sample_size=-1, maximum_depth=2)"
    kinds = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()}  # noqa: S608  quoted
    chosen = [_column(name, kinds[name]) for name in (kinds if names is None else names)]
    return f"SELECT {', '.join(chosen)} FROM {table}"  # noqa: S608  quoted


def _column(name: str, kind: str) -> str:
    spelled = quoted(name, '"')
    return f"({spelled} ->> '$') AS {spelled}" if kind == "JSON" else spelled


def _sentence(name: str, error: str) -> str:
    # DuckDB counts rows from 1 and names the one after the row that is wrong
    found = re.search(r"Malformed JSON.* in (?:line|record/value) (\d+)", error)
    if found:
        return f"{name}: expected a JSON object in row {int(found[1]) - 1}, got something else; correct the row."
    return f"{name}: expected JSON objects, one a line, got something else."
