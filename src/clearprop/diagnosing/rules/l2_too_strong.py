"""A penalty that wins over the data."""

from __future__ import annotations

from clearprop.diagnosing.change import set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

SHRUNK = 0.6
"""The spread of a layer's weights in the end beside the start."""


def _evidence(facts: Facts) -> Evidence | None:
    kept = {
        before.layer: after.weight_spread / before.weight_spread
        for before, after in zip(facts.start, facts.end, strict=True)
        if before.weight_spread
    }
    if not kept or min(kept.values()) > SHRUNK:
        return None
    layer = min(kept, key=lambda number: kept[number])
    return Evidence(
        "With λ = {l2:g} the weights of layer {layer} shrank to {kept:.1%} of their spread.",
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
