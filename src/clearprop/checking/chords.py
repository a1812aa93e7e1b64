"""Gradients that were taken from the cost by steps that are too large: slopes of chords instead of tangents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.hypotheses import Point
from clearprop.checking.mistakes.catalogue import CATALOGUE
from clearprop.checking.report import WRONG, Mistake
from clearprop.checking.trial import Key, Trial
from clearprop.equations.layers import weighted_input
from clearprop.equations.step import Step

STEPS = (1e-1, 1e-2, 1e-3, 1e-4)
MOST_PARAMETERS = 400
"""In larger networks nobody takes gradients in this way."""


def chord(points: Sequence[Point]) -> Mistake | None:
    """The mistake of a numerical gradient with a bad step, where one step explains all numbers."""
    parameters = sum(array.size for array in points[0].theirs.values())
    if parameters > MOST_PARAMETERS:
        return None
    for told, difference in _differences():
        if all(_agrees(point, difference) for point in points):
            entry = CATALOGUE["numeric-check-step"]
            message = f"{entry.sentence} Yours are (within the digits that such a difference has): {told}."
            return Mistake("numeric-check-step", WRONG, (), "all gradients", message, entry.fix)
    return None


Difference = Callable[[Callable[[float], float]], float]


def _differences() -> Iterator[tuple[str, Difference]]:
    for h in STEPS:
        yield f"(C(w + {h:g}) − C(w)) / {h:g}", partial(_one_sided, h)
        yield f"(C(w + {h:g}) − C(w − {h:g})) / {2 * h:g}", partial(_two_sided, h)


def _one_sided(h: float, cost: Callable[[float], float]) -> float:
    return (cost(h) - cost(0.0)) / h


def _two_sided(h: float, cost: Callable[[float], float]) -> float:
    return (cost(h) - cost(-h)) / (2 * h)


def _agrees(point: Point, difference: Difference) -> bool:
    """Whether every gradient is such a difference; the smallest array is looked at first."""
    keys = sorted(point.theirs, key=lambda key: point.theirs[key].size)
    return all(point.agrees(key, _numerical(point.trial, key, difference)) for key in keys)


def _numerical(trial: Trial, key: Key, difference: Difference) -> FloatArray:
    name, layer = "W" if key[0] == "given_W" else "b", key[1]
    start = np.asarray(trial.value(name, layer))
    slopes = np.empty_like(start)
    for place in np.ndindex(start.shape):

        def cost(by: float, place: tuple[int, ...] = place) -> float:
            moved = start.copy()
            moved[place] += by
            return float(np.mean(_with(trial, name, layer, moved).value("cost", trial.layers)))

        slopes[place] = difference(cost)
    return slopes


def _with(trial: Trial, name: str, layer: int, value: FloatArray) -> Trial:
    """The pass with another parameter."""

    def with_it(step: Step, l: int) -> FloatArray:
        W, b = (value, step.b[l]) if name == "W" else (step.W[l], value)
        return np.asarray(weighted_input(step.a[l - 1], W, b))

    return trial.replacing([("z", layer, with_it)])
