"""Several files as one table: their columns must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clearprop.errors import DataError
from clearprop.features.cells import is_number, name_of
from clearprop.features.wording import listed

if TYPE_CHECKING:
    import pyarrow as pa


def unified(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The one schema of several files. Whole numbers in one and others in another give numbers.

    Raises DataError naming the first file whose columns are others than the first file's.
    """
    import pyarrow as pa

    first = schemas[0]
    fields = {field.name: field.type for field in first}
    for schema in schemas[1:]:
        refuse_other_columns(schema.names, first.names, name_of(schema), name_of(first))
        for field in schema:
            known = fields[field.name]
            fields[field.name] = _common(known, field.type)
            if fields[field.name] is None:
                raise DataError(
                    f"{name_of(schema)}expected column {field.name!r} to hold values of type {known} as in "
                    f"{name_of(first)[:-2]}, got {field.type}."
                )
    return pa.schema(list(fields.items()))


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The type that holds the values of both; a column without any value goes with every type."""
    import pyarrow as pa

    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    return pa.float64() if is_number(one) and is_number(other) else None


def refuse_other_columns(got: Sequence[str], expected: Sequence[str], name: str, first: str) -> None:
    """Raise DataError unless a file has the same columns, in whatever order, as the first file."""
    if sorted(got) != sorted(expected):
        raise DataError(f"{name}expected the columns {listed(expected)} as in {first[:-2]}, got {listed(got)}.")
