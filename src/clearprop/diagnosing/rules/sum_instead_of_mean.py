"""A cost that grows with the number of examples."""

from __future__ import annotations

from dataclasses import replace

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

TIMES = 3.0
"""The mean weight of an example from which on the cost is no mean any more."""


def _evidence(facts: Facts) -> Evidence | None:
    assert facts.setup.sample_weight is not None
    mean = float(facts.setup.sample_weight.mean())
    if mean < TIMES:
        return None
    return Evidence("Each example counts {mean:.4g} times in the mean, and so does every gradient.", {"mean": mean})


def _mean_of_one(setup: Setup) -> Setup:
    assert setup.sample_weight is not None
    return replace(setup, sample_weight=setup.sample_weight / setup.sample_weight.mean())


SUM_INSTEAD_OF_MEAN = Rule(
    id="sum-instead-of-mean",
    title="Gradients are added up instead of averaged",
    why="The sum over m examples is m times their mean, and so is the step: a learning rate that is right for one "
    "example is m times too high for a mini-batch of m.",
    advice="Take the mean over the mini-batch, or divide the learning rate by the number of its examples.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "the weights of the examples divided by their mean",
            "sample_weight = sample_weight / sample_weight.mean()",
            _mean_of_one,
        )
    ],
    unfit=lambda setup: "the cost is a mean over the examples." if setup.sample_weight is None else "",
)
