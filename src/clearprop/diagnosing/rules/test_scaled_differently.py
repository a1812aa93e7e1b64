"""Test rows that were not treated as the training rows were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.change import Change, Proof
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

TIMES = 2.0
"""How many times as large or small the spread of the test rows must be, in the median over the columns."""
AWAY = 1.0
"""How many spreads apart the means must be, in the median over the columns."""


def _evidence(facts: Facts) -> Evidence | None:
    assert facts.setup.test is not None
    x, varying = facts.setup.test.x, facts.data.spreads > 0
    if not varying.any():
        return None
    spreads = facts.data.spreads[varying]
    times = float(np.median(x.std(axis=0)[varying] / spreads))
    away = float(np.median(np.abs(x.mean(axis=0) - facts.data.means)[varying] / spreads))
    if 1 / TIMES < times < TIMES and away < AWAY:
        return None
    return Evidence(
        "The columns of the test rows spread {times:.3g} times as widely as those of the training rows, around means "
        "that are {away:.3g} spreads away.",
        {"times": times, "away": away},
    )


def _brought(test: FloatArray, like: FloatArray, axis: int | None) -> FloatArray:
    """The test inputs with mean and spread of the others, over all numbers or column by column."""
    spread = np.asarray(test.std(axis=axis))
    scaled = (test - test.mean(axis=axis)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(scaled * like.std(axis=axis) + like.mean(axis=axis))


def _alike(setup: Setup, axis: int | None) -> Setup:
    assert setup.test is not None
    return replace(setup, test=replace(setup.test, x=_brought(setup.test.x, setup.examples.x, axis)))


TEST_SCALED_DIFFERENTLY = Rule(
    id="test-scaled-differently",
    title="The test rows are scaled otherwise than the training rows",
    why="The weights fit inputs of the size that they were trained on. Test rows that were not scaled, or scaled by "
    "their own numbers, are another world to the network.",
    advice="Do to the test rows what was done to the training rows, with the numbers of the training rows.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "all test inputs brought to the mean and the spread of all training inputs",
            "x_test = (x_test - x_test.mean()) / x_test.std() * x.std() + x.mean()",
            lambda setup: _alike(setup, None),
            Proof.TEST,
        ),
        Change(
            "each column of the test rows brought to its mean and spread in the training rows",
            "x_test = (x_test - x_test.mean(axis=0)) / x_test.std(axis=0) * x.std(axis=0) + x.mean(axis=0)",
            lambda setup: _alike(setup, 0),
            Proof.TEST,
        ),
    ],
    unfit=lambda setup: "" if setup.test is not None else "no test rows were given.",
)
