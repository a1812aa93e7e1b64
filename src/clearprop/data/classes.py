"""Labels: the classes of a target column, and which class each row has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DataError
from clearprop.features import Reading
from clearprop.features.cells import NUMBER, is_number, is_text, name_of, require_columns
from clearprop.features.wording import listed
from clearprop.targets import ClassName

if TYPE_CHECKING:
    import pyarrow as pa

IndexArray: TypeAlias = NDArray[np.int64]

MANY_CLASSES = 20


def labels(
    batch: pa.RecordBatch, target: str, reading: Reading, classes: Sequence[ClassName]
) -> tuple[IndexArray, dict[int, str]]:
    """The class index of each row, -1 with a reason where there is no label or none of the classes.

    ClassNames match by what they mean: the text `3` is the number 3, `TRUE` the boolean True.
    """
    which, values = distinct(batch, target, reading)
    y = class_indices(which, values, classes)
    reasons = {}
    for row in np.flatnonzero(y < 0).tolist():
        got = repr(values[which[row]]) if which[row] >= 0 else "a missing value"
        reasons[row] = f"column {target!r}: expected one of the classes {listed(classes)}, got {got}"
    return y, reasons


def distinct(batch: pa.RecordBatch, target: str, reading: Reading) -> tuple[IndexArray, list[ClassName]]:
    """For each row the place of its label in the list of the batch's labels, -1 where it has none."""
    require_columns(batch.schema, [target])
    column = batch.column(target)
    _refuse_other_types(column.type, target, batch.schema)
    encoded = column.dictionary_encode()
    cleaned = [_cleaned(value, reading) for value in encoded.dictionary.to_pylist()]
    values = list(dict.fromkeys(value for value in cleaned if value is not None))
    place = {value: i for i, value in enumerate(values)}
    places = np.array([-1 if value is None else place[value] for value in cleaned] + [-1], dtype=np.int64)
    return places[encoded.indices.fill_null(len(cleaned)).to_numpy(zero_copy_only=False)], values


def class_indices(which: IndexArray, values: Sequence[ClassName], classes: Sequence[ClassName]) -> IndexArray:
    """Class indices of rows from what `distinct` found: -1 for no label and for a label that is no class."""
    index = {_key(label, classes): i for i, label in enumerate(classes)}
    found = [index.get(_key(value, classes), -1) for value in values]
    return np.array([*found, -1], dtype=np.int64)[which]


def check_classes(classes: Sequence[ClassName], rows: int, name: str, target: str) -> None:
    """Raise DataError for labels that make no classes: none, a single one, measurements, one for each row."""
    where = f"{name}: column {target!r}:"
    if not classes:
        raise DataError(f"{where} expected rows with labels, got none.")
    if len(classes) == 1:
        raise DataError(f"{where} expected labels of at least two classes, got only {classes[0]!r} in {rows} rows.")
    measured = any(isinstance(label, float) and not label.is_integer() for label in classes)
    if measured and len(classes) > min(MANY_CLASSES, rows // 2):
        raise DataError(
            f"{where} expected classes, got measurements ({len(classes)} different numbers such as {classes[0]!r}); "
            f"clearprop labels classes: name another target, or write ranges such as 'low' and 'high'."
        )
    if len(classes) > max(MANY_CLASSES, rows / 2):
        raise DataError(
            f"{where} expected classes that rows share, got {len(classes)} different labels in {rows} rows; "
            f"name another target."
        )


def refuse_unseen(values: Sequence[ClassName], classes: Sequence[ClassName], name: str, target: str) -> None:
    """Raise DataError when some of the labels that `distinct` found are no class of the training data."""
    y = class_indices(np.arange(len(values)), values, classes)
    unseen = [value for value, k in zip(values, y.tolist(), strict=True) if k < 0]
    if unseen:
        raise DataError(
            f"{name}: column {target!r}: expected the classes of the training data {listed(classes)}, "
            f"got {listed(unseen)}.{_strip_hint(unseen, classes)}"
        )


def _strip_hint(unseen: Sequence[ClassName], classes: Sequence[ClassName]) -> str:
    """What to type when the labels differ from the classes by one ending, on one side or the other."""
    for label in map(str, classes):
        for longer, shorter in ((str(unseen[0]), label), (label, str(unseen[0]))):
            ending = longer.removeprefix(shorter)
            if ending not in ("", longer) and _equal_without(ending, unseen, classes):
                return f" --strip-label {ending!r} would make them equal."
    return ""


def _equal_without(ending: str, unseen: Sequence[ClassName], classes: Sequence[ClassName]) -> bool:
    known = {str(label).removesuffix(ending) for label in classes}
    return all(str(label).removesuffix(ending) in known for label in unseen)


def _refuse_other_types(kind: pa.DataType, target: str, schema: pa.Schema) -> None:
    import pyarrow as pa

    if not (is_text(kind) or is_number(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
        raise DataError(
            f"{name_of(schema)}column {target!r}: expected labels that are numbers, text or booleans, "
            f"got values of type {kind}."
        )


def _cleaned(value: ClassName | None, reading: Reading) -> ClassName | None:
    """A label without white space and the ending to strip; None where it is missing."""
    if isinstance(value, str):
        text = value.strip()
        missing = text in reading.missing
        return None if missing else text.removesuffix(reading.strip_label).rstrip() or None
    if value is None or value != value or str(value) in reading.missing:
        return None
    return value


def _key(value: ClassName, classes: Sequence[ClassName]) -> ClassName:
    """What a label is compared by, which depends on what the classes are."""
    if isinstance(classes[0], str):
        return value if isinstance(value, str) else str(value)
    if not isinstance(value, str):
        return value
    if isinstance(classes[0], bool):
        return {"true": True, "false": False}.get(value.lower(), value)
    if re.fullmatch(r"[+-]?[0-9]+", value):
        return int(value)
    return float(value) if re.match(NUMBER, value, re.ASCII) else value
