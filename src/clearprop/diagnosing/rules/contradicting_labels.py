"""The same inputs with different labels."""

from __future__ import annotations

import numpy as np

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.looking.data import groups_of_rows, table_of_labels
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

MOST_RIGHT = 0.8
"""Data on which somebody may still be right more often than this is merely noisy."""


def _evidence(facts: Facts) -> Evidence | None:
    if facts.data.best_accuracy > MOST_RIGHT:
        return None
    return Evidence(
        "{rows:,} rows have the same inputs as a row with another label, so that no network at all can answer more "
        "than {best:.0%} of the rows right.",
        {"rows": int(facts.data.contradicting.sum()), "best": facts.data.best_accuracy},
    )


def _agreed(setup: Setup) -> Setup:
    groups, y = groups_of_rows(setup.examples.x), setup.examples.y
    counts = table_of_labels(groups, y).astype(float)
    firsts = np.unique(groups, return_index=True)[1]
    counts[np.arange(len(counts)), y[firsts]] += 0.5  # of labels that are equally frequent, the one that comes first
    return setup.with_targets(counts.argmax(axis=1)[groups])


def _told_apart(setup: Setup) -> Setup:
    x = setup.examples.x
    return setup.with_inputs(np.random.default_rng(0).uniform(x.min(), x.max(), x.shape))


def _changes(facts: Facts) -> list[Change]:
    if groups_of_rows(facts.setup.examples.x).max() == 0:
        return [
            Change(
                "inputs drawn at random between the smallest and the largest of yours, so that no two rows are equal",
                "x = np.random.default_rng(0).uniform(x.min(), x.max(), x.shape)",
                _told_apart,
            )
        ]
    return [
        Change(
            "one label for equal inputs, the most frequent one",
            "(give rows with equal inputs the same label, or inputs that tell them apart)",
            _agreed,
        )
    ]


CONTRADICTING_LABELS = Rule(
    id="contradicting-labels",
    title="Equal inputs have different labels",
    why="A network is a function: equal inputs get equal answers. Where their labels differ, the best answer lies "
    "between the labels, and that is what training finds: [0.5, 0.5] for two labels that are equally frequent. No "
    "setting changes that, and neither does another cost, another output or another way of averaging.",
    advice="Look for what tells the examples apart and make it an input; or correct the labels.",
    evidence=_evidence,
    changes=_changes,
    unfit=lambda setup: "" if setup.classes else "the targets are real numbers.",
    essential=True,
)
