"""A network that can only draw straight lines."""

from __future__ import annotations

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

NEURONS = 32
"""In the hidden layer that the cure adds."""


def _bent(setup: Setup) -> Setup:
    return setup.redrawn().with_hidden("relu") if setup.hidden else setup.with_layers((NEURONS,), "relu")


LINEAR_NETWORK = Rule(
    id="linear-network",
    title="The network is linear",
    why="Without hidden layers, or with the identity in them, all layers together are worth a single one: they can "
    "only separate classes by straight lines and planes. XOR and circles are out of their reach, however long they "
    "train.",
    advice="A hidden layer with an activation that bends: relu, tanh or sigmoid.",
    evidence=lambda facts: Evidence(
        "Hidden layers: {layers}. None of them bends.", {"layers": len(facts.setup.hidden)}
    ),
    changes=lambda facts: [
        Change("hidden activation relu", "hidden='relu'", _bent)
        if facts.setup.hidden
        else Change(
            f"a hidden layer of {NEURONS} relu neurons", f"layers=[inputs, {NEURONS}, outputs], hidden='relu'", _bent
        )
    ],
    unfit=lambda setup: "" if all(name == "identity" for name in setup.hidden) else "a hidden layer is not linear.",
)
