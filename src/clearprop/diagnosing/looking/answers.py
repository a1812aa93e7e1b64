"""What can be seen of a network's answers: are they the same for every example, and which constant is it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray, is_finite
from clearprop.diagnosing.outcome import is_constant, recognised
from clearprop.diagnosing.setup import Setup
from clearprop.targets import one_hot, predicted_class

EXACTLY = 1e-3
"""An answer that is no farther from 0.5 or 1/K is that."""
NEAR = 0.05
"""An answer that is no farther from the shares of the classes, or from the mean target beside its spread, is that."""
MISSED = 0.4
"""A class of which a smaller share is recognised is missed."""


@dataclass(frozen=True)
class AnswerFacts:
    """`constant` says which constant answer every example gets, "" if answers differ; `one_class` is the class that
    every example is answered with, None if several are; `mean` is the mean answer; `missed` are the classes that occur
    and are hardly recognised."""

    constant: str
    one_class: int | None
    mean: tuple[float, ...]
    missed: tuple[int, ...]
    finite: bool


def answer_facts(setup: Setup, a: FloatArray) -> AnswerFacts:
    """Look at answers (n, units) to the rows by which a run is judged."""
    y = setup.judges.y
    if not is_finite(a) or not len(a):
        return AnswerFacts("", None, (), (), False)
    one_class, missed = None, tuple[int, ...]()
    if setup.classes:
        shares = recognised(a, y)
        answered = np.unique(predicted_class(a))
        one_class = int(answered[0]) if len(shares) > 1 and len(answered) == 1 else None
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
    if len(mean) > 1 and np.ptp(mean) < EXACTLY:
        return "alike for all classes"
    return f"class {setup.classes[int(predicted_class(mean[None])[0])]}"


def _spread(setup: Setup) -> float:
    return float(setup.learned.y.std()) or 1.0
