"""A class that is too rare to be answered."""

from __future__ import annotations

from dataclasses import replace

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.looking.answers import MISSED
from clearprop.diagnosing.rule import Evidence, Rule, escaped

RARE = 0.5
"""A class is rare that has less than so much of its even share of the rows."""


def _evidence(facts: Facts) -> Evidence | None:
    assert facts.setup.classes is not None
    shares = facts.data.shares
    rare = [k for k in facts.answers.missed if shares[k] < RARE / len(shares)]
    if not rare:
        return None
    return Evidence(
        "{classes} of {all} classes have {share:.1%} of the rows, and fewer than {missed:.0%} of those are recognised: "
        + escaped(", ".join(str(facts.setup.classes[k]) for k in rare))
        + ".",
        {"missed": MISSED, "classes": len(rare), "all": len(shares), "share": sum(shares[k] for k in rare)},
    )


UNBALANCED_CLASSES = Rule(
    id="unbalanced-classes",
    title="A rare class is hardly ever answered",
    why="The cost is a mean over the examples. Where 95 of 100 belong to one class, always answering it is nearly "
    "right in the mean, and the few others do not pull hard enough. The accuracy looks good and says nothing.",
    advice="Let every class count alike, class_weight='balanced', and look at the accuracy of each class.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "every class counted alike",
            "class_weight='balanced'",
            lambda setup: replace(setup, class_weight="balanced"),
        )
    ],
    unfit=lambda setup: (
        "the targets are real numbers."
        if setup.classes is None
        else "the classes have weights already."
        if setup.class_weight is not None
        else ""
    ),
)
