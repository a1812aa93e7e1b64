"""Workers: how many are worth it, and how they run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from threading import Thread

from clearprop.capacity import usable_cores

SEVERAL = os.name == "posix"
"""Whether there can be several: they wait for each other by functions of POSIX systems."""
WORTH = 500_000
"""Floating-point operations for the rows that pass together from which one more worker saves more time than its
meetings cost."""
WORTH_SHARING = 150_000
"""Floating-point operations after the first layer, for the rows that pass together, from which to share them out saves
more time than to meet once more and to read what others have written."""
WORTH_STAGES = 65_536
"""Weights of a layer from which a better split of its products saves more time than the meetings between them cost."""
WORTH_A_START = 20_000_000
"""Floating-point operations from which one more worker saves more time than its start costs."""
WORTH_AHEAD = 10_000
"""Weights of the first layer from which a worker of its own, a group ahead, saves more time than its meetings cost."""
TRAINING, LABELLING = 6, 2
"""Floating-point operations for a weight and an example: two for the product forward, and as many for that back and for
the gradient."""
MOST_SINGLE = 2
"""Workers between whom single examples can be shared out."""
MOST = 16
"""More workers than this have not been measured."""


def workers_for(sizes: Sequence[int], rows: int, single: bool = False) -> int:
    """How many workers make the steps of a network of these sizes fastest, on the cores that this process may use, if
    so many rows pass together; of steps that are `single`, in the way of `one_row`."""
    if single:
        return min(_cores(), MOST_SINGLE if sizes[0] * sizes[1] >= WORTH_AHEAD else 1)
    return _workers(TRAINING * _weights(sizes) * rows // WORTH, rows)


def sharers_of(sizes: Sequence[int], rows: int, workers: int) -> int:
    """Among how many of these workers so many rows are shared out after the first layer: all of them, or each takes all
    of them through a copy of the other layers."""
    return workers if TRAINING * _weights(sizes[1:]) * rows > WORTH_SHARING else 1


def by_neurons(n_in: int, n_out: int, rows: int, sharers: int) -> bool:
    """Whether products with the W of such a layer, after the first, are shared out among so many workers by neurons,
    not by rows. What is multiplied is laid out anew before: of one factor a part for each worker, of the other all
    of it for each. The latter should be the smaller one."""
    return sharers > 1 and n_in * n_out >= WORTH_STAGES and rows < min(n_in, n_out)


def workers_for_rows(sizes: Sequence[int], rows: int) -> int:
    """How many workers, each started for it, take so many rows through a network of these sizes fastest."""
    return _workers(LABELLING * _weights(sizes) * rows // WORTH_A_START, rows)


def _workers(worth: int, rows: int) -> int:
    return max(1, min(_cores(), worth, rows, MOST))


def _weights(sizes: Sequence[int]) -> int:
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


def _cores() -> int:
    return usable_cores() if SEVERAL else 1


def side_by_side(workers: int, work: Callable[[int], None], call_off: Callable[[], None] = lambda: None) -> None:
    """work(0), …, work(workers - 1) at once, each but the first in a thread of its own. Where one fails, or
    they are interrupted, the others are called off, and the exception is raised once none of them is at work."""
    failures: list[BaseException] = []

    def guarded(worker: int) -> None:
        try:
            work(worker)
        except BaseException as failure:  # noqa: BLE001 - it is raised again, in the thread that asked
            failures.append(failure)
            call_off()

    threads = [Thread(target=guarded, args=[worker], daemon=True) for worker in range(1, workers)]
    try:
        for thread in threads:
            thread.start()
        guarded(0)
        _join(threads)
    except BaseException:  # no more threads, or an interrupt
        call_off()
        _join(threads)
        raise
    if failures:
        raise failures[0]


def _join(threads: Sequence[Thread]) -> None:
    for thread in threads:
        if thread.is_alive():
            thread.join()
