"""Features from the training rows: means and scales of numbers, the categories of text.

They are made in one pass: a `Fitting` takes in a batch at a time and keeps sums and counts, not the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from clearprop.arrays import BoolArray
from clearprop.data.chunks import rechunked
from clearprop.data.memory import shape_of
from clearprop.data.moments import Moments
from clearprop.data.source import BATCH_ROWS
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
MOST_TEXTS = 100_000
"""Different texts of a column that are counted in a stream; beyond, the rarer half of them is forgotten each time."""


def fit(
    batches: Iterable[pa.RecordBatch],
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
    coming = iter(batches)
    first = next(coming, None)
    if first is None:
        raise DataError("expected batches of training rows, got none.")
    for sort in (IMAGE, SOUND):
        if sort in first.schema.names and pa.types.is_binary(first.schema.field(sort).type):
            contents = [content for batch in chain([first], coming) for content in batch.column(sort).to_pylist()]
            return fit_images(contents, image_size, reading) if sort == IMAGE else fit_sounds(contents, reading)
    fitting = fitting_of(first.schema, target, reading)
    for batch in rechunked(chain([first], coming), BATCH_ROWS):
        fitting.add(batch)
    return fitting.features()


def fitting_of(
    schema: pa.Schema, target: str, reading: Reading, most_texts: int | None = None
) -> TableFitting | ArrayFitting:
    """What takes in the training rows of a schema, all columns but the target.

    The same rows in batches of the same sizes give the same features to the bit. most_texts: different texts of a
    column to count at most; exact unless named.
    """
    require_columns(schema, [target])
    fields = [field for field in schema if field.name != target]
    if not fields:
        raise DataError(
            f"{name_of(schema)}expected columns beside the target {target!r}, got none; the values of a line must be "
            f"separated by a comma, a semicolon, a tab or |."
        )
    if len(fields) == 1 and _is_array(fields[0].type):
        return ArrayFitting(fields[0], reading)
    return TableFitting(schema, fields, reading, most_texts)


def _is_array(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_fixed_size_list(kind) and is_number(kind.value_type))


class TableFitting:
    """The columns of a table: moments of numbers, counts of texts."""

    def __init__(self, schema: pa.Schema, fields: Sequence[pa.Field], reading: Reading, most_texts: int | None) -> None:
        import pyarrow as pa

        self._fields, self._reading, self._rows = fields, reading, 0
        self._numbers = [field for field in fields if is_number(field.type) or pa.types.is_boolean(field.type)]
        self._moments = Moments(len(self._numbers))
        self._texts: dict[str, TextCounts] = {}
        known = {field.name for field in self._numbers}
        for field in fields:
            if field.name in known:
                continue
            if not (is_text(field.type) or pa.types.is_null(field.type)):
                raise DataError(
                    f"{name_of(schema)}column {field.name!r}: expected numbers, booleans or text, got values of type "
                    f"{field.type}; remove the column or write it as a number."
                )
            self._texts[field.name] = TextCounts(most_texts)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in more training rows."""
        missing = self._reading.missing
        if self._numbers:
            columns = [numbers(batch.column(field.name), missing)[0] for field in self._numbers]
            self._moments.add(np.stack(columns).T)
        for name, counts in self._texts.items():
            counts.add(trimmed(batch.column(name), missing))
        self._rows += batch.num_rows

    def features(self) -> TableFeatures:
        """The features of the rows so far."""
        import pyarrow as pa

        found: dict[str, NumberColumn | CategoryColumn] = {}
        for field, mean, scale, flag in zip(self._numbers, *self._scaling(), self._moments.missing, strict=True):
            boolean = bool(pa.types.is_boolean(field.type))
            found[field.name] = NumberColumn(field.name, float(mean), float(scale), bool(flag), boolean)
        for name, counts in self._texts.items():
            found[name] = CategoryColumn(name, counts.categories())
        return TableFeatures(tuple(found[field.name] for field in self._fields), self._reading)

    def never_set(self) -> BoolArray:
        """(width,) the inputs that have the same value in all rows so far."""
        constant = dict(
            zip([field.name for field in self._numbers], self._moments.is_constant(*self._scaling()), strict=True)
        )
        empty = dict(zip(constant, self._moments.count == 0, strict=True))
        found: list[bool] = []
        for encoding in self.features().encodings:
            if isinstance(encoding, NumberColumn):
                found += [bool(constant[encoding.name]), bool(empty[encoding.name])][: encoding.width]
            else:
                counts = self._texts[encoding.name].of(encoding.categories)
                found += [count in (0, self._rows) for count in (*counts, self._rows - sum(counts))]
        return np.array(found, np.bool_)

    def _scaling(self) -> tuple[Float64Array, Float64Array]:
        return self._moments.standardization()


class TextCounts:
    """How many rows have which text; of more than `most` different ones, the rarer half is forgotten."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()

    def add(self, text: pa.Array) -> None:
        """Take in more cells; null where there is no text."""
        found = text.drop_null().value_counts()
        pairs = zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)
        self._counts.update(dict(pairs))
        if self._most is not None and len(self._counts) > self._most:
            self._counts = Counter(dict(self._counts.most_common(self._most // 2)))

    def categories(self) -> tuple[str, ...]:
        """The most frequent texts, sorted."""
        frequent = sorted((-count, value) for value, count in self._counts.items() if count >= CATEGORY_ROWS)
        return tuple(sorted(value for _, value in frequent[:MAX_CATEGORIES]))

    def of(self, texts: Iterable[str]) -> list[int]:
        """The counts of some texts."""
        return [self._counts[text] for text in texts]


class ArrayFitting:
    """A column of arrays: the moments of each of its inputs, or of all of them together."""

    def __init__(self, field: pa.Field, reading: Reading) -> None:
        self._field, self._reading = field, reading
        self._shape = shape_of(field)
        self._each = Moments(field.type.list_size)
        self._all = Moments(1)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in more training rows."""
        values = flattened(batch.column(self._field.name))
        self._each.add(values)
        if len(self._shape) > 1:
            self._all.add(values.reshape(-1, 1))

    def features(self) -> ArrayFeatures:
        """The features of the rows so far."""
        return ArrayFeatures(self._field.name, self._shape, *self._scaling(), self._reading)

    def never_set(self) -> BoolArray:
        """(width,) the inputs that have the same value in all rows so far."""
        mean, scale = self._scaling()
        return self._each.is_constant(np.asarray(mean), np.asarray(scale))

    def _scaling(self) -> tuple[float | tuple[float, ...], float | tuple[float, ...]]:
        """Mean and scale: one for all inputs where they share a unit, as pixels do, else one for each input."""
        import pyarrow as pa

        low, high = float(self._each.low.min()), float(self._each.high.max())
        if low > high:
            low = high = 0.0
        if pa.types.is_uint8(self._field.type.value_type):
            return 0.0, max(1.0, high)
        if (low, high) == (0.0, 1.0):
            return 0.0, 1.0  # scaled already; standardising would blow up pixels that are nearly always 0
        if len(self._shape) > 1:
            mean, scale = self._all.standardization()
            return float(mean[0]), float(scale[0])
        mean, scale = self._each.standardization()
        return tuple(mean.tolist()), tuple(scale.tolist())
