"""The data on the devices: all of it where it fits, else in parts, the next of which is on its way while one
computes."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.engines.jax.devices import all_devices, by_columns, by_rows, everywhere, own_places
from clearprop.engines.jax.steps import Batches, Examples
from clearprop.engines.protocol import Data, Work
from clearprop.equations.schedules import schedule_named

PART = 2**26
"""Bytes of inputs that are sent together where the data do not fit: enough that sending is not slower for it."""
KEPT = 2
"""Data that stay on the devices: those that are computed with, and those before them."""


class Shelf:
    """The data that lie on the devices, each as long as its owner keeps it, and no more of them than `KEPT`."""

    def __init__(self, precision: str, room: float) -> None:
        self._precision, self._room = precision, room
        self._lying: dict[int, tuple[weakref.ref[Data], Examples]] = {}

    def fits(self, data: Data) -> bool:
        """Whether all of the data can lie on every device. A file that is mapped into memory stays where it is."""
        if isinstance(data.x, np.memmap) or len(data.x) > np.iinfo(np.int32).max:
            return False
        number = data.x.itemsize if data.x.dtype == np.uint8 else np.dtype(self._precision).itemsize
        return data.x.size * number <= self._room

    def take(self, data: Data) -> Examples:
        """The data on the devices; they are on their way when this returns."""
        key = id(data)
        if key not in self._lying:
            while len(self._lying) >= KEPT:
                del self._lying[next(iter(self._lying))]
            lying = weakref.ref(data, lambda _: self._lying.pop(key, None))
            self._lying[key] = lying, Examples(*map(_everywhere, ready(data, slice(None), self._precision)))
        return self._lying[key][1]

    def parts(self, data: Data, batches: Batches) -> Iterator[tuple[Examples, Batches]]:
        """The examples of some mini-batches a part after the other, each with its mini-batches: only those rows that
        the devices of this process take."""
        count = math.ceil(batches.rows.size * data.x[0].nbytes / PART)
        for part in np.array_split(np.arange(len(batches.rows)), min(count, len(batches.rows))):
            chosen = Batches(*(array[part[0] : part[-1] + 1] for array in batches))
            share = chosen.rows.shape[1] // all_devices().size
            own = np.concatenate([chosen.rows[:, place * share :][:, :share].ravel() for place in own_places()])
            sent = Examples(*(None if one is None else by_rows(one) for one in ready(data, own, self._precision)))
            places = np.arange(len(part) * share, dtype=np.int32).reshape(-1, share)
            yield sent, on_devices(chosen._replace(rows=np.tile(places, (1, all_devices().size))))


def _everywhere(array: FloatArray | None) -> FloatArray | None:
    return None if array is None else everywhere(array)


def ready(data: Data, chosen: slice | IntArray, precision: str) -> Examples:
    """The chosen rows as devices take them: whole bytes stay bytes, all other numbers come in the precision."""
    x, values = data.x[chosen], data.targets.values[chosen]
    return Examples(
        x if x.dtype == np.uint8 else np.ascontiguousarray(x, precision),
        values.astype(np.int32 if data.targets.classes else precision),
        None if data.weight is None else data.weight[chosen].astype(precision),
    )


def batches_of(work: Work, rows: IntArray, first: int, precision: str) -> Batches:
    """The mini-batches of the steps from the run's step `first` on, each filled up with rows of its own, so that every
    device gets as many."""
    size, devices = work.batch_size, all_devices().size
    steps = math.ceil(len(rows) / size)
    count = np.full(steps, size, np.int32)
    count[-1] = len(rows) - size * (steps - 1)
    table = np.pad(rows, (0, steps * size - len(rows)), mode="edge").reshape(steps, size)
    table = np.pad(table, ((0, 0), (0, -size % devices)), mode="edge")
    number = np.arange(first, first + steps)
    eta = schedule_named(work.schedule)(work.learning_rate, number, work.total_steps)
    return Batches(table, count, np.asarray(eta, precision), number.astype(np.uint32))


def on_devices(batches: Batches) -> Batches:
    """Mini-batches, with the share of every device in its own."""
    rows, *others = batches
    return Batches(by_columns(rows.astype(np.int32)), *map(everywhere, others))
