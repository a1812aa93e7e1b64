"""Micro-batches: a mini-batch passes through the layers as one of them, or a large one as several, in turn."""

from __future__ import annotations

from typing import Any, NamedTuple

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import inner


class MicroBatch(NamedTuple):
    """Examples that are passed together: a mini-batch, or one part of a large one."""

    number: int
    """Which micro-batch of the span it is,"""
    step: int
    """and of which of its steps,"""
    first: int
    """where it begins in its mini-batch,"""
    batch_size: int
    """and how many examples that has."""
    rows: Array
    """The rows of the data."""


@inner
def micro_batches(task: Any, examples: int) -> int:
    """How many micro-batches these examples come to; the last mini-batch may be smaller than the others."""
    whole, rest = examples // task.batch_size, examples % task.batch_size
    count: int = whole * parts_of(task, task.batch_size) + parts_of(task, rest)
    return count


@inner
def parts_of(task: Any, examples: int) -> int:
    """Into how many micro-batches so many examples of a mini-batch are parted."""
    parts: int = (examples + task.rows_at_once - 1) // task.rows_at_once
    return parts


@inner
def micro_batch(task: Any, order: Array, number: int) -> MicroBatch:
    """One of the micro-batches of these examples; of no examples after the last one."""
    parts = parts_of(task, task.batch_size)
    step, first = number // parts, number % parts * task.rows_at_once
    batch = order[step * task.batch_size : (step + 1) * task.batch_size]
    return MicroBatch(number, step, first, len(batch), batch[first : first + task.rows_at_once])


@inner
def begins_batch(micro: MicroBatch) -> bool:
    """Whether the gradients of its mini-batch begin with it."""
    return micro.first == 0


@inner
def ends_batch(micro: MicroBatch) -> bool:
    """Whether they are whole with it."""
    return micro.first + len(micro.rows) == micro.batch_size


@inner
def top_of(task: Any, number: int) -> int:
    """The row of the products at which those of a micro-batch begin, of which it is the number."""
    top: int = number % 2 * task.rows_at_once if task.parts > task.sharers else 0
    return top
