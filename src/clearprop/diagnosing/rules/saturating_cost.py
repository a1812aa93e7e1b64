"""A cost that gives no error where the output is flat."""

from __future__ import annotations

from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.rules.relu_output import matching_output

PASSED = 0.1
"""How much of ∂C₀/∂a arrives as ∂C₀/∂z at the output; a sigmoid passes 1/4 at most."""


def _evidence(facts: Facts) -> Evidence | None:
    for when, layers in (("at the start", facts.start), ("in the end", facts.end)):
        if layers and layers[-1].passed < PASSED:
            return Evidence(
                "Of the slope of the cost only {passed:.1%} passes through the output layer " + when + ".",
                {"passed": layers[-1].passed},
            )
    return None


SATURATING_COST = Rule(
    id="saturating-cost",
    title="The cost stalls where the output saturates",
    why="With a squared error, the error of the output layer is the distance from the target times the slope of the "
    "output. A sigmoid or softmax that is sure of a wrong answer is flat: the more wrong it is, the less it learns.",
    advice="The cost that matches the output, whose error is just a − y: cross_entropy for softmax, "
    "binary_cross_entropy for sigmoid.",
    evidence=_evidence,
    changes=lambda facts: [matching_output(facts.setup)],
    unfit=lambda setup: (
        "the cost does not stall at this output."
        if setup.classes is None or setup.output not in ("sigmoid", "softmax", "tanh") or "squared" not in setup.cost
        else ""
    ),
)
