"""A run that ends too early."""

from __future__ import annotations

from clearprop.diagnosing.change import Change, set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

FACTORS = (10, 100)
"""How many times as many epochs the cures make."""
FALLING = 0.02
"""The share of the fall of the cost that the last quarter of the epochs brings in a run that is not done."""
FEW = 500
"""Updates in a whole run."""
MOST = 60_000
"""Updates that an experiment makes at most."""


def _evidence(facts: Facts) -> Evidence | None:
    if facts.diverged or (facts.updates > FEW and facts.still_falling < FALLING):
        return None
    return Evidence(
        "The run makes {updates:,} updates, and the last quarter of them still brings {falling:.0%} of the fall of the "
        "cost.",
        {"updates": facts.updates, "falling": facts.still_falling},
    )


def _longer(facts: Facts, by: int) -> Change:
    epochs = facts.setup.settings.epochs_for(len(facts.setup.learned)) * by
    return set_to(f"{by} times as many epochs", epochs=epochs)


def _unfit(setup: Setup) -> str:
    return "the experiments make fewer updates than your run." if setup.shortened < 1 else ""


EPOCHS_TOO_FEW = Rule(
    id="epochs-too-few",
    title="The training ends too early",
    why="Many trainings begin with a plateau on which the cost hardly falls, because the first layers must find "
    "something before the last can use it. Who stops there has seen nothing yet.",
    advice="More epochs, until the cost has stopped falling.",
    evidence=_evidence,
    changes=lambda facts: [_longer(facts, by) for by in FACTORS if facts.updates * by <= MOST],
    unfit=_unfit,
)
