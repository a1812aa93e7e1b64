"""A start so small that nothing passes through."""

from __future__ import annotations

from clearprop.diagnosing.change import DRAWN_AS_USUAL
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

SMALL = 0.1
"""The size of the weights into a neuron, times the root of their number; 1 to 1.4 is usual."""


def _evidence(facts: Facts) -> Evidence | None:
    sizes = facts.weight_sizes
    smallest = min(sizes, key=lambda layer: sizes[layer])
    if not 0 < sizes[smallest] < SMALL:
        return None
    return Evidence(
        "The weights of layer {layer} start at {size:.2g} times the size at which signals keep theirs.",
        {"layer": smallest, "size": sizes[smallest]},
    )


INIT_TOO_SMALL_ONE_SIDED = Rule(
    id="init-too-small-one-sided",
    title="The weights start too small",
    why="Tiny weights let next to nothing of the inputs through, and as little of the error back. The network begins "
    "on a plateau where every example gets the same answer, at a cost of ln 2 or ln K, and takes very long to leave "
    "it.",
    advice="Draw weights around 0 with a spread of about 1/√n_in, initialization='auto'.",
    evidence=_evidence,
    changes=lambda _: [DRAWN_AS_USUAL],
)
