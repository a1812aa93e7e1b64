"""CSV, TSV and other text tables, packed with gzip or not, one file or several."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.data.dialect import Dialect, dialect_of, sentence
from clearprop.data.duck import connected, escaped, quoted
from clearprop.data.inference import (
    MANY_NUMBERS,
    ColumnSurvey,
    arrow_type,
    converted_text,
    has_header,
    refuse_spoiled,
)
from clearprop.data.source import BATCH_ROWS, Piece, Source, named, selected
from clearprop.errors import DataError
from clearprop.features import Reading
from clearprop.features.cells import trimmed
from clearprop.features.wording import listed

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_CELLS = 4 << 20


@dataclass(frozen=True, eq=False)
class TextTable:
    """Text tables with the same columns. text: every column stays text."""

    paths: tuple[Path, ...]
    name: str
    given: Reading
    text: bool = False
    test: None = None

    @cached_property
    def reading(self) -> Reading:
        header = self.given.header
        return replace(self.given, header=has_header(self._survey[0]) if header is None else header)

    @cached_property
    def schema(self) -> pa.Schema:
        import pyarrow as pa

        kinds = [pa.string()] * len(self._names) if self.text else self._kinds
        return named(pa.schema(list(zip(self._names, kinds, strict=True))), self.name)

    @property
    def default_target(self) -> str:
        return str(self.schema.names[-1])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        return chain.from_iterable(piece(columns) for piece in self.pieces())

    def pieces(self) -> list[Piece]:
        """One file each."""
        return [partial(self._read, place) for place in range(len(self.paths))]

    def _read(self, place: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = selected(self.schema, columns)
        places = [self._names.index(name) for name in schema.names]
        for batch in self._lines(place, places, header=self.reading.header is True):
            pairs = zip(batch.columns, schema.types, strict=True)
            arrays = [converted_text(column, kind, self.given.missing) for column, kind in pairs]
            yield pa.record_batch(arrays, schema=schema)

    def row_count(self) -> int | None:
        if self.text:
            return None
        rows_below_first_lines = self._survey[1]
        return rows_below_first_lines + (0 if self.reading.header else len(self.paths))

    def as_text(self) -> Source:
        return replace(self, given=self.reading, text=True)

    @cached_property
    def _dialects(self) -> tuple[Dialect, ...]:
        dialects = tuple(map(dialect_of, self.paths))
        for path, dialect in zip(self.paths, dialects, strict=True):
            if dialect.width != dialects[0].width:
                raise DataError(
                    f"{path.name}: expected {dialects[0].width} columns as in {self.paths[0].name}, "
                    f"got {dialect.width}."
                )
        return dialects

    @cached_property
    def _first_lines(self) -> tuple[tuple[str | None, ...], ...]:
        """The first line of each file: names or values, trimmed, None where they are missing."""
        return tuple(map(_first_line, self.paths, self._dialects))

    @cached_property
    def _survey(self) -> tuple[tuple[ColumnSurvey, ...], int]:
        """What the columns hold from the second line of each file on, and how many lines that are."""
        surveys, count = tuple(map(ColumnSurvey, self._first_lines[0])), 0
        for batch in self._rows(range(len(surveys)), header=True):
            for survey, column in zip(surveys, batch.columns, strict=True):
                survey.add(column, self.given.missing)
            count += batch.num_rows
        return surveys, count

    @cached_property
    def _kinds(self) -> list[pa.DataType]:
        import pyarrow as pa

        surveys, _ = self._survey
        if not self.reading.header:
            for cells in self._first_lines:
                for survey, cell in zip(surveys, cells, strict=True):
                    survey.add(pa.array([cell], pa.string()), self.given.missing)
        for i, survey in enumerate(surveys):
            if survey.spoiled and self._has_many_values(i):
                refuse_spoiled(self._names[i], survey, self.name)
        return [arrow_type(name, survey, self.name) for name, survey in zip(self._names, surveys, strict=True)]

    def _has_many_values(self, place: int) -> bool:
        """Whether a column is a measurement rather than a few classes such as 0, 1, 2, 3+."""
        seen: set[str] = set()
        for batch in self._rows([place], header=self.reading.header is True):
            seen.update(batch.column(0).unique().to_pylist())
            if len(seen) > MANY_NUMBERS:
                return True
        return False

    @cached_property
    def _names(self) -> list[str]:
        width = self._dialects[0].width
        if not self.reading.header:
            return [f"column{i}" for i in range(width)]
        names = [_named_columns(cells) for cells in self._first_lines]
        for path, others in zip(self.paths, names, strict=True):
            if others != names[0]:
                raise DataError(
                    f"{path.name}: expected the columns {listed(names[0])} in this order as in "
                    f"{self.paths[0].name}, got {listed(others)}."
                )
        return names[0]

    def _rows(self, places: Sequence[int], *, header: bool) -> Iterator[pa.RecordBatch]:
        """The cells of some columns as text; header: without the first line of each file."""
        for place in range(len(self.paths)):
            yield from self._lines(place, places, header=header)

    def _lines(self, place: int, places: Sequence[int], *, header: bool) -> Iterator[pa.RecordBatch]:
        """The same of one file."""
        first = header
        for batch in _text_batches(self.paths[place], self._dialects[place], places):
            yield batch.slice(1) if first else batch
            first = False


def _first_line(path: Path, dialect: Dialect) -> tuple[str | None, ...]:
    with closing(_text_batches(path, dialect, range(dialect.width), limit=" LIMIT 1")) as batches:
        for batch in batches:
            return tuple(trimmed(column)[0].as_py() for column in batch.columns)
    raise DataError(f"{path.name}: expected a table, got an empty file.")


def _named_columns(cells: Sequence[str | None]) -> list[str]:
    """Names from a header; a column without a name is called by its place."""
    return [f"column{i}" if cell is None else cell for i, cell in enumerate(cells)]


def _text_batches(
    path: Path, dialect: Dialect, places: Sequence[int], limit: str = ""
) -> Generator[pa.RecordBatch, None, None]:
    """All lines, the header too, of some columns, as text. Every line must have all values, or reading fails."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(dialect.width))
    chosen = ", ".join(f"c{i}" for i in places)
    options = (
        f"auto_detect=false, header=false, delim={quoted(dialect.delimiter)}, quote='\"', "
        f"escape={quoted(dialect.escape)}, skip={dialect.skip}, comment='', strict_mode=true, null_padding=false, "
        f"ignore_errors=false, columns={{{columns}}}"
    )
    # columns by place: DuckDB would take `a` and `A` for the same name
    query = f"SELECT {chosen} FROM read_csv({quoted(escaped(path))}, {options}){limit}"  # noqa: S608  quoted
    rows = max(1, min(BATCH_ROWS, BATCH_CELLS // dialect.width))
    with connected(lambda error: sentence(path.name, error)) as connection:
        yield from connection.sql(query).to_arrow_reader(rows)
