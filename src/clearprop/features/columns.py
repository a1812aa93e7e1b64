"""The columns of a table, and how each becomes inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clearprop.features import document
from clearprop.features.cells import is_boolean, is_null, is_number, is_text, numbers, trimmed
from clearprop.features.document import JSON
from clearprop.features.protocol import Float64Array

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: (v - mean) / scale, 0 where v is missing.

    flag: there is a second input, 1 where v is missing. boolean: text reads `true` or `false`.
    """

    name: str
    mean: float
    scale: float
    flag: bool = False
    boolean: bool = False

    @property
    def width(self) -> int:
        return 1 + self.flag

    @property
    def input_names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} is missing")[: self.width]

    def accepts(self, kind: pa.DataType) -> bool:
        return is_number(kind) or is_text(kind) or is_boolean(kind) or is_null(kind)

    def fill(self, x: Float64Array, column: pa.Array, missing: tuple[str, ...]) -> dict[int, str]:
        """Write the inputs of a column into x (n, width); return why rows cannot be used."""
        values, bad = numbers(column, missing, boolean=self.boolean)
        absent = np.isnan(values)
        with np.errstate(over="ignore"):
            x[:, 0] = np.where(absent, 0.0, (values - self.mean) / self.scale)
        if self.flag:
            x[:, 1] = absent
        expected = "true or false" if self.boolean else "a number"
        reasons = {row: f"column {self.name!r}: expected {expected}, got {cell!r}" for row, cell in bad.items()}
        for row in np.flatnonzero(~np.isfinite(x[:, 0])).tolist():
            reasons[row] = f"column {self.name!r}: expected a finite number of ordinary size, got {values[row]:g}"
        return reasons

    def to_document(self) -> dict[str, JSON]:
        return {
            "kind": "number",
            "name": self.name,
            "mean": self.mean,
            "scale": self.scale,
            "flag": self.flag,
            "boolean": self.boolean,
        }

    @staticmethod
    def from_document(contents: JSON, where: str) -> NumberColumn:
        fields = document.fields_of(contents, where, "name", "mean", "scale", "flag", "boolean")
        return NumberColumn(
            document.text(fields["name"], f"{where}.name"),
            document.number(fields["mean"], f"{where}.mean"),
            document.positive(fields["scale"], f"{where}.scale"),
            document.boolean(fields["flag"], f"{where}.flag"),
            document.boolean(fields["boolean"], f"{where}.boolean"),
        )


@dataclass(frozen=True)
class CategoryColumn:
    """A column of text: one input for each category, 1 where it is meant, and a last one for all others.

    Missing values, and texts that training saw once or never, count as others.
    """

    name: str
    categories: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.categories) + 1

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(f"{self.name} = {category}" for category in (*self.categories, "other"))

    def accepts(self, kind: pa.DataType) -> bool:
        import pyarrow as pa

        return is_text(kind) or pa.types.is_integer(kind) or is_boolean(kind) or is_null(kind)

    def fill(self, x: Float64Array, column: pa.Array, missing: tuple[str, ...]) -> dict[int, str]:
        """Write the inputs of a column into x (n, width)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        slots = pc.index_in(trimmed(column, missing), value_set=pa.array(self.categories, pa.string()))
        slot = pc.fill_null(slots, len(self.categories)).to_numpy(zero_copy_only=False)
        x[np.arange(len(slot)), slot] = 1.0
        return {}

    def to_document(self) -> dict[str, JSON]:
        return {"kind": "category", "name": self.name, "categories": list(self.categories)}

    @staticmethod
    def from_document(contents: JSON, where: str) -> CategoryColumn:
        fields = document.fields_of(contents, where, "name", "categories")
        categories = document.texts(fields["categories"], f"{where}.categories")
        document.refuse_repeated(categories, f"{where}.categories")
        return CategoryColumn(document.text(fields["name"], f"{where}.name"), categories)


ENCODINGS: Mapping[str, type[NumberColumn] | type[CategoryColumn]] = {
    "number": NumberColumn,
    "category": CategoryColumn,
}


def encoding_of(contents: JSON, where: str) -> NumberColumn | CategoryColumn:
    return ENCODINGS[document.kind_of(contents, where, ENCODINGS)].from_document(contents, where)
