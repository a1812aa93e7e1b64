"""Targets that the output layer cannot answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.looking.data import range_of
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Examples, Setup

OUTSIDE = 0.1
"""The share of the targets outside from which on it matters."""
MIDDLE = (0.1, 0.9)
"""The part of the range into which targets are brought."""


def outside(setup: Setup) -> float:
    """The share of the targets that the output cannot answer."""
    low, high = range_of(setup.output)
    return float(np.mean((setup.examples.y < low) | (setup.examples.y > high)))


def _evidence(facts: Facts) -> Evidence | None:
    share = outside(facts.setup)
    if share <= OUTSIDE:
        return None
    (lowest, highest), (low, high) = facts.data.range, range_of(facts.setup.output)
    return Evidence(
        "{share:.0%} of the targets lie outside what "
        + facts.setup.output
        + " can answer: they reach from {lowest:.4g} "
        "to {highest:.4g}, its answers from {low:.4g} to {high:.4g}.",
        {"share": share, "lowest": lowest, "highest": highest, "low": low, "high": high},
    )


def _scaled(setup: Setup) -> Setup:
    low, _ = range_of(setup.output)
    bottom, top = MIDDLE if low == 0 else (low * MIDDLE[1], MIDDLE[1])
    y = setup.examples.y
    lowest, size = y.min(axis=0), np.ptp(y, axis=0)

    def scale(values: FloatArray) -> FloatArray:
        return np.asarray(bottom + (top - bottom) * (values - lowest) / np.where(size > 0, size, 1.0))

    test = None if setup.test is None else Examples(setup.test.x, scale(setup.test.y))
    return replace(setup.with_targets(scale(y)), test=test)


TARGET_OUT_OF_RANGE = Rule(
    id="target-out-of-range",
    title="The output layer cannot answer the targets",
    why="A sigmoid answers between 0 and 1, tanh between −1 and 1, relu nothing below 0. A target outside pulls the "
    "output to the end of its range, where its slope is 0, and holds it there for every example.",
    advice="Give the output layer the activation identity, or scale the targets into the output's range.",
    evidence=_evidence,
    changes=lambda _: [
        Change("targets scaled into the range of the output", "y = 0.1 + 0.8 * (y - y.min()) / np.ptp(y)", _scaled),
        Change(
            "output identity with the half squared error",
            "output='identity', cost='half_squared_error'",
            lambda setup: setup.with_output("identity", "half_squared_error"),
        ),
    ],
    unfit=lambda setup: "the targets are classes." if setup.classes else "",
)
