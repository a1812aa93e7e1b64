"""From a source to arrays that a network can train on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clearprop.arrays import BoolArray, FloatArray
from clearprop.capacity import free_memory, gigabytes
from clearprop.data.classes import check_classes, class_indices, distinct, refuse_unseen
from clearprop.data.fitting import fit
from clearprop.data.media import MediaFiles
from clearprop.data.source import Source
from clearprop.data.splitting import TEST_STREAM, VALIDATION_STREAM, check_share, split
from clearprop.errors import DataError
from clearprop.features import Features, ImageFeatures, Reading
from clearprop.features.cells import flattened, require_columns
from clearprop.features.document import JSON
from clearprop.features.protocol import Float64Array
from clearprop.targets import ClassName, sorted_classes

if TYPE_CHECKING:
    import pyarrow as pa

IndexArray: TypeAlias = NDArray[np.int64]
ProgressReport: TypeAlias = Callable[[int, int], None]
TRAINING, VALIDATION, TEST = range(3)
INPUT_BYTES = 12
"""What an input takes in memory: in float64, and once more in the engine's float32."""


class TooManyRows(Exception):  # noqa: N818 - not an error: they are streamed instead
    """Rows do not fit into the memory that they may take."""


@dataclass(frozen=True, eq=False)
class Part:
    """x: (n, width) inputs; y: (n,) class indices; rows: (n,) row numbers in the source, from 0."""

    x: FloatArray
    y: IndexArray
    rows: IndexArray

    def parts(self) -> Iterator[Part]:
        """Itself: rows in memory are one part."""
        yield self


@dataclass(frozen=True, eq=False)
class Prepared:
    """Arrays for training, validation and test, and what a model needs to treat new rows alike.

    never_set: (width,) inputs that have the same value in all training rows, from which nothing can be learnt.
    """

    training: Part
    validation: Part | None
    test: Part | None
    features: Features
    classes: tuple[ClassName, ...]
    target: str
    provenance: dict[str, JSON]
    never_set: BoolArray

    def __len__(self) -> int:
        return len(self.training.y)


def prepare(
    source: Source,
    *,
    target: str | None = None,
    test: Source | float | None = None,
    validation: float = 0.0,
    seed: int = 0,
    image_size: tuple[int, int] | None = None,
    progress: ProgressReport | None = None,
    memory: float = math.inf,
) -> Prepared:
    """Split the rows, fit the features on the training rows and turn all rows into arrays.

    target: the column of the labels (None: the source's own choice). test: a source of its own, or the share
    of rows to hold out; validation: the share of the other rows to hold out; 0 and None: none. Rows without a
    label are left out and counted. Files that are also in the test source are not trained on. `progress` is called
    with the rows done so far and their number. Raises DataError and ArgumentError, and TooManyRows when the rows as
    they are read, their inputs and an engine's copy of these would take more than `memory` bytes.
    """
    also_tested = 0
    if isinstance(source, MediaFiles) and isinstance(test, MediaFiles):
        kept = source.without(test)
        also_tested, source = len(source.paths) - len(kept.paths), kept
    target = source.default_target if target is None else target
    shares = (0.0 if test is None or not isinstance(test, float | int) else float(test), validation)
    _refuse_early(source, memory)
    labelled = _labelled(source, target, source.reading, memory)
    classes = sorted_classes([value for _, values in labelled.labels for value in values])
    check_classes(classes, len(labelled.rows), source.name, target)
    y = np.concatenate([class_indices(which, values, classes) for which, values in labelled.labels])
    membership = _membership(y, shares, seed)
    features = fit(_chosen(labelled.batches, membership == TRAINING), target, source.reading, image_size=image_size)
    left = memory - labelled.byte_count - INPUT_BYTES * len(y) * features.width
    if left < 0:
        raise TooManyRows
    _require_memory(labelled, features, source.name)
    tick = _ticking(progress, len(y))
    training, validated, tested = (
        _part(labelled, y, membership == part, features, source.name, tick) for part in (TRAINING, VALIDATION, TEST)
    )
    provenance: dict[str, JSON] = {"data": source.name, "target": target, "rows": len(y)}
    provenance["rows without a target"] = labelled.dropped
    if test is not None and not isinstance(test, float | int):
        tested, dropped = _test_part(test, target, features, classes, progress, left)
        provenance |= {"test data": test.name, "test rows without a target": dropped}
    if also_tested:
        provenance["rows left out because they are test rows"] = also_tested
    parts = {"training rows": training, "validation rows": validated, "test rows": tested}
    provenance |= {name: len(part.y) for name, part in parts.items()}
    never_set = training.x.min(axis=0) == training.x.max(axis=0)
    return Prepared(training, _or_none(validated), _or_none(tested), features, classes, target, provenance, never_set)


def _refuse_early(source: Source, memory: float) -> None:
    """TooManyRows where it can be told before any row is read: a column makes an input at least, but for the target."""
    if memory == math.inf:
        return
    sizes = [getattr(field.type, "list_size", 1) for field in source.schema]
    if INPUT_BYTES * (source.row_count() or 0) * (sum(sizes) - 1) > memory:
        raise TooManyRows


@dataclass(frozen=True, eq=False)
class _Labelled:
    """The rows of a source that have a label: batches; each one's labels as `distinct` gives them; row numbers."""

    batches: list[pa.RecordBatch]
    labels: list[tuple[IndexArray, list[ClassName]]]
    rows: IndexArray
    dropped: int
    byte_count: int


