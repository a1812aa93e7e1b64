"""The data on the devices: all of it where it fits, else in parts, the next of which is on its way while one
computes."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.engines.jax.devices import (
    all_devices,
    by_columns,
    by_rows,
    everywhere,
    fewest_of_a_process,
    own_places,
)
from clearprop.engines.jax.steps import Batches, Examples
from clearprop.engines.protocol import Data, Work
from clearprop.equations.schedules import schedule_named

PART = 2**24
"""Bytes of inputs that are sent together where the data do not fit: enough that sending is not slower for it,
and few enough to take little of the memory where devices compute in the same."""
KEPT = 2
"""Data that stay on the devices: those that are computed with, and those before them."""


class Shelf:
    """The data that lie on the devices, each as long as its owner keeps it, and no more of them than `KEPT`."""

    def __init__(self, precision: str, room: float) -> None:
        self._precision, self._room = precision, room
        self._lying: dict[int, tuple[weakref.ref[Data], Examples]] = {}

    def fits(self, data: Data) -> bool:
        """Whether all of the data can lie on every device. A file that is mapped into memory stays where it is, and
        what is read part by part, and by each process for itself, is sent only once anyway."""
        if data.total is not None or isinstance(data.x, np.memmap) or len(data.x) > np.iinfo(np.int32).max:
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
        own = len(own_places())
        steps, share = len(batches.rows), batches.rows.shape[1] // own
        sent_at_once = steps * share * all_devices().size * data.x.shape[1] * data.x.itemsize
        data = data if len(data.x) else _one_example(data)
        for part in np.array_split(np.arange(steps), min(math.ceil(sent_at_once / PART), steps)):
            chosen = Batches(*(array[part[0] : part[-1] + 1] for array in batches))
            rows = np.concatenate([table.ravel() for table in np.split(chosen.rows, own, axis=1)])
            sent = Examples(*(None if one is None else by_rows(one) for one in ready(data, rows, self._precision)))
            places = np.arange(len(part) * share, dtype=np.int32).reshape(-1, share)
            yield sent, on_devices(chosen._replace(rows=np.tile(places, (1, own))))


def _one_example(data: Data) -> Data:
    """An example to fill mini-batches up with, in a process that has none."""
    x, values, weight = data.x, data.targets.values, data.weight
    targets = replace(data.targets, values=np.zeros((1, *values.shape[1:]), values.dtype))
    return Data(np.zeros((1, x.shape[1]), x.dtype), targets, None if weight is None else np.ones(1, weight.dtype))


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


def batches_of(
    work: Work, data: Data, order: IntArray, first_step: int, last_step: int, number: int, precision: str
) -> Batches:
    """The mini-batches of the steps first_step..last_step − 1 of an epoch, the first of which is the run's step
    `number`: of each the rows of this process's devices. Every device gets as many, some of them to fill it up."""
    size, places = work.batch_size, own_places()
    ends = np.minimum(np.arange(first_step, last_step + 1) * size, data.examples_of(order))
    if data.total is None:  # all rows are here: the devices of all processes stand in a row
        share, own_ends, first_place = math.ceil(size / all_devices().size), ends, places[0]
    else:
        share = math.ceil(math.ceil(size / data.share.count) / fewest_of_a_process())
        own_ends, first_place = data.share.of(ends), 0
    columns = first_place * share + np.arange(len(places) * share)
    table = np.minimum(own_ends[:-1, None] + columns, own_ends[1:, None] - 1)
    own = np.clip(np.diff(own_ends)[:, None] - columns[::share], 0, share)
    steps = np.arange(number, number + len(table))
    eta = schedule_named(work.schedule)(work.learning_rate, steps, work.total_steps)
    return Batches(
        order[table] if len(order) else np.zeros_like(table),
        own.astype(np.int32),
        np.diff(ends).astype(np.int32),
        np.asarray(eta, precision),
        steps.astype(np.uint32),
    )


def on_devices(batches: Batches) -> Batches:
    """Mini-batches, with the share of every device in its own."""
    rows, own, *others = batches
    return Batches(by_columns(rows.astype(np.int32)), by_columns(own), *map(everywhere, others))
