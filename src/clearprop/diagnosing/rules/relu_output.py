"""relu at the output."""

from __future__ import annotations

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup

OFF = 0.3
"""The share of the outputs that are 0 although the target is not."""


def _evidence(facts: Facts) -> Evidence | None:
    outputs, y = facts.first.outputs, facts.setup.judges.y
    off = (outputs <= 0).all(axis=1) if facts.setup.classes else outputs <= 0
    share = float(off.mean())
    if share < OFF and not facts.diverged:
        return None
    below = 0.0 if facts.setup.classes else float((y < 0).mean())
    return Evidence(
        "relu answers exactly 0 to {share:.0%} of the rows; {below:.0%} of the targets lie below 0.",
        {"share": share, "below": below},
    )


def matching_output(setup: Setup) -> Change:
    """The output and cost that belong to the targets."""
    if setup.classes is None:
        output, cost = "identity", "half_squared_error"
    elif setup.sizes[-1] == 1:
        output, cost = "sigmoid", "binary_cross_entropy"
    else:
        output, cost = "softmax", "cross_entropy"
    return Change(
        f"output {output} with {cost}",
        f"output={output!r}, cost={cost!r}",
        lambda changed: changed.with_output(output, cost),
    )


RELU_OUTPUT = Rule(
    id="relu-output",
    title="relu is the output activation",
    why="relu cannot answer anything below 0, and where its weighted input is below 0 its slope is 0: an output that "
    "is off for an example learns nothing from it, and one that is off for all of them never comes back.",
    advice="softmax with cross-entropy for classes, identity with the half squared error for real numbers.",
    evidence=_evidence,
    changes=lambda facts: [matching_output(facts.setup)],
    unfit=lambda setup: "" if setup.output == "relu" else "the output is not relu.",
)
