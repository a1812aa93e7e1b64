"""A start so large that neurons saturate."""

from __future__ import annotations

from clearprop.diagnosing.change import DRAWN_AS_USUAL
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

LARGE = 3.0
"""The size of the weights into a neuron, times the root of their number; 1 to 1.4 is usual."""


def _evidence(facts: Facts) -> Evidence | None:
    sizes = facts.weight_sizes
    largest = max(sizes, key=lambda layer: sizes[layer])
    if sizes[largest] < LARGE:
        return None
    return Evidence(
        "The weights of layer {layer} start {size:.3g} times as large as the size at which signals keep theirs.",
        {"layer": largest, "size": sizes[largest]},
    )


INIT_TOO_LARGE = Rule(
    id="init-too-large",
    title="The weights start too large",
    why="Weights of about 1 into a neuron with n inputs give weighted inputs of about √n. A sigmoid or tanh is flat "
    "there: its slope, and with it the gradient of every weight before it, is nearly 0. Through relu, signals grow "
    "from layer to layer until the first steps throw everything about.",
    advice="Draw weights with a spread of about 1/√n_in, initialization='auto'.",
    evidence=_evidence,
    changes=lambda _: [DRAWN_AS_USUAL],
)
