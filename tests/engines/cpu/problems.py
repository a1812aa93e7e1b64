"""How far the CPU engine ends from the reference engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from clearprop.engines.cpu import plan
from clearprop.engines.cpu import workers as deciding
from clearprop.engines.cpu.engine import CpuEngine

from ..problems import Problem
from ..problems import distance as distance_of

SHARING = {"shared out": 0, "copied": 10**18}
"""WORTH_SHARING, so that several workers share the later layers out, and so that each has a copy of them."""


@contextmanager
def rows_together(count: int) -> Iterator[None]:
    """No more rows than these pass through the layers together."""
    with patch.object(plan, "TOGETHER", count), patch.object(plan, "SHORT", 0):
        yield


def distance(given: Problem, precision: str, workers: int, steps: int | None = None) -> float:
    """In units of what is allowed; with several workers the larger of both ways to pass the later layers."""
    distances = []
    for worth in list(SHARING.values())[: min(workers, 2)]:
        with patch.object(deciding, "WORTH_SHARING", worth):
            distances.append(distance_of(CpuEngine(workers), given, precision, steps))
    return max(distances)
