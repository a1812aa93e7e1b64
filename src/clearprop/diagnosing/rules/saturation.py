"""Weighted inputs so large that neurons are flat."""

from __future__ import annotations

from dataclasses import replace

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.looking.layers import STEEPEST
from clearprop.diagnosing.rule import Evidence, Rule

SATURATED = 0.5
"""The share of the neurons of a hidden layer, over the examples, whose slope is next to 0."""


def _evidence(facts: Facts) -> Evidence | None:
    worst = max(facts.hidden_at_start, key=lambda layer: layer.saturated)
    if worst.saturated < SATURATED:
        return None
    return Evidence(
        "In hidden layer {layer}, {share:.0%} of the neurons start saturated: weighted inputs reach {z:.3g}.",
        {"layer": worst.layer, "share": worst.saturated, "z": worst.largest_z},
    )


SATURATION = Rule(
    id="saturation",
    title="The neurons are saturated from the start",
    why="Far from 0, a sigmoid or tanh answers 0 or ±1 whatever the example, and its slope is nearly 0: the error "
    "stops there, and the layers before it do not learn. Large weights, large biases and large inputs all lead to it.",
    advice="Smaller weights and biases, and scaled inputs, so that weighted inputs are of size 1.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "the first weights and biases divided, layer by layer, so that weighted inputs are of size 1",
            "(divide the weights and biases of each layer by the mean size of its weighted inputs)",
            lambda setup: replace(setup, rescaled=True),
        )
    ],
    unfit=lambda setup: "" if STEEPEST.keys() & set(setup.hidden) else "no hidden layer is sigmoid or tanh.",
)
