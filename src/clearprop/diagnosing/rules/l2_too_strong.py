"""A penalty that wins over the data."""

from __future__ import annotations

import math

from clearprop.diagnosing.change import set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

SHRUNK = 0.6
"""The spread of a layer's weights in the end beside the start, or beside the usual 1/√n_in if they started equal."""


def _evidence(facts: Facts) -> Evidence | None:
    if not facts.end:
        return None
    kept = {
        before.layer: after.weight_spread / (before.weight_spread or 1 / math.sqrt(n_in))
        for before, after, n_in in zip(facts.start, facts.end, facts.setup.sizes, strict=False)
    }
    layer = min(kept, key=lambda number: kept[number])
    if kept[layer] > SHRUNK:
        return None
    beside = "of their first spread" if facts.start[layer - 1].weight_spread else "of the usual spread 1/√n_in"
    return Evidence(
        "With λ = {l2:g} the weights of layer {layer} end with {kept:.1%} " + beside + ".",
        {"l2": facts.setup.settings.l2, "layer": layer, "kept": kept[layer]},
    )


L2_TOO_STRONG = Rule(
    id="l2-too-strong",
    title="The penalty on large weights wins over the data",
    why="L2 pulls every weight to 0, in proportion to its size. Where the pull is stronger than what the data asks "
    "for, the weights shrink until the network answers the same to everything.",
    advice="l2=0 until the network learns; then as little as helps on rows that were held back.",
    evidence=_evidence,
    changes=lambda _: [set_to("no penalty on large weights", l2=0.0)],
    unfit=lambda setup: "" if setup.settings.l2 else "there is no penalty on large weights.",
)
