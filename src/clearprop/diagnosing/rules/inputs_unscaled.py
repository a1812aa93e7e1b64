"""Inputs of another size than the weights were drawn for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

LARGE = 20.0
"""Inputs beyond ±LARGE."""
SMALL = 0.05
"""Inputs none of which is that far from 0."""
APART = 100.0
"""The spread of one column beside that of another."""


def _evidence(facts: Facts) -> Evidence | None:
    numbers = {"largest": facts.data.largest, "apart": facts.data.columns_apart}
    if facts.data.largest > LARGE:
        return Evidence("The largest input is {largest:.4g}; weights are drawn for inputs of about 1.", numbers)
    if 0 < facts.data.largest < SMALL:
        return Evidence("No input is larger than {largest:.4g}; weights are drawn for inputs of about 1.", numbers)
    if facts.data.columns_apart > APART and facts.data.largest > 1:
        return Evidence("One column spreads {apart:.4g} times as widely as another.", numbers)
    return None


def standardized(setup: Setup) -> Setup:
    """Every column with mean 0 and spread 1, the test rows in the same way."""
    x = setup.examples.x
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    test = None if setup.test is None else replace(setup.test, x=(setup.test.x - mean) / spread)
    return replace(setup.with_inputs((x - mean) / spread), test=test)


INPUTS_UNSCALED = Rule(
    id="inputs-unscaled",
    title="The inputs are not scaled",
    why="Weighted inputs are sums of weights times inputs, and the gradient of a weight is proportional to its input. "
    "With inputs of 0 to 255 both are hundreds of times as large as the first weights and the learning rate are made "
    "for: neurons saturate or die at the first step. With tiny inputs the gradients are as tiny.",
    advice="Divide by the largest value (pictures: 255), or take off each column's mean and divide by its spread; "
    "do the same to the test rows, with the numbers of the training rows.",
    evidence=_evidence,
    changes=lambda _: [
        Change("every input column standardised", "x = (x - x.mean(axis=0)) / x.std(axis=0)", standardized)
    ],
)
