"""Labels that are one off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearprop.diagnosing.change import Change, Proof
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Examples, Setup
from clearprop.targets import predicted_class

MOSTLY = 0.4
"""The share of the test rows that is answered one class off."""


def _one_off(facts: Facts) -> tuple[int, float]:
    """By how much the labels of the test rows are off, and for which share of them."""
    test, network = facts.setup.test, facts.first.network
    if test is None or network is None:
        return 1, 0.0
    answers = predicted_class(network.probabilities(test.x))
    shares = {by: float(np.mean((test.y + by) % facts.setup.class_count == answers)) for by in (-1, 1)}
    by = max(shares, key=lambda sign: shares[sign])
    return by, shares[by]


def _evidence(facts: Facts) -> Evidence | None:
    by, share = _one_off(facts)
    if share < MOSTLY:
        return None
    side = "above" if by > 0 else "below"
    return Evidence(
        "{share:.0%} of the test rows are answered with the class just " + side + " their label.", {"share": share}
    )


def _shifted(setup: Setup, by: int) -> Setup:
    assert setup.test is not None
    return replace(setup, test=Examples(setup.test.x, (setup.test.y + by) % setup.class_count))


def _changes(facts: Facts) -> list[Change]:
    by, _ = _one_off(facts)
    return [
        Change(
            f"the labels of the test rows {'raised' if by > 0 else 'lowered'} by 1",
            f"y_test = (y_test {'+' if by > 0 else '-'} 1) % {facts.setup.class_count}",
            lambda setup: _shifted(setup, by),
            Proof.TEST,
        )
    ]


ONE_HOT_SHIFT = Rule(
    id="one-hot-shift",
    title="The labels of the test rows are one off",
    why="Classes counted from 1 in one place and from 0 in another: the network is right and is called wrong, row by "
    "row.",
    advice="Count classes from 0 everywhere, and make one-hot rows in one place only.",
    evidence=_evidence,
    changes=_changes,
    unfit=lambda setup: (
        "no test rows were given."
        if setup.test is None
        else "two classes or real numbers cannot be one off."
        if setup.classes is None or setup.class_count < 3
        else ""
    ),
)
