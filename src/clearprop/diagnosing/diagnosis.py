"""What a diagnosis says, as data: symptoms, causes that are proven, what was ruled out, what stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clearprop.diagnosing.change import Proof
from clearprop.diagnosing.experiment import Experiment
from clearprop.diagnosing.found import Found


@dataclass(frozen=True, eq=False)
class Symptom:
    """What is wrong to see: a stable id and a sentence with its numbers."""

    id: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Cause:
    """A proven cause: what spoke for it, in words and in the numbers that stand in them, and what to do."""

    id: str
    title: str
    evidence: str
    numbers: dict[str, float]
    advice: str


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Why a training fails.

    `learns` says whether the unchanged training learns what can be learned, None where it was interrupted before that
    was known. `cures` are the experiments that prove causes, the smallest change first: the causes that one names are
    proven. `causes` tells each once. `ruled_out` and `undecided` are the experiments of suspects whose cure did not
    cure, or for whom the runs do not decide; `guesses` those of the user's own suspicions. `not_checked` was not
    reached in time, or not tried once there was a cure, `unfit` does not apply and why, for `quiet` nothing speaks. It
    is shown by `to_text`, `to_html` and `to_json`.
    """

    title: str
    learns: bool | None
    settings_are_fine: bool
    symptoms: tuple[Symptom, ...]
    causes: tuple[Cause, ...]
    cures: tuple[Experiment, ...]
    ruled_out: tuple[Experiment, ...]
    undecided: tuple[Experiment, ...]
    guesses: tuple[Experiment, ...]
    not_checked: tuple[str, ...]
    unfit: dict[str, str]
    quiet: tuple[str, ...]
    remarks: tuple[str, ...]
    check_command: str
    stopped: str
    found: Found

    @property
    def remedies(self) -> tuple[Experiment, ...]:
        """The proofs whose change is a cure: not those that something makes no difference."""
        return tuple(cure for cure in self.cures if cure.proof is not Proof.SAMENESS)

    def proofs_of(self, cause: Cause) -> tuple[Experiment, ...]:
        """The experiments to tell of with a cause: each is told once, with the first of its causes."""
        earlier = {other.id for other in self.causes[: self.causes.index(cause)]}
        return tuple(cure for cure in self.cures if cause.id in cure.causes and not earlier.intersection(cure.causes))

    def to_text(self, width: int = 100) -> str:
        """As plain text."""
        from clearprop.diagnosing.text import text_of

        return text_of(self, width)

    def to_html(self) -> str:
        """As a page that needs no script and fetches nothing, with pictures of before and after."""
        from clearprop.diagnosing.html import page_of

        return page_of(self)

    def to_json(self) -> dict[str, Any]:
        """As what JSON knows."""
        from clearprop.diagnosing.document import document_of

        return document_of(self)

    def _repr_html_(self) -> str:
        from clearprop.diagnosing.html import fragment_of

        return fragment_of(self)

    def __repr__(self) -> str:
        return self.to_text()
