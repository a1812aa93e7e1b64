"""What several seeds say together: the difference between two arms of an experiment, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with the interval that holds the true mean with 95 % confidence (Student's t)."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float]) -> Interval:
    """
    >>> found = interval([0.4, 0.5, 0.6])
    >>> f"{found.mean:.2f}, {found.low:.2f} to {found.high:.2f}"
    '0.50, 0.25 to 0.75'
    """
    from scipy.stats import t

    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def difference(before: Sequence[float], after: Sequence[float]) -> Interval:
    """How much more the one arm has than the other on the same seeds, seed by seed."""
    return interval([b - a for a, b in zip(before, after, strict=True)])
