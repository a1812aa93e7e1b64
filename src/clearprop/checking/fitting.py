"""Mistakes with a number in them that only the learner knows: it is fitted, and must be the same at every point."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.comparing import ratio
from clearprop.checking.hypotheses import Hypothesis
from clearprop.checking.mistakes.replacement import Replacement, replacement
from clearprop.equations.step import TRUE_RULES, Step

AGREEMENT = 1e-3
"""How far the fitted numbers of two points may lie apart, as a share."""

ENOUGH_NUMBERS = 4

_PARTS = {
    "given_W": ("W", "dW", "d(C_mean, W[l, j, k])", "W[l, j, k]"),
    "given_b": ("b", "db", "d(C_mean, b[l, j])", "b[l, j]"),
}


def fitted(start: Hypothesis, layer: int, name: str) -> list[Replacement]:
    """A gradient with a share λ of the parameter itself in it, or with a factor of its own."""
    if name not in _PARTS or len(start.points) < 2:
        return []
    parameter, gradient, slope, _ = _PARTS[name]
    shares, factors = [], []
    for place, point in enumerate(start.points):
        ours, own = start.value(place, (name, layer)), start.value(place, (parameter, layer))
        theirs = point.theirs.get((name, layer))
        if theirs is None or ours is None or np.size(theirs) != np.size(ours):
            return []
        theirs = np.reshape(theirs, np.shape(ours))
        shares.append(ratio(theirs - ours, own) / start.value(place, ("factor", layer)))
        factors.append(ratio(theirs, ours))
    if sum(np.size(point.theirs[name, layer]) for point in start.points) < ENOUGH_NUMBERS:
        return []
    found = []
    if (share := _common(shares)) is not None:
        found.append(with_share(share, name))
    if (factor := _common(factors)) is not None and factor != 1:
        rule = partial(_with_factor, factor, gradient)
        found.append(replacement("batch-scale", gradient, f"{slope} = {factor:.6g} * {slope}", rule, number=factor))
    return found


def with_share(share: float, name: str) -> Replacement:
    """A gradient with this share of the parameter itself in it."""
    parameter, gradient, slope, symbol = _PARTS[name]
    rule = partial(_with_share, share, parameter, gradient)
    return replacement("reg-gradient", gradient, f"{slope} = {slope} + {share:.6g} * {symbol}", rule, number=share)


def _common(values: list[float]) -> float | None:
    """The number that all of them are, or None."""
    middle = float(np.median(values))
    if not math.isfinite(middle) or middle == 0:
        return None
    return middle if all(abs(value - middle) <= AGREEMENT * abs(middle) for value in values) else None


def _with_share(share: float, parameter: str, gradient: str, step: Step, layer: int) -> Array:
    return TRUE_RULES.everywhere[gradient](step, layer) + share * step.value(parameter, layer)


def _with_factor(factor: float, gradient: str, step: Step, layer: int) -> Array:
    return factor * TRUE_RULES.everywhere[gradient](step, layer)