def _labelled(source: Source, target: str, reading: Reading, memory: float = math.inf) -> _Labelled:
    batches, found, rows, start, byte_count = [], [], [np.zeros(0, np.int64)], 0, 0
    require_columns(source.schema, [target])
    for batch in source.batches():
        which, values = distinct(batch, target, reading)
        places = np.flatnonzero(which >= 0)
        refuse_infinite(batch, places, start, source.name)
        batches.append(batch if len(places) == batch.num_rows else batch.take(places))
        found.append((which[places], values))
        rows.append(start + places)
        start += batch.num_rows
        byte_count += batch.nbytes
        if byte_count > memory:
            raise TooManyRows
    if not start:
        raise DataError(f"{source.name}: expected rows of data, got none.")
    numbers = np.concatenate(rows)
    return _Labelled(batches, found, numbers, start - len(numbers), byte_count)


def refuse_infinite(batch: pa.RecordBatch, places: IndexArray, start: int, name: str) -> None:
    """Infinity has no place in a mean: raise DataError naming the column and the row, counted from 1."""
    import pyarrow as pa

    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_floating(field.type):
            values = column.to_numpy(zero_copy_only=False)[:, None]
        elif pa.types.is_fixed_size_list(field.type) and pa.types.is_floating(field.type.value_type):
            values = flattened(column)
        else:
            continue
        found = np.argwhere(np.isinf(values[places]))
        if len(found):
            row, place = found[0].tolist()
            raise DataError(
                f"{name}: column {field.name!r}: expected finite numbers, got {values[places[row], place]} in row "
                f"{start + places[row] + 1}; correct the value or leave it empty."
            )


def _membership(y: IndexArray, shares: tuple[float, float], seed: int) -> NDArray[np.int8]:
    """For each row whether it is for training, validation or test."""
    test, validation = shares
    membership = np.full(len(y), TRAINING, np.int8)
    for part, name, share, stream in (
        (TEST, "test", test, TEST_STREAM),
        (VALIDATION, "validation", validation, VALIDATION_STREAM),
    ):
        if share:
            check_share(name, share)
            rest = np.flatnonzero(membership == TRAINING)
            membership[rest[split(y[rest], share, seed, stream)[1]]] = part
    return membership


def _chosen(batches: Sequence[pa.RecordBatch], mask: BoolArray) -> list[pa.RecordBatch]:
    """The rows of batches that a mask over all their rows chooses."""
    import pyarrow as pa

    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    return [
        batch.filter(pa.array(mask[start : start + batch.num_rows]))
        for batch, start in zip(batches, starts, strict=False)
    ]


def _require_memory(labelled: _Labelled, features: Features, name: str) -> None:
    """Raise DataError for inputs that do not fit in memory: those of all rows, and those of one batch beside them."""
    rows = len(labelled.rows)
    batch = max(batch.num_rows for batch in labelled.batches)
    needed, free = 8.0 * (rows + batch) * features.width, free_memory()
    if needed > free:
        advice = "choose a smaller --size" if isinstance(features, ImageFeatures) else "train on fewer rows"
        raise DataError(
            f"{name}: expected inputs that fit in memory, got {rows:,} rows of {features.width:,} numbers, which take "
            f"{gigabytes(needed)} of {gigabytes(free)}; {advice}."
        )


def _ticking(progress: ProgressReport | None, total: int) -> Callable[[int], None]:
    """A function that is told how many more rows are done."""
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        if progress:
            progress(done, total)

    return tick


def _part(
    labelled: _Labelled, y: IndexArray, mask: BoolArray, features: Features, name: str, tick: Callable[[int], None]
) -> Part:
    """The arrays of the rows that a mask chooses."""
    rows = labelled.rows[mask]
    x = np.empty((len(rows), features.width))
    start = 0
    for batch in _chosen(labelled.batches, mask):
        stop = start + batch.num_rows
        x[start:stop] = inputs_of_rows(features, batch, rows[start:stop], name)
        tick(stop - start)
        start = stop
    return Part(x, y[mask], rows)


def _test_part(
    test: Source,
    target: str,
    features: Features,
    classes: Sequence[ClassName],
    progress: ProgressReport | None,
    memory: float,
) -> tuple[Part, int]:
    """All labelled rows of a test source, read as new files are read, and the number of rows without a label."""
    text = test.as_text()
    labelled = _labelled(text, target, features.reading, memory)
    if labelled.byte_count + INPUT_BYTES * len(labelled.rows) * features.width > memory:
        raise TooManyRows
    for _, values in labelled.labels:
        refuse_unseen(values, classes, text.name, target)
    y = np.concatenate([class_indices(which, values, classes) for which, values in labelled.labels])
    return _part(
        labelled, y, np.ones(len(y), np.bool_), features, text.name, _ticking(progress, len(y))
    ), labelled.dropped


def inputs_of_rows(features: Features, batch: pa.RecordBatch, rows: IndexArray, name: str) -> Float64Array:
    """Inputs of rows none of which may be unusable."""
    x, reasons = features.transform(batch)
    for place, reason in reasons.items():
        raise DataError(f"{name}: row {rows[place] + 1}: {reason}.")
    return x


def _or_none(part: Part) -> Part | None:
    return part if len(part.y) else None
