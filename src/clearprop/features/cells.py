"""Cells and columns of Arrow tables: what they hold, as text and as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clearprop.errors import DataError, nearest
from clearprop.features.protocol import Float64Array
from clearprop.features.wording import listed, shown

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity|nan)$"
SOURCE_KEY = b"clearprop.source"


def trimmed(column: pa.Array, missing: Iterable[str] = ()) -> pa.Array:
    """A column as text without the white space around it; null where it is empty or marked as missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    absent = pc.is_in(text, value_set=pa.array(["", *missing], pa.string()))
    return pc.if_else(absent, None, text)


def numbers(
    column: pa.Array, missing: Iterable[str] = (), *, boolean: bool = False
) -> tuple[Float64Array, dict[int, str]]:
    """A column as float64 with NaN where it is missing, and the cells, by row, that are no numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    bad: dict[int, str] = {}
    if is_text(column.type):
        column, bad = _parsed(trimmed(column, missing), boolean)
    elif is_boolean(column.type):
        column = column.cast(pa.uint8())
    # unsafe only in that whole numbers above 2^53 are rounded
    values = np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    for marker in missing:
        if re.match(NUMBER, marker):
            values[values == float(marker)] = np.nan
    return values, bad


def _parsed(text: pa.Array, boolean: bool) -> tuple[pa.Array, dict[int, str]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if boolean:
        place = pc.index_in(pc.utf8_lower(text), value_set=pa.array(["false", "true"]))
        text = pc.if_else(pc.is_valid(place), place.cast(pa.string()), text)
    try:
        return pc.cast(text, pa.float64()), {}
    except pa.ArrowInvalid:
        good = pc.match_substring_regex(text, NUMBER)
    rows = np.flatnonzero(pc.fill_null(pc.invert(good), False).to_numpy(zero_copy_only=False)).tolist()
    bad = {row: shown(text[row].as_py()) for row in rows}
    return pc.cast(pc.if_else(good, text, None), pa.float64()), bad


def flattened(column: pa.Array) -> Float64Array:
    """A column of fixed-size lists as (n, width) float64, NaN where a number is missing."""
    import pyarrow as pa

    width = column.type.list_size
    inner = column.values.slice(column.offset * width, len(column) * width)
    values = inner.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64).reshape(len(column), width)


def is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_boolean(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_boolean(kind))


def is_null(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_null(kind))


def name_of(schema: pa.Schema) -> str:
    """`train.csv: ` for the schema of a file, to begin a message with; nothing for a schema of no file."""
    name = (schema.metadata or {}).get(SOURCE_KEY)
    return f"{name.decode()}: " if name else ""


def require_columns(schema: pa.Schema, columns: Sequence[str]) -> None:
    """Raise DataError when a schema lacks some of the columns."""
    lacking = [column for column in columns if column not in schema.names]
    if lacking:
        word = "a column" if len(lacking) == 1 else "the columns"
        hint = nearest(lacking[0], schema.names) if len(lacking) == 1 else ""
        got = f"columns {listed(schema.names)}" if schema.names else "no columns"
        raise DataError(f"{name_of(schema)}expected {word} {listed(lacking)}, got {got}.{hint}")
