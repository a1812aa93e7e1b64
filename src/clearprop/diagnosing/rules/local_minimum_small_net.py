"""A network with hardly any neurons."""

from __future__ import annotations

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

FEW = 4
"""Neurons in the smallest hidden layer."""
WIDER = 8
"""How many times as many neurons the cure has."""


def _evidence(facts: Facts) -> Evidence | None:
    smallest = min(facts.setup.sizes[1:-1])
    if smallest > FEW:
        return None
    return Evidence("Neurons in the smallest hidden layer: {neurons}.", {"neurons": smallest})


def _wider(setup: Setup) -> Setup:
    return setup.with_layers(tuple(WIDER * size for size in setup.sizes[1:-1]), setup.hidden[0])


LOCAL_MINIMUM_SMALL_NET = Rule(
    id="local-minimum-small-net",
    title="The network has too few neurons",
    why="With two or three neurons in a layer there are starts from which every small step makes the cost worse "
    "although the answers are wrong: 2-2-1 on XOR often ends with the right answer to two of the four and 0.5 to the "
    "others. With more neurons there is nearly always one that can still get better.",
    advice="More neurons in the hidden layers, and another seed before judging.",
    evidence=_evidence,
    changes=lambda _: [
        Change(f"{WIDER} times as many hidden neurons", "layers=[inputs, more neurons, outputs]", _wider)
    ],
    unfit=lambda setup: "" if setup.hidden else "there is no hidden layer.",
)
