"""Neurons that are off for every example."""

from __future__ import annotations

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

DEAD = 0.6
"""The share of the neurons of a layer."""


def _evidence(facts: Facts) -> Evidence | None:
    for when, layers in (("at the start", facts.hidden_at_start), ("in the end", facts.end[:-1])):
        worst = max(layers, key=lambda layer: layer.dead)
        if worst.dead >= DEAD:
            return Evidence(
                "In hidden layer {layer}, {dead:.0%} of the neurons are off for every example " + when + ".",
                {"layer": worst.layer, "dead": worst.dead},
            )
    return None


def _changes(facts: Facts) -> list[Change]:
    leaky = Change("hidden activation leaky_relu", "hidden='leaky_relu'", lambda setup: setup.with_hidden("leaky_relu"))
    fresh = Change("weights drawn afresh, biases at 0", "initialization='auto'", lambda setup: setup.redrawn())
    return [fresh, leaky] if facts.setup.start is not None else [leaky]


DEAD_RELU = Rule(
    id="dead-relu",
    title="The relu neurons are dead",
    why="A relu neuron whose weighted input is below 0 for every example answers 0 to everything, and its slope is 0 "
    "too: no error reaches its weights, and it stays off. Large negative biases start so; one step that is too large "
    "leads there. When a whole layer is dead, only the biases behind it learn, and every example gets the same answer.",
    advice="Biases that start at 0, smaller steps, scaled inputs; or leaky_relu, which is never quite off.",
    evidence=_evidence,
    changes=_changes,
    unfit=lambda setup: "" if "relu" in setup.hidden else "no hidden layer is relu.",
)
