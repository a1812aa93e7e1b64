"""Tables: numbers are standardised, categories become one input each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clearprop.errors import DataError
from clearprop.features import document
from clearprop.features.cells import name_of, require_columns
from clearprop.features.columns import CategoryColumn, NumberColumn, encoding_of
from clearprop.features.document import JSON
from clearprop.features.protocol import Transformed
from clearprop.features.reading import Reading

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TableFeatures:
    """The columns of a table, in order, each with its encoding."""

    encodings: tuple[NumberColumn | CategoryColumn, ...]
    reading: Reading = field(default_factory=Reading)

    @property
    def width(self) -> int:
        return sum(encoding.width for encoding in self.encodings)

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(name for encoding in self.encodings for name in encoding.input_names)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(encoding.name for encoding in self.encodings)

    def check(self, schema: pa.Schema) -> None:
        if self.reading.header is False:
            _refuse_shifted_columns(self.columns, schema)
        require_columns(schema, self.columns)
        for encoding in self.encodings:
            kind = schema.field(encoding.name).type
            if not encoding.accepts(kind):
                expected = "numbers" if isinstance(encoding, NumberColumn) else "text"
                raise DataError(
                    f"{name_of(schema)}column {encoding.name!r}: expected {expected} as in training, "
                    f"got values of type {kind}."
                )

    def transform(self, batch: pa.RecordBatch) -> Transformed:
        self.check(batch.schema)
        x = np.zeros((batch.num_rows, self.width))
        reasons: dict[int, str] = {}
        start = 0
        for encoding in self.encodings:
            part = x[:, start : start + encoding.width]
            found = encoding.fill(part, batch.column(encoding.name), self.reading.missing)
            reasons = {**found, **reasons}
            start += encoding.width
        x[list(reasons)] = 0.0
        return Transformed(x, dict(sorted(reasons.items())))

    def to_document(self) -> dict[str, JSON]:
        columns = [encoding.to_document() for encoding in self.encodings]
        return {"kind": "table", "columns": columns, "reading": self.reading.to_document()}

    @staticmethod
    def from_document(contents: JSON, where: str) -> TableFeatures:
        fields = document.fields_of(contents, where, "columns", "reading")
        columns = document.items(fields["columns"], f"{where}.columns")
        encodings = tuple(encoding_of(item, f"{where}.columns[{i}]") for i, item in enumerate(columns))
        if not encodings:
            raise document.malformed(f"{where}.columns", "at least one column", [])
        document.refuse_repeated([encoding.name for encoding in encodings], f"{where}.columns")
        return TableFeatures(encodings, Reading.from_document(fields["reading"], f"{where}.reading"))


def _refuse_shifted_columns(columns: tuple[str, ...], schema: pa.Schema) -> None:
    """Columns of a file without a header are known by their place: only the last, the target, may be left out."""
    if not all(re.fullmatch(r"column\d+", name) for name in schema.names):
        return
    count = len(columns)
    target_last = columns == tuple(f"column{i}" for i in range(count))
    if len(schema.names) == count + 1 or (target_last and len(schema.names) == count):
        return
    expected = f"{count} or {count + 1}" if target_last else f"{count + 1}"
    raise DataError(
        f"{name_of(schema)}expected {expected} columns as in the training file, which has no header, "
        f"got {len(schema.names)}; give the columns of the training file in their order."
    )
