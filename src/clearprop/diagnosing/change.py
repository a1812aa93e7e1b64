"""A change: one thing of a setup made otherwise, in words, as code to write, and as a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from clearprop.diagnosing.setup import Setup


class Proof(Enum):
    """What a change must show in an experiment.

    CURE: with it the training learns. TEST: with it the test rows are answered as well as the judging rows. SAMENESS:
    it destroys what is said to be missing, and nothing gets worse.
    """

    CURE = "cure"
    TEST = "test"
    SAMENESS = "sameness"


@dataclass(frozen=True)
class Change:
    """`what` says what is changed ("the learning rate divided by 10"), `write` what a user writes for it."""

    what: str
    write: str
    apply: Callable[[Setup], Setup]
    proof: Proof = Proof.CURE


DRAWN_AS_USUAL = Change(
    "weights drawn around 0 with a spread of about 1/√n_in", "initialization='auto'", lambda setup: setup.redrawn()
)


def changed(setup: Setup, changes: Sequence[Change]) -> Setup:
    """The setup after all of the changes, in their order."""
    for change in changes:
        setup = change.apply(setup)
    return setup


def set_to(what: str, **settings: float | int | str | bool | None) -> Change:
    """The change of settings of a training."""
    write = ", ".join(f"{name}={_written(value)}" for name, value in settings.items())
    return Change(what, write, lambda setup: setup.with_settings(**settings))


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)
