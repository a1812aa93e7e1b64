"""Test rows that were not treated as the training rows were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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


def _alike(setup: Setup) -> Setup:
    assert setup.test is not None
    x, test = setup.examples.x, setup.test.x
    spread = test.std(axis=0)
    scaled = (test - test.mean(axis=0)) / np.where(spread > 0, spread, 1.0) * x.std(axis=0) + x.mean(axis=0)
    return replace(setup, test=replace(setup.test, x=scaled))


TEST_SCALED_DIFFERENTLY = Rule(
    id="test-scaled-differently",
    title="The test rows are scaled otherwise than the training rows",
    why="The weights fit inputs of the size that they were trained on. Test rows that were not scaled, or scaled by "
    "their own numbers, are another world to the network.",
    advice="Do to the test rows what was done to the training rows, with the numbers of the training rows.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "the test rows brought to mean and spread of the training rows",
            "x_test = (x_test - mean_of_training) / spread_of_training",
            _alike,
            Proof.TEST,
        )
    ],
    unfit=lambda setup: "" if setup.test is not None else "no test rows were given.",
)
