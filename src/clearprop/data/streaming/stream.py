"""A stream: rows that were surveyed, and are read again in every epoch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from clearprop.arrays import BoolArray
from clearprop.data.chunks import rechunked
from clearprop.data.classes import check_classes, class_indices, distinct
from clearprop.data.fitting import MOST_TEXTS, fitting_of
from clearprop.data.media import MediaFiles
from clearprop.data.preparing import TEST, VALIDATION, IndexArray, Part, ProgressReport, inputs_of_rows
from clearprop.data.source import BATCH_ROWS, Source, counted_rows
from clearprop.data.splitting import check_share
from clearprop.data.streaming.blocks import filled
from clearprop.data.streaming.held_out import HeldOut, Split, drawn_test
from clearprop.data.streaming.limit import CHUNKS, LEAST_CHUNK, Limit
from clearprop.data.streaming.reading import TrainingRows
from clearprop.data.streaming.survey import Survey
from clearprop.errors import ArgumentError, DataError
from clearprop.features import Features
from clearprop.features.cells import require_columns
from clearprop.features.document import JSON
from clearprop.sharing import WHOLE, Share
from clearprop.targets import ClassName, sorted_classes

if TYPE_CHECKING:
    import pyarrow as pa

PIECE_STREAM = 104


@dataclass(frozen=True, eq=False)
class Stream:
    """Training rows that are read again in every epoch, and what a model needs to treat new rows alike.

    class_counts: training rows of each class; never_set: (width,) inputs that are the same in all training rows.
    """

    source: Source
    target: str
    features: Features
    classes: tuple[ClassName, ...]
    class_counts: tuple[int, ...]
    validation: HeldOut | None
    test: HeldOut | None
    provenance: dict[str, JSON]
    never_set: BoolArray
    limit: Limit
    _rows: TrainingRows

    def __len__(self) -> int:
        return sum(self.class_counts)

    def blocks(
        self,
        epoch: int,
        rows: int,
        *,
        seed: int = 0,
        precision: str = "float32",
        shuffle: bool = True,
        share: Share = WHOLE,
        first: int = 0,
        stop: Event | None = None,
    ) -> Iterator[Part]:
        """The training rows of an epoch in blocks of so many rows, the last one with the rest; from block `first` on.

        Of each block only the share comes: rows of one stretch of the files, and only pieces that hold some of these
        are read. They come in the order of the files if one block takes all rows, or without `shuffle`, else in an
        order that (seed, epoch, share) gives, some pieces at a time. Once `stop` is set there are no more blocks.
        """
        total = len(self)
        low, high = share.bounds(total)
        ends = share.of(np.minimum(np.arange(first, ceil(total / rows) + 1) * rows, total))
        mixed = shuffle and total > rows
        rng = np.random.default_rng([seed, PIECE_STREAM, epoch, share.index, share.count]) if mixed else None
        chunk = min(BATCH_ROWS, max(LEAST_CHUNK, rows // share.count // CHUNKS)) if mixed else BATCH_ROWS
        open_pieces = self.limit.open_pieces(len(self.features.columns) + 1)
        batches = self._rows.read(low, high, rng, chunk, open_pieces)
        parts = self._parts(batches, int(ends[0]), stop or Event())
        return filled(parts, np.diff(ends).tolist(), self.features.width, precision)

    def _parts(self, batches: Iterator[tuple[pa.RecordBatch, IndexArray]], skipped: int, stop: Event) -> Iterator[Part]:
        """Batches as arrays, the first so many rows left out."""
        for batch, numbers in batches:
            if stop.is_set():
                return
            passed = min(skipped, batch.num_rows)
            skipped -= passed
            yield self._arrays(batch.slice(passed), numbers[passed:])
        raise DataError(
            f"{self.source.name}: expected the {len(self):,} training rows that were found at the start, got fewer; "
            f"leave the files as they are while they are trained on."
        )

    def _arrays(self, batch: pa.RecordBatch, numbers: IndexArray) -> Part:
        which, values = distinct(batch, self.target, self.source.reading)
        y = class_indices(which, values, self.classes)
        return Part(inputs_of_rows(self.features, batch, numbers, self.source.name), y, numbers)

    def fingerprint(self) -> str:
        """A hash of what was learned about the rows: other rows have, but for a rare chance, another one."""
        pieces = [[piece.first_row, piece.first, piece.count] for piece in self._rows.pieces]
        known = [self.features.to_document(), list(self.classes), self.class_counts, pieces, self.target]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def stream(
    source: Source,
    limit: Limit,
    *,
    target: str | None = None,
    test: Source | float | None = None,
    validation: float = 0.0,
    seed: int = 0,
    progress: ProgressReport | None = None,
) -> Stream:
    """Read all rows once: fit the features on the training rows, find the classes, keep the rows that are held out.

    The arguments are those of `prepare`. Of rows that are held out no more are kept than fit into a sixteenth of the
    memory; of a test source that holds more, so many are drawn. Raises DataError and ArgumentError.
    """
    import pyarrow as pa

    if isinstance(source, MediaFiles):
        raise ArgumentError(
            f"shuffle_rows: expected rows of a table or of arrays to stream, got {source.name}; images and sounds are "
            f"held in memory."
        )
    target = source.default_target if target is None else target
    require_columns(source.schema, [target])
    total, most = counted_rows(source, target), limit.held_rows(source.schema)
    share = float(test) if isinstance(test, float | int) else 0.0
    for name, value in (("test", share), ("validation", validation)):
        if value:
            check_share(name, value)
    split = Split(min(share, most / max(1, total)), min(validation, most / max(1, total)), seed)
    survey = Survey(source, target, split)
    fitting = fitting_of(source.schema, target, source.reading, MOST_TEXTS)
    for batch in rechunked(survey.training_rows(), BATCH_ROWS):
        fitting.add(batch)
        if progress:
            progress(survey.rows, total)
    if not survey.rows:
        raise DataError(f"{source.name}: expected rows of data, got none.")
    classes = sorted_classes(list(survey.labels))
    check_classes(classes, survey.labels.total(), source.name, target)
    features = fitting.features()
    provenance: dict[str, JSON] = {"data": source.name, "target": target, "rows": survey.labels.total()}
    provenance["rows without a target"] = survey.rows - survey.labels.total()
    validated, tested = (survey.held[part].held_out(features, classes, source) for part in (VALIDATION, TEST))
    if test is not None and not isinstance(test, float | int):
        tested, dropped = drawn_test(test, target, features, classes, seed, limit)
        provenance |= {"test data": test.name, "test rows without a target": dropped}
    counts = tuple(survey.learned[name] for name in classes)
    provenance |= {"training rows": sum(counts), "validation rows": len(validated), "test rows": len(tested)}
    if not sum(counts):
        raise DataError(f"{source.name}: expected rows to train on, got none that are not held out.")
    pa.default_memory_pool().release_unused()
    return Stream(
        source,
        target,
        features,
        classes,
        counts,
        validated if len(validated) else None,
        tested if len(tested) else None,
        provenance,
        fitting.never_set(),
        limit,
        TrainingRows(tuple(survey.pieces), split, tuple(features.columns), target, source.reading),
    )
