"""How far the CPU engine ends from the reference engine."""

from __future__ import annotations

from clearprop.engines.cpu.engine import CpuEngine

from ..problems import Problem
from ..problems import distance as distance_of


def distance(given: Problem, precision: str, workers: int, steps: int | None = None) -> float:
    """In units of what is allowed."""
    return distance_of(CpuEngine(workers), given, precision, steps)
