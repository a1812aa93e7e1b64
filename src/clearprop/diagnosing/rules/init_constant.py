"""A start in which nothing tells the neurons of a layer apart."""

from __future__ import annotations

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

ALIKE = 0.7
"""The share of the neurons of a hidden layer that have the same weights as another one."""


def _evidence(facts: Facts) -> Evidence | None:
    worst = max(facts.hidden_at_start, key=lambda layer: layer.alike)
    if worst.alike < ALIKE:
        return None
    return Evidence(
        "In hidden layer {layer}, {alike:.0%} of the neurons start with the weights of another one.",
        {"layer": worst.layer, "alike": worst.alike},
    )


INIT_CONSTANT = Rule(
    id="init-constant",
    title="All weights of a layer start equal",
    why="Neurons with equal weights compute the same, get the same error and are moved alike: they stay equal for "
    "ever, and the layer is worth a single neuron. When all weights are 0, nothing passes to the layers before either, "
    "and every example gets the same answer: 0.5 of a sigmoid, 1/K of a softmax, or the share of each class.",
    advice="Draw the weights at random, initialization='auto'. Biases may start at 0.",
    evidence=_evidence,
    changes=lambda _: [Change("weights drawn at random", "initialization='auto'", lambda setup: setup.redrawn())],
    unfit=lambda setup: "" if setup.hidden else "without hidden layers equal weights do no harm.",
)
