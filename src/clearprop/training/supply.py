"""Where the examples of a training come from, epoch by epoch: from memory, or from files that are larger than it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Protocol, TypeVar

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.data import Stream
from clearprop.data.preparing import Part
from clearprop.engines.protocol import Data
from clearprop.network import Network
from clearprop.settings import Settings
from clearprop.sharing import WHOLE, Share
from clearprop.targets import Targets
from clearprop.training.examples import class_weights
from clearprop.training.position import hashed

ORDER_STREAM = 103
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Stretch:
    """The steps first..last − 1 of an epoch: they take the examples of `data` in this order, a mini-batch each."""

    data: Data
    order: IntArray
    first: int
    last: int


class Supply(Protocol):
    """What is learned from, and what is held back."""

    def __len__(self) -> int:
        """The examples of an epoch."""

    @property
    def has_classes(self) -> bool: ...

    @property
    def has_held_out(self) -> bool: ...

    def stretches(self, epoch: int, step: int) -> Generator[Stretch, None, None]:
        """The stretches of an epoch, in their order, from the one that holds a step on."""

    def held_out(self) -> Iterable[Data]:
        """The examples that the training is watched with."""

    def fingerprint(self) -> dict[str, Any]:
        """What tells these examples from others, when a run is resumed."""

    def largest_input(self) -> float:
        """The largest number among the inputs that are here."""


def epoch_order(settings: Settings, epoch: int, examples: int, *stretch: int) -> IntArray:
    """The order of the examples in an epoch, or in one of its stretches, from (seed, epoch, stretch) alone."""
    if not settings.shuffle:
        return np.arange(examples)
    return np.random.default_rng([settings.seed, ORDER_STREAM, epoch, *stretch]).permutation(examples)


@dataclass(frozen=True, eq=False)
class Held:
    """Examples in memory: an epoch is one stretch."""

    data: Data
    validation: Data | None
    settings: Settings

    def __len__(self) -> int:
        return len(self.data)

    @property
    def has_classes(self) -> bool:
        return self.data.targets.classes is not None

    @property
    def has_held_out(self) -> bool:
        return self.validation is not None

    def stretches(self, epoch: int, step: int) -> Generator[Stretch, None, None]:  # noqa: ARG002 - every step is in the first
        order = self.data.numbers(epoch_order(self.settings, epoch, len(self.data)))
        yield Stretch(self.data, order, 0, self.settings.steps_for(len(self.data)))

    def held_out(self) -> Iterable[Data]:
        return [] if self.validation is None else [self.validation]

    def fingerprint(self) -> dict[str, Any]:
        data, held_out = self.data, self.validation
        return {
            "training data": hashed(data.x, data.targets.values, data.weight, data.rows),
            "validation data": None if held_out is None else hashed(*self._apart(held_out)),
        }

    def largest_input(self) -> float:
        return _largest(self.data.x)

    def _apart(self, held_out: Data) -> list[Any]:
        """What is the validation data's own: only which rows they are, if both lie in one array."""
        return [held_out.rows] if held_out.x is self.data.x else [held_out.x, held_out.targets.values]


class Streamed:
    """Examples that are read anew in every epoch: a stretch is a block of rows that are shuffled together.

    The next block is read while the engine computes with this one. Of several processes each reads its share alone;
    mini-batches, blocks and steps are those of all together, so that all make the same steps.
    """

    def __init__(
        self,
        stream: Stream,
        network: Network,
        settings: Settings,
        precision: str,
        class_weight: Any = None,
        share: Share = WHOLE,
    ) -> None:
        self._stream, self._settings, self._precision, self._share = stream, settings, precision, share
        self._units = network.sizes[-1]
        self.block_rows = stream.limit.block_rows(
            stream.features, np.dtype(precision).itemsize, settings.batch_size, len(stream), share.count
        )
        self._together = stream.limit.together(stream.features, np.dtype(precision).itemsize)
        counts = np.array(stream.class_counts)
        self._weights = None if class_weight is None else class_weights(stream.classes, counts, class_weight)

    def __len__(self) -> int:
        return len(self._stream)

    @property
    def has_classes(self) -> bool:
        return True

    @property
    def has_held_out(self) -> bool:
        return self._stream.validation is not None

    def stretches(self, epoch: int, step: int) -> Generator[Stretch, None, None]:
        size, rows, stop = self._settings.batch_size, self.block_rows, Event()
        number = step * size // rows
        blocks = self._stream.blocks(
            epoch,
            rows,
            seed=self._settings.seed,
            precision=self._precision,
            shuffle=self._settings.shuffle,
            share=self._share,
            first=number,
            stop=stop,
        )
        for part in ahead(blocks, stop):
            several = (self._share.index, self._share.count) if self._share.count > 1 else ()
            # the first block of a process that is alone has the order of an epoch in memory
            stretch = (number, *several) if number or several else ()
            first, total = number * (rows // size), min(rows, len(self) - number * rows)
            order = epoch_order(self._settings, epoch, len(part.y), *stretch)
            data = replace(self._data(part), share=self._share, total=total)
            yield Stretch(data, order, first, first + self._settings.steps_for(total))
            number += 1

    def held_out(self) -> Iterator[Data]:
        held_out = self._stream.validation
        return iter(()) if held_out is None else (self._data(part) for part in held_out.parts())

    def fingerprint(self) -> dict[str, Any]:
        weights = None if self._weights is None else self._weights.tolist()
        return {
            "training data": self._stream.fingerprint(),
            "rows shuffled together": min(self._together, len(self)),
            "class weights": weights,
        }

    def largest_input(self) -> float:
        with closing(self.stretches(0, 0)) as stretches:
            return max((_largest(stretch.data.x) for stretch in stretches if len(stretch.data)), default=0.0)

    def _data(self, part: Part) -> Data:
        weight: FloatArray | None = None if self._weights is None else self._weights[part.y]
        return Data(part.x, Targets(self._units, part.y, self._stream.classes), weight)


def _largest(x: FloatArray) -> float:
    # no array of absolute values: the inputs may be larger than the memory
    return max(abs(float(x.max())), abs(float(x.min())))


def ahead(items: Iterator[T], stop: Event) -> Iterator[T]:
    """The same items, each made in a thread while the one before it is in use: never more than one is waiting.

    When no more are wanted, or Ctrl-C comes, `stop` is set: whoever makes them need not finish the one at hand.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as thread:
        try:
            coming = thread.submit(next, items, None)
            while (item := coming.result()) is not None:
                coming = thread.submit(next, items, None)
                yield item
                del item
        finally:
            stop.set()
