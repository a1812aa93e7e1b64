"""How far the CPU engine ends from the reference engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from clearprop.engines.cpu import plan
from clearprop.engines.cpu import workers as deciding
from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.cpu.panels import vector_bytes

from ..problems import Problem
from ..problems import distance as distance_of

needs_blocks = pytest.mark.skipif(
    not vector_bytes(), reason="blocks are written for vectors of 64 bytes, which this processor does not have"
)
"""For tests of what the engine does in blocks: on processors without such vectors it never makes any, and BLAS and
lists, whose tests run everywhere, stand in."""


def most_by_neurons(n_in: int, n_out: int, rows: int, sharers: int) -> bool:  # noqa: ARG001 - as the rule in its place
    """A rule that shares out by neurons also what is small, but not every layer, nor all of one training."""
    return sharers > 1 and (n_in + n_out) % 4 != 0


@contextmanager
def rows_together(count: int) -> Iterator[None]:
    """No more rows than these pass through the layers together."""
    with patch.object(plan, "SMALL_TOGETHER", count), patch.object(plan, "SHORT", 0):
        yield


WAYS = {
    "by examples": (0, deciding.by_neurons),
    "by neurons": (0, most_by_neurons),
    "copied": (10**18, deciding.by_neurons),
}
"""How several workers pass the layers after the first: WORTH_SHARING, and the rule that says which by neurons."""


@contextmanager
def passing(way: str) -> Iterator[None]:
    """The later layers are passed in one of the WAYS."""
    worth_sharing, by_neurons = WAYS[way]
    with patch.object(deciding, "WORTH_SHARING", worth_sharing), patch.object(plan, "by_neurons", by_neurons):
        yield


def distance(given: Problem, precision: str, workers: int, steps: int | None = None) -> float:
    """In units of what is allowed; with several workers the largest of all ways to pass the later layers."""
    distances = []
    for way in list(WAYS)[: None if workers > 1 else 1]:
        with passing(way):
            distances.append(distance_of(CpuEngine(workers), given, precision, steps))
    return max(distances)
