"""The training rows of a stream, read again from the pieces that the survey has found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clearprop.data.chunks import rechunked
from clearprop.data.classes import distinct
from clearprop.data.preparing import TRAINING, IndexArray
from clearprop.data.streaming.held_out import Split
from clearprop.data.streaming.survey import SurveyedPiece
from clearprop.features import Reading

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """The rows that are not held out, numbered in the order of the files."""

    pieces: tuple[SurveyedPiece, ...]
    split: Split
    columns: tuple[str, ...]
    target: str
    reading: Reading

    def read(
        self, low: int, high: int, rng: np.random.Generator | None, chunk: int, most: int
    ) -> Iterator[tuple[pa.RecordBatch, IndexArray]]:
        """Training rows low..high − 1 and their numbers in the source, in batches of so many rows of a piece: in their
        order, or with `rng` in that of its draws, at most so many pieces in turns."""
        waiting = [piece for piece in self.pieces if piece.first < high and piece.first + piece.count > low]
        if rng is not None:
            waiting = [waiting[i] for i in rng.permutation(len(waiting))]
        most = 1 if rng is None else most
        reading: list[Iterator[tuple[pa.RecordBatch, IndexArray]]] = []
        while waiting or reading:
            while waiting and len(reading) < most:
                reading.append(self._read_piece(waiting.pop(0), low, high, chunk))
            chosen = 0 if rng is None else int(rng.integers(len(reading)))
            found = next(reading[chosen], None)
            if found is None:
                del reading[chosen]
            else:
                yield found

    def _read_piece(
        self, piece: SurveyedPiece, low: int, high: int, chunk: int
    ) -> Iterator[tuple[pa.RecordBatch, IndexArray]]:
        import pyarrow as pa

        row, place = piece.first_row, piece.first
        for batch in rechunked(piece.read([*self.columns, self.target]), chunk):
            which, _ = distinct(batch, self.target, self.reading)
            numbers = row + np.arange(batch.num_rows)
            mine = (which >= 0) & (self.split.membership(numbers) == TRAINING)
            places = place + np.cumsum(mine) - 1
            row, place = row + batch.num_rows, place + int(mine.sum())
            mine &= (low <= places) & (places < high)
            if mine.any():
                yield batch.filter(pa.array(mine)), numbers[mine]
            if place >= high:
                return
