"""What the experiments have found so far, and what it says about the training."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

from clearprop.diagnosing.change import Change, Proof
from clearprop.diagnosing.experiment import CURED, Experiment
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.rule import Evidence, Rule

FAILS = 0.8
"""A training fails that reaches less than so much of the attainable skill."""
CLEARLY = 0.1
"""A smaller difference in skill between test rows and held-back rows is none."""
UNLEARNABLE = 0.15
"""Where our own settings reach less skill, the data says nothing about rows that were held back."""
LEARNED = 0.5
"""The skill that is wanted of a cure where nobody knows what can be reached."""


@dataclass(frozen=True)
class Suspect:
    """A rule with what speaks for it and the changes that would prove it, the mildest first."""

    rule: Rule
    evidence: Evidence
    changes: tuple[Change, ...]

    @property
    def on_test(self) -> bool:
        """Whether it is about the test rows."""
        return self.changes[0].proof is Proof.TEST


@dataclass
class Found:
    """What is known so far; an arm without outcomes has not been made.

    `base` are the runs with the changes without which nothing can be learned, on which the other experiments build (the
    unchanged runs where there are none). `alone` holds the experiment of each suspect, the best
    of its changes; `cures` the experiments that prove causes, each against the unchanged runs; `passed_over` what was
    not tried because the training was cured; `waiting` what was not reached; `stopped` is "budget" or "interrupted"
    where something was not.
    """

    control: Arm
    base: Arm
    reference: Arm
    facts: Facts
    suspects: list[Suspect] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)
    alone: dict[str, Experiment] = field(default_factory=dict)
    cures: list[Experiment] = field(default_factory=list)
    guesses: list[Experiment] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def attainable(self) -> float:
        """The skill that can be reached on this data: by our own settings, or by the training itself."""
        return max(fmean(self.reference.skills), fmean(self.control.skills))

    @property
    def goal(self) -> float:
        """The skill from which on a run is cured."""
        return CURED * (LEARNED if self.unlearnable else self.attainable)

    @property
    def unlearnable(self) -> bool:
        """Whether not even our own settings learn anything that holds for other rows."""
        return self.attainable < UNLEARNABLE

    @property
    def learns(self) -> bool | None:
        """Whether the unchanged training reaches what can be reached; None where that is not known yet."""
        if not self.reference.outcomes:
            return None
        return fmean(self.control.skills) >= FAILS * self.attainable and not self.unlearnable

    @property
    def fails_on_test(self) -> bool:
        """Whether the unchanged training answers the test rows worse than the rows that were held back."""
        return fails_on_test(self.control)


def fails_on_test(arm: Arm) -> bool:
    """Whether an arm answers the test rows clearly worse than rows that were held back, where there are such rows."""
    if arm.setup.test is None or arm.setup.judged is None or not arm.outcomes:
        return False
    held_back, tested = fmean(arm.skills), fmean(arm.test_skills)
    return tested < FAILS * held_back and held_back - tested > CLEARLY
