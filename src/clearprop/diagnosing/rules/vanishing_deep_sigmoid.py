"""Errors that vanish on their way through many layers."""

from __future__ import annotations

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.looking.layers import STEEPEST
from clearprop.diagnosing.rule import Evidence, Rule

DEEP = 3
"""Hidden layers from which on it is asked."""
VANISHED = 0.1
"""The error of the first layer beside that of the last hidden one."""


def _evidence(facts: Facts) -> Evidence | None:
    first, last = facts.start[0], facts.start[-2]
    if not last.delta or first.delta / last.delta > VANISHED:
        return None
    return Evidence(
        "On the way back from hidden layer {last} to layer 1 the error shrinks to {ratio:.1e} of its size.",
        {"last": last.layer, "ratio": first.delta / last.delta},
    )


VANISHING_DEEP_SIGMOID = Rule(
    id="vanishing-deep-sigmoid",
    title="The error vanishes in many sigmoid layers",
    why="On its way back the error is multiplied in each layer by the slope of the activation, which is at most 1/4 "
    "for a sigmoid. After a few layers next to nothing is left, and the first layers stay as they were drawn.",
    advice="relu in the hidden layers, or fewer of them.",
    evidence=_evidence,
    changes=lambda _: [
        Change("hidden activation relu", "hidden='relu'", lambda setup: setup.redrawn().with_hidden("relu")),
        Change(
            "one hidden layer",
            "layers=[inputs, hidden, outputs]",
            lambda setup: setup.with_layers(setup.sizes[1:2], setup.hidden[0]),
        ),
    ],
    unfit=lambda setup: (
        f"there are fewer than {DEEP} hidden layers of sigmoid or tanh."
        if sum(name in STEEPEST for name in setup.hidden) < DEEP
        else ""
    ),
)
