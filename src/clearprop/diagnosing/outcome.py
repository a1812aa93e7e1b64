"""One run of a setup, and how well what it learned does.

Skill is 0 for who knows nothing and 1 for who is always right, so that classes and real numbers are judged alike: of
classes the mean share of each class that is recognised, above chance, and 0 when all examples get the same answer; of
real numbers the share of the variance that is explained (R²). A run whose cost stopped being finite has no skill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, is_finite
from clearprop.diagnosing.setup import Examples, Setup, course
from clearprop.network import Network
from clearprop.targets import predicted_class
from clearprop.training import train_with
from clearprop.training.history import History

Stop = Callable[[], bool]
DIVERGED = "diverged"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a run: skill on the judging rows, on the rows learned from and on the test rows (None: none).

    `outputs` (n, units) are the answers to the judging rows; `start` and `network` are None where no network can be
    made or trained, `history` is then empty.
    """

    seed: int
    stopped: str
    skill: float
    learned_skill: float
    test_skill: float | None
    outputs: FloatArray
    start: Network | None
    network: Network | None
    history: History


class BrokenOffError(Exception):
    """A run was broken off; nothing can be said about it."""


def run(setup: Setup, seed: int, stop: Stop) -> Outcome:
    """Make the training once. BrokenOffError when `stop` says so."""
    if setup.always_one:
        return _of_outputs(setup, seed, np.ones((len(setup.judges), 1)))
    if not is_finite(setup.examples.x):
        return _of_outputs(setup, seed, np.full((len(setup.judges), setup.sizes[-1]), np.nan))
    way = course(setup, seed)
    training = train_with(
        way.settings,
        setup.network(seed),
        way.examples.x,
        way.examples.y,
        class_weight=setup.class_weight,
        sample_weight=way.sample_weight,
        callbacks=[lambda _: stop()],
    )
    if training.stopped in ("callback", "interrupted"):
        raise BrokenOffError
    failed = training.stopped == DIVERGED
    outputs = _outputs(training.network, setup.judges)

    def skilled(examples: Examples) -> float:
        return 0.0 if failed else skill(setup, _outputs(training.network, examples), examples.y)

    return Outcome(
        seed=seed,
        stopped=training.stopped,
        skill=0.0 if failed else skill(setup, outputs, setup.judges.y),
        learned_skill=skilled(setup.learned),
        test_skill=None if setup.test is None else skilled(setup.test),
        outputs=outputs,
        start=training.start,
        network=training.network,
        history=training.history,
    )


def _of_outputs(setup: Setup, seed: int, outputs: FloatArray) -> Outcome:
    """The outcome of what cannot be trained, whose answers are known beforehand."""
    able = is_finite(outputs)
    reached = skill(setup, outputs, setup.judges.y) if able else 0.0
    tested = None if setup.test is None else 0.0
    stopped = "finished" if able else DIVERGED
    return Outcome(seed, stopped, reached, reached, tested, outputs, None, None, History())


def _outputs(network: Network, examples: Examples) -> FloatArray:
    with np.errstate(all="ignore"):  # weights about to diverge
        return network.probabilities(examples.x)


def skill(setup: Setup, outputs: FloatArray, y: np.ndarray[Any, Any]) -> float:
    """The skill of answers a (n, units) to y."""
    if not is_finite(outputs):
        return 0.0
    if setup.classes is None:
        return _explained(outputs, y)
    shares = recognised(outputs, y)
    if len(shares) == 1:  # nothing to tell apart
        return shares.popitem()[1]
    if is_constant(outputs):
        return 0.0
    chance = 1 / len(shares)
    return max(0.0, (float(np.mean(list(shares.values()))) - chance) / (1 - chance))


CONSTANT = 0.02
"""Outputs that differ less than so much between examples are constant, whichever of them is the largest."""


def is_constant(outputs: FloatArray) -> bool:
    """Whether all examples get the same answer."""
    return len(outputs) > 1 and float(np.ptp(outputs, axis=0).max()) < CONSTANT


def recognised(outputs: FloatArray, y: np.ndarray[Any, Any]) -> dict[int, float]:
    """Of each class that occurs, the share of its examples that is answered with it."""
    answers = predicted_class(outputs)
    return {int(k): float(np.mean(answers[y == k] == k)) for k in np.unique(y)}


def _explained(outputs: FloatArray, y: FloatArray) -> float:
    """R², not below 0. Where all targets are the same there is no variance, and the error stands beside their size."""
    spread = float(np.sum((y - y.mean(axis=0)) ** 2))
    left = float(np.sum((y - outputs) ** 2))
    if not spread:
        return max(0.0, 1 - float(np.abs(outputs - y).mean()) / (1 + float(np.abs(y).mean())))
    return max(0.0, 1 - left / spread)
