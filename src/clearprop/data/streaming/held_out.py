"""Rows of a stream that are held out: which they are, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.arrays import BoolArray
from clearprop.data.classes import class_indices, distinct, refuse_unseen
from clearprop.data.preparing import TEST, TRAINING, VALIDATION, IndexArray, Part, inputs_of_rows
from clearprop.data.source import Source, counted_rows
from clearprop.data.splitting import TEST_STREAM, VALIDATION_STREAM, drawn
from clearprop.data.streaming.limit import Limit
from clearprop.errors import DataError
from clearprop.features import Features
from clearprop.features.cells import require_columns
from clearprop.targets import ClassName

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Split:
    """The shares of the rows that are held out."""

    test: float
    validation: float
    seed: int

    def membership(self, numbers: IndexArray) -> np.ndarray[Any, np.dtype[np.int8]]:
        """For each row, known by its number, whether it is for training, validation or test."""
        membership = np.full(len(numbers), TRAINING, np.int8)
        if self.validation:
            membership[drawn(numbers, self.validation, self.seed, VALIDATION_STREAM)] = VALIDATION
        if self.test:
            membership[drawn(numbers, self.test, self.seed, TEST_STREAM)] = TEST
        return membership


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows to measure on, kept as they came; they are made inputs a batch at a time."""

    batches: list[pa.RecordBatch]
    y: list[IndexArray]
    rows: list[IndexArray]
    features: Features
    name: str

    def __len__(self) -> int:
        return sum(map(len, self.y))

    def parts(self) -> Iterator[Part]:
        """The rows as arrays, a batch at a time."""
        for batch, y, rows in zip(self.batches, self.y, self.rows, strict=True):
            yield Part(inputs_of_rows(self.features, batch, rows, self.name), y, rows)


@dataclass(eq=False)
class Kept:
    """Labelled rows that are kept: batches, the labels of each as `distinct` gives them, the rows' numbers."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    labels: list[tuple[IndexArray, list[ClassName]]] = field(default_factory=list)
    rows: list[IndexArray] = field(default_factory=list)

    def add(
        self, batch: pa.RecordBatch, chosen: BoolArray, which: IndexArray, values: list[ClassName], numbers: IndexArray
    ) -> None:
        """Keep the chosen rows of a batch whose rows have these numbers."""
        import pyarrow as pa

        if chosen.any():
            self.batches.append(batch.filter(pa.array(chosen)))
            self.labels.append((which[chosen], values))
            self.rows.append(numbers[chosen])

    def held_out(self, features: Features, classes: Sequence[ClassName], source: Source) -> HeldOut:
        y = [class_indices(which, values, classes) for which, values in self.labels]
        return HeldOut(self.batches, y, self.rows, features, source.name)


def drawn_test(
    test: Source, target: str, features: Features, classes: Sequence[ClassName], seed: int, limit: Limit
) -> tuple[HeldOut, int]:
    """Labelled rows of a test source, as many as fit, read as new files are; and how many rows have no label."""
    text = test.as_text()
    require_columns(text.schema, [target])
    share = limit.held_rows(text.schema) / max(1, counted_rows(text, target))
    kept, start, labelled = Kept(), 0, 0
    for batch in text.batches(list(dict.fromkeys([*features.columns, target]))):
        which, values = distinct(batch, target, features.reading)
        refuse_unseen(values, classes, text.name, target)
        numbers = start + np.arange(batch.num_rows)
        kept.add(batch, (which >= 0) & drawn(numbers, share, seed, TEST_STREAM), which, values, numbers)
        start, labelled = start + batch.num_rows, labelled + int(np.sum(which >= 0))
    if not start:
        raise DataError(f"{text.name}: expected rows of data, got none.")
    return kept.held_out(features, classes, text), start - labelled
