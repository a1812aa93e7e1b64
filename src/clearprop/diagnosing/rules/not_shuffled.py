"""Rows that are learned in the order of their classes."""

from __future__ import annotations

from clearprop.diagnosing.change import set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

RUNS = 4
"""Sorted rows have one stretch for each class; up to so many for each still count as sorted."""


def _evidence(facts: Facts) -> Evidence | None:
    if facts.data.runs > RUNS * facts.setup.class_count:
        return None
    return Evidence(
        "The {rows:,} rows stand in {runs} stretches of one class each, and are learned in that order.",
        {"rows": facts.data.rows, "runs": facts.data.runs},
    )


NOT_SHUFFLED = Rule(
    id="not-shuffled",
    title="The rows are sorted by class and not shuffled",
    why="Mini-batch after mini-batch shows the same class, and the network learns to answer it to everything; then "
    "comes the next class and undoes that. What it answers in the end is the class that came last.",
    advice="Shuffle the examples in every epoch.",
    evidence=_evidence,
    changes=lambda _: [set_to("the rows shuffled in every epoch", shuffle=True)],
    unfit=lambda setup: (
        "the targets are real numbers."
        if setup.classes is None
        else "the rows are shuffled in every epoch."
        if setup.settings.shuffle
        else ""
    ),
)
