"""Early stopping that never lets the training start."""

from __future__ import annotations

from statistics import fmean

from clearprop.diagnosing.change import set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

SHARE = 0.5
"""The share of the epochs before which a stop is early."""


def _evidence(facts: Facts) -> Evidence | None:
    epochs = facts.setup.settings.epochs_for(len(facts.setup.learned))
    made = fmean(len(outcome.history) for outcome in facts.control.outcomes)
    if facts.first.stopped != "patience" or made > SHARE * epochs:
        return None
    return Evidence(
        "Early stopping ended the runs after {made:.0f} of {epochs:,} epochs in the mean.",
        {"made": made, "epochs": epochs},
    )


PATIENCE_TOO_SHORT = Rule(
    id="patience-too-short",
    title="Early stopping does not let the training start",
    why="The validation cost goes up and down by chance, and stands still on a plateau. Who stops after the first "
    "epochs without a better one keeps the weights of the very beginning.",
    advice="More patience, or none until the network learns.",
    evidence=_evidence,
    changes=lambda _: [set_to("no early stopping", patience=None)],
    unfit=lambda setup: "there is no early stopping." if setup.settings.patience is None else "",
)
