"""Arrays: the numbers of an image or of a row of measurements, shifted and scaled."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clearprop.errors import DataError
from clearprop.features import document
from clearprop.features.cells import flattened, is_number, name_of, require_columns
from clearprop.features.document import JSON
from clearprop.features.protocol import Float64Array, Transformed
from clearprop.features.reading import Reading
from clearprop.features.wording import spelled

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ArrayFeatures:
    """The numbers of one array a row, flattened: (v - mean) / scale, 0 where v is NaN.

    mean and scale are one number for all inputs, or one number for each.
    """

    column: str
    shape: tuple[int, ...]
    mean: float | tuple[float, ...]
    scale: float | tuple[float, ...]
    reading: Reading = field(default_factory=Reading)

    @property
    def width(self) -> int:
        return math.prod(self.shape)

    @property
    def input_names(self) -> tuple[str, ...]:
        places = (", ".join(map(str, place)) for place in np.ndindex(*self.shape))
        return tuple(f"{self.column}[{place}]" for place in places)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def check(self, schema: pa.Schema) -> None:
        import pyarrow as pa

        require_columns(schema, self.columns)
        kind = schema.field(self.column).type
        if not (pa.types.is_fixed_size_list(kind) and is_number(kind.value_type)):
            raise DataError(
                f"{name_of(schema)}column {self.column!r}: expected arrays of {spelled(self.shape)} numbers "
                f"as in training, got values of type {kind}."
            )
        if kind.list_size != self.width:
            raise DataError(
                f"{name_of(schema)}column {self.column!r}: expected {self.width} numbers a row "
                f"({spelled(self.shape)}) as in training, got {kind.list_size}."
            )

    def transform(self, batch: pa.RecordBatch) -> Transformed:
        self.check(batch.schema)
        column = batch.column(self.column)
        raw = flattened(column)
        with np.errstate(over="ignore"):
            x = (raw - np.asarray(self.mean)) / np.asarray(self.scale)
        x[np.isnan(raw)] = 0.0
        reasons = self._reasons(raw, x)
        if column.null_count:
            absent = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)).tolist()
            reasons |= dict.fromkeys(absent, f"column {self.column!r}: expected numbers, got a missing value")
        x[list(reasons)] = 0.0
        return Transformed(x, dict(sorted(reasons.items())))

    def _reasons(self, raw: Float64Array, x: Float64Array) -> dict[int, str]:
        reasons: dict[int, str] = {}
        rows, places = np.nonzero(~np.isfinite(x))
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            got = f"{raw[row, place]:g} at place {place}"
            reasons.setdefault(row, f"column {self.column!r}: expected finite numbers, got {got}")
        return reasons

    def to_document(self) -> dict[str, JSON]:
        return {
            "kind": "array",
            "column": self.column,
            "shape": list(self.shape),
            "mean": list(self.mean) if isinstance(self.mean, tuple) else self.mean,
            "scale": list(self.scale) if isinstance(self.scale, tuple) else self.scale,
            "reading": self.reading.to_document(),
        }

    @staticmethod
    def from_document(contents: JSON, where: str) -> ArrayFeatures:
        fields = document.fields_of(contents, where, "column", "shape", "mean", "scale", "reading")
        sizes = document.items(fields["shape"], f"{where}.shape")
        shape = tuple(document.size(item, f"{where}.shape[{i}]") for i, item in enumerate(sizes))
        if not shape:
            raise document.malformed(f"{where}.shape", "at least one size", [])
        width = math.prod(shape)
        return ArrayFeatures(
            document.text(fields["column"], f"{where}.column"),
            shape,
            document.one_or_each(fields["mean"], f"{where}.mean", width, document.number),
            document.one_or_each(fields["scale"], f"{where}.scale", width, document.positive),
            Reading.from_document(fields["reading"], f"{where}.reading"),
        )
