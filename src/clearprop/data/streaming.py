"""Training rows that do not fit in memory: surveyed in one pass, then read block by block in every epoch.

The survey fits the features and finds the classes; of the rows it keeps only those that are held out. Which rows are
held out depends on (seed, row number) alone, the order of an epoch on (seed, epoch, share, rows of a block).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.arrays import BoolArray
from clearprop.capacity import spelled_bytes
from clearprop.data.chunks import rechunked
from clearprop.data.classes import check_classes, class_indices, distinct, refuse_unseen
from clearprop.data.fitting import MOST_TEXTS, fitting_of
from clearprop.data.media import MediaFiles
from clearprop.data.preparing import (
    TEST,
    TRAINING,
    VALIDATION,
    IndexArray,
    Part,
    ProgressReport,
    inputs_of_rows,
    refuse_infinite,
)
from clearprop.data.source import BATCH_ROWS, Piece, Source
from clearprop.data.splitting import TEST_STREAM, VALIDATION_STREAM, check_share, drawn
from clearprop.errors import ArgumentError, DataError
from clearprop.features import Features
from clearprop.features.cells import require_columns
from clearprop.features.document import JSON
from clearprop.targets import ClassName, sorted_classes

if TYPE_CHECKING:
    import pyarrow as pa

PIECE_STREAM = 104
OPEN_PIECES = 4
"""Pieces that are read in turns, so that rows of different parts of the data meet in a block: at most so many."""
CHUNKS, LEAST_CHUNK = 16, 256
"""A block is made of so many turns or more, but a turn gives at least so many rows."""
READING_SHARE = 0.4
"""Share of the memory for rows that open pieces may take."""
COLUMN_BYTES = 9 << 18
"""What a column of an open piece takes while it is read: a page and a dictionary of Parquet, as measured."""
PROGRAM_BYTES = 448 << 20
"""What the program, its libraries and its threads take while it streams, as measured: the rest is for rows."""
HOLDING_BYTES = 320 << 20
"""The same of a program that holds all rows in memory."""
MEMORY = "1GiB"
"""What the rows may take with the program unless another limit is given."""
LEAST_MEMORY = 640 << 20
HELD_SHARE = 1 / 16
"""Share of the memory that the validation rows may take, and the test rows."""
BLOCKS = 2.5
"""Blocks in memory: one is computed with while the next one is read; and some room for what a change of them leaves."""
BESIDES_INPUTS = 32
"""Bytes of a row in a block besides its inputs: its class, its number, its place in the order."""
TEXT_BYTES = 32
"""What a cell of text takes in memory, roughly."""
MOST_CLASSES = 100_000


@dataclass(frozen=True)
class Limit:
    """How much memory the rows of a training may take with the program, and how many rows are shuffled together (None:
    as many as fit). ArgumentError for what cannot be kept."""

    memory: int
    shuffle_rows: int | None = None

    def __post_init__(self) -> None:
        if self.memory < LEAST_MEMORY:
            raise ArgumentError(
                f"memory: expected at least {spelled_bytes(LEAST_MEMORY)}, for the program itself takes most of that, "
                f"got {spelled_bytes(self.memory)}."
            )
        rows = self.shuffle_rows
        if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 1):
            raise ArgumentError(f"shuffle_rows: expected a whole number of at least 1, got {rows!r}.")

    @property
    def besides_program(self) -> int:
        """Bytes for rows that are streamed, in whatever form."""
        return self.memory - PROGRAM_BYTES

    @property
    def for_held_rows(self) -> int:
        """Bytes for rows that are not streamed."""
        return self.memory - HOLDING_BYTES

    def open_pieces(self, columns: int) -> int:
        """How many pieces of so many columns may be read in turns."""
        return min(OPEN_PIECES, max(1, int(READING_SHARE * self.besides_program / (columns * COLUMN_BYTES))))

    def block_rows(self, features: Features, itemsize: int, batch_size: int, total: int) -> int:
        """Rows that are shuffled together: all if they fit, else a multiple of the mini-batch."""
        width, columns = features.width, len(features.columns) + 1
        reading = self.open_pieces(columns) * columns * COLUMN_BYTES
        for_blocks = self.besides_program - reading - 2 * HELD_SHARE * self.memory
        fitting = int(max(0.0, for_blocks) / (BLOCKS * (width * itemsize + BESIDES_INPUTS)))
        wanted = fitting if self.shuffle_rows is None else self.shuffle_rows
        if min(wanted, total) > fitting:
            raise ArgumentError(
                f"shuffle_rows: expected at most {fitting:,} rows of {width:,} inputs, which fit into "
                f"{spelled_bytes(self.memory)}, got {wanted:,}; shuffle fewer rows, or give more memory."
            )
        if wanted < min(batch_size, total):
            raise ArgumentError(
                f"shuffle_rows: expected at least the {batch_size:,} rows of a mini-batch, got {wanted:,}; give more "
                f"memory, or choose a smaller batch_size."
            )
        return total if wanted >= total else wanted // batch_size * batch_size


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


@dataclass(frozen=True)
class _Surveyed:
    """A piece: the number of its first row, of its first training row, and how many of these it has."""

    read: Piece
    first_row: int
    first: int
    count: int


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
    _pieces: tuple[_Surveyed, ...]
    _split: _Split

    def __len__(self) -> int:
        return sum(self.class_counts)

    def share_bounds(self, share: tuple[int, int]) -> tuple[int, int]:
        """The training rows of share (index, count), numbered in the order of the files: as many as in the others, or
        one more."""
        index, count = share
        return len(self) * index // count, len(self) * (index + 1) // count

    def blocks(
        self,
        epoch: int,
        rows: int,
        *,
        seed: int = 0,
        precision: str = "float32",
        shuffle: bool = True,
        share: tuple[int, int] = (0, 1),
        first: int = 0,
        stop: Event | None = None,
    ) -> Iterator[Part]:
        """The training rows of an epoch in blocks of so many rows, the last one with the rest; from block `first` on.

        Only pieces that hold rows of the share (index, count) are read, in the order of the files if one block takes
        all rows, or without `shuffle`, else in an order that (seed, epoch, share) gives, some pieces at a time.
        Once `stop` is set there are no more blocks.
        """
        low, high = self.share_bounds(share)
        mixed = shuffle and high - low > rows
        rng = np.random.default_rng([seed, PIECE_STREAM, epoch, *share]) if mixed else None
        chunk = min(BATCH_ROWS, max(LEAST_CHUNK, rows // CHUNKS)) if mixed else BATCH_ROWS
        batches = self._read(low, high, rng, chunk)
        wanted = batches if stop is None else takewhile(lambda _: not stop.is_set(), batches)
        return self._blocks(wanted, rows, high - low, first * rows, precision)

    def _blocks(
        self, batches: Iterator[tuple[pa.RecordBatch, IndexArray]], rows: int, total: int, skipped: int, precision: str
    ) -> Iterator[Part]:
        waiting, left, block = skipped, total - skipped, None
        for batch, numbers in batches:
            passed = min(waiting, batch.num_rows)
            waiting -= passed
            part = self._arrays(batch.slice(passed), numbers[passed:])
            while len(part.y):
                block = block or _Block(min(rows, left), self.features.width, precision)
                part = block.take(part)
                if block.is_full:
                    yield block.part()
                    left, block = left - block.size, None

    def _arrays(self, batch: pa.RecordBatch, numbers: IndexArray) -> Part:
        which, values = distinct(batch, self.target, self.source.reading)
        y = class_indices(which, values, self.classes)
        return Part(inputs_of_rows(self.features, batch, numbers, self.source.name), y, numbers)

    def _read(
        self, low: int, high: int, rng: np.random.Generator | None, chunk: int
    ) -> Iterator[tuple[pa.RecordBatch, IndexArray]]:
        """Training rows low..high − 1 and their numbers in the source, in batches of so many rows of a piece."""
        waiting = [piece for piece in self._pieces if piece.first < high and piece.first + piece.count > low]
        if rng is not None:
            waiting = [waiting[i] for i in rng.permutation(len(waiting))]
        most = 1 if rng is None else self.limit.open_pieces(len(self.features.columns) + 1)
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
        self, piece: _Surveyed, low: int, high: int, chunk: int
    ) -> Iterator[tuple[pa.RecordBatch, IndexArray]]:
        import pyarrow as pa

        columns = list(dict.fromkeys([*self.features.columns, self.target]))
        row, place = piece.first_row, piece.first
        for batch in rechunked(piece.read(columns), chunk):
            which, _ = distinct(batch, self.target, self.source.reading)
            numbers = row + np.arange(batch.num_rows)
            mine = (which >= 0) & (self._split.membership(numbers) == TRAINING)
            places = place + np.cumsum(mine) - 1
            row, place = row + batch.num_rows, place + int(mine.sum())
            mine &= (low <= places) & (places < high)
            if mine.any():
                yield batch.filter(pa.array(mine)), numbers[mine]

    def fingerprint(self) -> str:
        """A hash of what was learned about the rows: other rows have, but for a rare chance, another one."""
        pieces = [[piece.first_row, piece.first, piece.count] for piece in self._pieces]
        known = [self.features.to_document(), list(self.classes), self.class_counts, pieces, self.target]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


class _Block:
    """Arrays that are filled with rows."""

    def __init__(self, size: int, width: int, precision: str) -> None:
        self.size, self._filled = size, 0
        self._x = np.empty((size, width), precision)
        self._y, self._rows = np.empty(size, np.int64), np.empty(size, np.int64)

    @property
    def is_full(self) -> bool:
        return self._filled == self.size

    def take(self, part: Part) -> Part:
        """Take in as many rows as there is room for; the others are handed back."""
        count = min(len(part.y), self.size - self._filled)
        place = slice(self._filled, self._filled + count)
        self._x[place], self._y[place], self._rows[place] = part.x[:count], part.y[:count], part.rows[:count]
        self._filled += count
        return Part(part.x[count:], part.y[count:], part.rows[count:])

    def part(self) -> Part:
        return Part(self._x, self._y, self._rows)


@dataclass(frozen=True)
class _Split:
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
    total, most = counted_rows(source, target), _most_held(source.schema, limit)
    share = float(test) if isinstance(test, float | int) else 0.0
    for name, value in (("test", share), ("validation", validation)):
        if value:
            check_share(name, value)
    split = _Split(min(share, most / max(1, total)), min(validation, most / max(1, total)), seed)
    survey = _Survey(source, target, split)
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
        tested, dropped = _drawn_test(test, target, features, classes, seed, limit)
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
        tuple(survey.pieces),
        split,
    )


@dataclass(eq=False)
class _Kept:
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


class _Survey:
    """The one pass over all rows: what it has seen so far."""

    def __init__(self, source: Source, target: str, split: _Split) -> None:
        self._source, self._target, self._split = source, target, split
        self.rows = 0
        self.labels: Counter[ClassName] = Counter()
        self.learned: Counter[ClassName] = Counter()
        self.held = {VALIDATION: _Kept(), TEST: _Kept()}
        self.pieces: list[_Surveyed] = []

    def training_rows(self) -> Iterator[pa.RecordBatch]:
        """The training rows, batch by batch; the others are counted and kept in passing."""
        for piece in self._source.pieces():
            first_row, first = self.rows, self.learned.total()
            for batch in piece(None):
                yield self._sorted_out(batch)
            self.pieces.append(_Surveyed(piece, first_row, first, self.learned.total() - first))

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


def counted_rows(source: Source, target: str) -> int:
    """The number of rows, read through where the source does not know it."""
    known = source.row_count()
    return sum(batch.num_rows for batch in source.batches([target])) if known is None else known


def _most_held(schema: pa.Schema, limit: Limit) -> int:
    """How many rows of a schema may be held out."""
    import pyarrow as pa

    sizes = [
        field.type.list_size * field.type.value_type.bit_width // 8
        if pa.types.is_fixed_size_list(field.type)
        else TEXT_BYTES
        if pa.types.is_string(field.type)
        else 8
        for field in schema
    ]
    return int(HELD_SHARE * limit.memory / sum(sizes))


def _drawn_test(
    test: Source, target: str, features: Features, classes: Sequence[ClassName], seed: int, limit: Limit
) -> tuple[HeldOut, int]:
    """Labelled rows of a test source, as many as fit, read as new files are; and how many rows have no label."""
    text = test.as_text()
    require_columns(text.schema, [target])
    share = _most_held(text.schema, limit) / max(1, counted_rows(text, target))
    kept, start, labelled = _Kept(), 0, 0
    for batch in text.batches(list(dict.fromkeys([*features.columns, target]))):
        which, values = distinct(batch, target, features.reading)
        refuse_unseen(values, classes, text.name, target)
        numbers = start + np.arange(batch.num_rows)
        kept.add(batch, (which >= 0) & drawn(numbers, share, seed, TEST_STREAM), which, values, numbers)
        start, labelled = start + batch.num_rows, labelled + int(np.sum(which >= 0))
    if not start:
        raise DataError(f"{text.name}: expected rows of data, got none.")
    return kept.held_out(features, classes, text), start - labelled
