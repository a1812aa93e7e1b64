"""What can be seen of a network's answers: are they the same for every example, and which constant is it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray, is_finite
from clearprop.diagnosing.outcome import Outcome, is_constant, recognised
from clearprop.diagnosing.setup import Setup
from clearprop.targets import one_hot, predicted_class

EXACTLY = 1e-3
NEAR = 0.05


@dataclass(frozen=True)
class AnswerFacts:
    """`constant` says which constant answer every example gets, "" if answers differ; `mean` is the mean answer;
    `missed` are the classes that occur and are hardly recognised."""

    constant: str
    one_class: bool
    mean: tuple[float, ...]
    missed: tuple[int, ...]
    finite: bool


MISSED = 0.4
"""A class of which a smaller share is recognised is missed."""


def answer_facts(setup: Setup, outcome: Outcome) -> AnswerFacts:
    """Look at the answers of a run to the rows by which it is judged."""
    a, y = outcome.outputs, setup.judges.y
    if not is_finite(a) or not len(a):
        return AnswerFacts("", False, (), (), False)
    one_class, missed = False, tuple[int, ...]()
    if setup.classes:
        shares = recognised(a, y)
        one_class = len(shares) > 1 and len(np.unique(predicted_class(a))) == 1
        missed = tuple(k for k, share in shares.items() if share < MISSED)
    spread = 1.0 if setup.classes else float(y.std()) or 1.0
    constant = is_constant(a / spread)
    mean = a.mean(axis=0)
    return AnswerFacts(
        constant=_which(setup, mean) if constant else "",
        one_class=one_class,
        mean=tuple(mean.tolist()),
        missed=missed,
        finite=True,
    )


def _which(setup: Setup, mean: FloatArray) -> str:
    """Which constant it is."""
    if setup.classes is None:
        target = float(setup.learned.y.mean())
        return "the mean of the targets" if abs(float(mean.mean()) - target) < NEAR * _spread(setup) else "one number"
    y = one_hot(setup.learned.y, setup.sizes[-1])
    if np.all(np.abs(mean - 0.5) < EXACTLY):
        return "0.5"
    if np.all(np.abs(mean - 1 / len(mean)) < EXACTLY):
        return f"1/{len(mean)}"
    if np.all(np.abs(mean - y.mean(axis=0)) < NEAR):
        return "the share of each class"
    return "one class"


def _spread(setup: Setup) -> float:
    return float(setup.learned.y.std()) or 1.0
