"""Features from the training rows: means and scales of numbers, the categories of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clearprop.data.memory import shape_of
from clearprop.errors import DataError
from clearprop.features import ArrayFeatures, CategoryColumn, Features, NumberColumn, Reading, TableFeatures
from clearprop.features.cells import flattened, is_number, is_text, name_of, numbers, require_columns, trimmed
from clearprop.features.images import fit_images
from clearprop.features.media import IMAGE, SOUND
from clearprop.features.protocol import Float64Array
from clearprop.features.sounds import fit_sounds

if TYPE_CHECKING:
    import pyarrow as pa

CATEGORY_ROWS = 2  # fewer, and a category has no input of its own: a column of names becomes a constant
MAX_CATEGORIES = 1000


def fit(
    batches: Sequence[pa.RecordBatch],
    target: str,
    reading: Reading | None = None,
    *,
    image_size: tuple[int, int] | None = None,
) -> Features:
    """The features of all columns but the target, from batches that hold the training rows and no others.

    A text is a category of its own when at least 2 rows have it, up to the 1000 most frequent ones of a column.
    image_size: (height, width) of images; chosen from the training images unless named.
    Raises DataError for a column that is neither numbers nor booleans nor text nor an array named `x`.
    """
    import pyarrow as pa

    reading = reading or Reading()
    if not batches:
        raise DataError("expected batches of training rows, got none.")
    schema = batches[0].schema
    require_columns(schema, [target])
    fields = [field for field in schema if field.name != target]
    if not fields:
        raise DataError(
            f"{name_of(schema)}expected columns beside the target {target!r}, got none; the values of a line must be "
            f"separated by a comma, a semicolon, a tab or |."
        )
    for sort in (IMAGE, SOUND):
        if sort in schema.names and pa.types.is_binary(schema.field(sort).type):
            contents = [content for batch in batches for content in batch.column(sort).to_pylist()]
            return fit_images(contents, image_size, reading) if sort == IMAGE else fit_sounds(contents, reading)
    if len(fields) == 1 and _is_array(fields[0].type):
        return _fit_array(batches, fields[0], reading)
    encodings = [
        _fit_column([batch.column(field.name) for batch in batches], field, schema, reading) for field in fields
    ]
    return TableFeatures(tuple(encodings), reading)


def _is_array(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_fixed_size_list(kind) and is_number(kind.value_type))


def _fit_column(
    chunks: Sequence[pa.Array], field: pa.Field, schema: pa.Schema, reading: Reading
) -> NumberColumn | CategoryColumn:
    import pyarrow as pa

    if is_number(field.type) or pa.types.is_boolean(field.type):
        return _fit_numbers(chunks, field, reading)
    if is_text(field.type) or pa.types.is_null(field.type):
        return CategoryColumn(field.name, _categories(chunks, reading))
    raise DataError(
        f"{name_of(schema)}column {field.name!r}: expected numbers, booleans or text, got values of type "
        f"{field.type}; remove the column or write it as a number."
    )


def _fit_numbers(chunks: Sequence[pa.Array], field: pa.Field, reading: Reading) -> NumberColumn:
    import pyarrow as pa

    values = np.concatenate([numbers(chunk, reading.missing)[0] for chunk in chunks])
    mean, scale = standardization([values[:, None]])
    flag, boolean = bool(np.isnan(values).any()), bool(pa.types.is_boolean(field.type))
    return NumberColumn(field.name, float(mean[0]), float(scale[0]), flag, boolean)


def _categories(chunks: Sequence[pa.Array], reading: Reading) -> tuple[str, ...]:
    """The most frequent texts, sorted."""
    import pyarrow as pa

    text = pa.chunked_array([trimmed(chunk, reading.missing) for chunk in chunks], pa.string()).drop_null()
    counts = text.value_counts()
    pairs = zip(counts.field("counts").to_pylist(), counts.field("values").to_pylist(), strict=True)
    frequent = sorted((-count, value) for count, value in pairs if count >= CATEGORY_ROWS)
    return tuple(sorted(value for _, value in frequent[:MAX_CATEGORIES]))


def _fit_array(batches: Sequence[pa.RecordBatch], field: pa.Field, reading: Reading) -> ArrayFeatures:
    chunks = [flattened(batch.column(field.name)) for batch in batches]
    shape = shape_of(field)
    mean, scale = _array_scaling(chunks, field.type.value_type, shape)
    return ArrayFeatures(field.name, shape, mean, scale, reading)


def _array_scaling(
    chunks: Sequence[Float64Array], kind: pa.DataType, shape: tuple[int, ...]
) -> tuple[float | tuple[float, ...], float | tuple[float, ...]]:
    """Mean and scale: one for all inputs where they share a unit, as pixels do, else one for each input."""
    import pyarrow as pa

    low, high = _range([chunk.reshape(-1, 1) for chunk in chunks])
    if pa.types.is_uint8(kind):
        return 0.0, max(1.0, float(high[0]))
    if (low[0], high[0]) == (0.0, 1.0):
        return 0.0, 1.0  # scaled already; standardising would blow up pixels that are nearly always 0
    if len(shape) > 1:
        mean, scale = standardization([chunk.reshape(-1, 1) for chunk in chunks])
        return float(mean[0]), float(scale[0])
    mean, scale = standardization(chunks)
    return tuple(mean.tolist()), tuple(scale.tolist())


def standardization(chunks: Sequence[Float64Array]) -> tuple[Float64Array, Float64Array]:
    """Mean and standard deviation of each column of chunks (n, k), without NaN; 0 and 1 where there is no value.

    A constant column has its value as the mean, to the bit, and the scale 1, so that it becomes exactly 0.
    """
    low, high = _range(chunks)
    size = np.maximum(np.abs(low), np.abs(high))
    size[size == 0] = 1.0  # dividing by it keeps sums and squares of very large and very small numbers finite
    count = sum(np.sum(~np.isnan(chunk), axis=0) for chunk in chunks)
    count = np.maximum(count, 1)
    mean = sum(np.nansum(chunk / size, axis=0) for chunk in chunks) / count
    variance = sum(np.nansum((chunk / size - mean) ** 2, axis=0) for chunk in chunks) / count
    scale = np.sqrt(variance) * size
    constant = scale == 0  # divided by size, all its values are exactly 1 or -1
    return np.where(constant, low, mean * size), np.where(constant, 1.0, scale)


def _range(chunks: Sequence[Float64Array]) -> tuple[Float64Array, Float64Array]:
    """Smallest and largest number of each column; 0 and 0 where there is none."""
    low = np.fmin.reduce([np.fmin.reduce(chunk, axis=0, initial=np.inf) for chunk in chunks])
    high = np.fmax.reduce([np.fmax.reduce(chunk, axis=0, initial=-np.inf) for chunk in chunks])
    empty = low > high
    return np.where(empty, 0.0, low), np.where(empty, 0.0, high)
