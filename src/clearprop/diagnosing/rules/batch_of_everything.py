"""One update for a whole pass over the data."""

from __future__ import annotations

from clearprop.diagnosing.change import set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

BATCH = 32
"""Examples in a mini-batch of the cure."""
SHARE = 0.25
"""The share of the rows in a mini-batch."""
FEW = 500
"""Updates in a whole run."""
ROWS = 100
"""Fewer rows are one batch anyway."""


def _evidence(facts: Facts) -> Evidence | None:
    rows, size = len(facts.setup.learned), facts.setup.settings.batch_size
    if rows < ROWS or size < SHARE * rows or facts.updates > FEW:
        return None
    return Evidence(
        "A mini-batch holds {size:,} of {rows:,} rows, so that the whole run makes {updates:,} updates.",
        {"size": min(size, rows), "rows": rows, "updates": facts.updates},
    )


BATCH_OF_EVERYTHING = Rule(
    id="batch-of-everything",
    title="The mini-batches are so large that there are too few updates",
    why="An epoch with one batch makes one step, however many rows there are. A hundred epochs are a hundred steps "
    "then, and most networks need thousands.",
    advice="Smaller mini-batches, such as 32, or far more epochs.",
    evidence=_evidence,
    changes=lambda _: [set_to(f"mini-batches of {BATCH}", batch_size=BATCH)],
)
