"""The one pass over all rows of a stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clearprop.data.classes import check_classes, distinct
from clearprop.data.preparing import TEST, TRAINING, VALIDATION, IndexArray, refuse_infinite
from clearprop.data.source import Piece, Source
from clearprop.data.streaming.held_out import Kept, Split
from clearprop.targets import ClassName

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CLASSES = 100_000


@dataclass(frozen=True)
class SurveyedPiece:
    """A piece: the number of its first row, of its first training row, and how many of these it has."""

    read: Piece
    first_row: int
    first: int
    count: int


class Survey:
    """The one pass over all rows: what it has seen so far."""

    def __init__(self, source: Source, target: str, split: Split) -> None:
        self._source, self._target, self._split = source, target, split
        self.rows = 0
        self.labels: Counter[ClassName] = Counter()
        self.learned: Counter[ClassName] = Counter()
        self.held = {VALIDATION: Kept(), TEST: Kept()}
        self.pieces: list[SurveyedPiece] = []

    def training_rows(self) -> Iterator[pa.RecordBatch]:
        """The training rows, batch by batch; the others are counted and kept in passing."""
        for piece in self._source.pieces():
            first_row, first = self.rows, self.learned.total()
            for batch in piece(None):
                yield self._sorted_out(batch)
            self.pieces.append(SurveyedPiece(piece, first_row, first, self.learned.total() - first))

    def _sorted_out(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        which, values = distinct(batch, self._target, self._source.reading)
        refuse_infinite(batch, np.flatnonzero(which >= 0), self.rows, self._source.name)
        numbers = self.rows + np.arange(batch.num_rows)
        membership = np.where(which >= 0, self._split.membership(numbers), -1)
        self.rows += batch.num_rows
        self._count(self.labels, which[which >= 0], values)
        if len(self.labels) > MOST_CLASSES:
            check_classes(tuple(self.labels), 0, self._source.name, self._target)
        for part, kept in self.held.items():
            kept.add(batch, membership == part, which, values, numbers)
        mask = membership == TRAINING
        self._count(self.learned, which[mask], values)
        return batch.filter(pa.array(mask))

    def _count(self, counter: Counter[ClassName], which: IndexArray, values: list[ClassName]) -> None:
        counts = np.bincount(which, minlength=len(values)).tolist()
        counter.update({value: count for value, count in zip(values, counts, strict=True) if count})
