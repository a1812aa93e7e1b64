"""Labels that do not belong to their rows."""

from __future__ import annotations

import numpy as np

from clearprop.diagnosing.change import Change, Proof
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

UNKNOWN = 0.15
"""The skill on unseen rows below which nothing of the labels is known."""


def _evidence(facts: Facts) -> Evidence | None:
    if facts.reference_skill >= UNKNOWN:
        return None
    return Evidence(
        "Our own settings learn the training rows with a skill of {learned:.2f}, but answer unseen rows with a skill "
        "of {unseen:.2f}: what they learned says nothing about other rows.",
        {
            "learned": float(np.mean([o.learned_skill for o in facts.reference.outcomes])),
            "unseen": facts.reference_skill,
        },
    )


def _shuffled(setup: Setup) -> Setup:
    return setup.with_targets(np.random.default_rng(0).permutation(setup.examples.y))


LABELS_MISALIGNED = Rule(
    id="labels-misaligned",
    title="Nothing connects the labels with their rows",
    why="When x and y were shuffled, sorted or filtered apart from each other, each row has the label of some other "
    "row. A large network learns the training rows by heart all the same, but what it learns holds for no other row. "
    "Inputs that hold nothing about the labels look just the same, and only a look at the rows tells the two apart.",
    advice="Shuffle and filter x and y with one and the same list of row numbers. Look at a few rows with their "
    "labels.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "each row with the label of the row before",
            "y = np.roll(y, 1)",
            lambda setup: setup.with_targets(setup.beside[0]),
        ),
        Change(
            "each row with the label of the row after",
            "y = np.roll(y, -1)",
            lambda setup: setup.with_targets(setup.beside[1]),
        ),
        Change(
            "the labels shuffled at random", "y = np.random.default_rng(0).permutation(y)", _shuffled, Proof.SAMENESS
        ),
    ],
    unfit=lambda setup: "" if setup.judged is not None else "there are too few rows to hold some back.",
)
