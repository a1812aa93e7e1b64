"""How good a network is on examples that it has not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.targets import ClassName, one_hot, predicted_class

CONFIDENCE = 0.95
WRONG_SHOWN = 5


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: the row (from 1), its class, the class that was answered, and how sure the network was."""

    row: int
    actual: ClassName
    answered: ClassName
    confidence: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures on examples with known classes.

    `interval` holds the accuracy that the network would show on endlessly many such examples with 95 % confidence
    (Wilson's interval); `baseline` is the accuracy of always answering the most frequent class; row i, column j of
    `confusion` counts the examples of class i that were answered j; `wrong` are the most confident mistakes.
    """

    classes: tuple[ClassName, ...]
    examples: int
    cost: float
    accuracy: float
    interval: tuple[float, float]
    baseline: float
    confusion: IntArray
    wrong: tuple[Mistake, ...]

    def figures(self) -> dict[str, Any]:
        """What a model remembers of it, as JSON."""
        return {
            "examples": self.examples,
            "cost": self.cost,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "baseline": self.baseline,
        }

    def document(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            **self.figures(),
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
            "wrong": [asdict(mistake) for mistake in self.wrong],
        }


def evaluate(
    outputs: FloatArray, costs: FloatArray, y: IntArray, classes: Sequence[ClassName], rows: IntArray
) -> Evaluation:
    """Figures from the outputs a (n, units), the costs C₀ (n,), the class indices y (n,) and the rows' numbers (n,)."""
    answers = predicted_class(outputs)
    right = int(np.sum(answers == y))
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (y, answers), 1)
    return Evaluation(
        classes=tuple(classes),
        examples=len(y),
        cost=float(np.mean(costs)),
        accuracy=right / len(y),
        interval=wilson_interval(right, len(y)),
        baseline=int(confusion.sum(axis=1).max()) / len(y),
        confusion=confusion,
        wrong=_most_confident_mistakes(outputs, answers, y, classes, rows),
    )


def wilson_interval(right: int, examples: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson 1927."""
    from scipy.stats import binomtest

    interval = binomtest(right, examples).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def _most_confident_mistakes(
    outputs: FloatArray, answers: IntArray, y: IntArray, classes: Sequence[ClassName], rows: IntArray
) -> tuple[Mistake, ...]:
    chosen = one_hot(answers, outputs.shape[1])
    # one unit that answers a says class 0 with confidence 1 − a
    confidence = np.sum(chosen * outputs + (0 if outputs.shape[1] > 1 else (1 - chosen) * (1 - outputs)), axis=1)
    wrong = np.flatnonzero(answers != y)
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:WRONG_SHOWN]
    return tuple(Mistake(int(rows[i]), classes[y[i]], classes[answers[i]], float(confidence[i])) for i in shown)
