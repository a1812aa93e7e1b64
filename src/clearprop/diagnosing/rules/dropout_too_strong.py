"""So many neurons switched off that nothing passes."""

from __future__ import annotations

from clearprop.diagnosing.change import set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

STRONG = 0.6
"""The share of the hidden neurons that is switched off."""


def _evidence(facts: Facts) -> Evidence | None:
    if facts.setup.settings.dropout < STRONG:
        return None
    smallest = min(facts.setup.sizes[1:-1])
    return Evidence(
        "Each step switches off {share:.0%} of the hidden neurons: of the smallest layer {left:.2g} are left in the "
        "mean.",
        {"share": facts.setup.settings.dropout, "left": smallest * (1 - facts.setup.settings.dropout)},
    )


DROPOUT_TOO_STRONG = Rule(
    id="dropout-too-strong",
    title="Dropout switches off too much",
    why="With nearly all neurons off, a step sees next to nothing of the example, and what is left is multiplied to "
    "make up for it: the gradient is mostly noise.",
    advice="dropout=0 until the network learns; then up to 0.5.",
    evidence=_evidence,
    changes=lambda _: [set_to("no dropout", dropout=0.0)],
    unfit=lambda setup: "" if setup.settings.dropout and setup.hidden else "there is no dropout.",
)
