"""An experiment: two arms that differ in one thing or a few, on the same seeds, and what their difference says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from clearprop.diagnosing.change import Change, Proof
from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.statistics import Interval, difference

PROVEN, REFUTED, UNDECIDED = "proven", "refuted", "undecided"

CURED = 0.9
"""The share of the attainable skill from which on a run counts as cured."""
SAME = 0.2
"""A difference in skill that counts as none; a hundred judging rows tell no smaller one from chance."""


@dataclass(frozen=True, eq=False)
class Experiment:
    """`before` is the arm without the changes, `after` the one with them; `goal` the skill that a cure must reach."""

    causes: tuple[str, ...]
    changes: tuple[Change, ...]
    before: Arm
    after: Arm
    goal: float

    @property
    def proof(self) -> Proof:
        return self.changes[0].proof

    @property
    def skills(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The skills of both arms, seed by seed."""
        if self.proof is Proof.TEST:
            return self.before.test_skills, self.after.test_skills
        return self.before.skills, self.after.skills

    @property
    def gain(self) -> Interval:
        """The difference in skill that the changes make."""
        return difference(*self.skills)

    @property
    def verdict(self) -> str:
        """Proven or refuted only by an interval."""
        gain = self.gain
        if self.proof is Proof.SAMENESS:
            return PROVEN if gain.low > -SAME and gain.high < SAME else REFUTED if gain.high < 0 else UNDECIDED
        before, after = self.skills
        if gain.low > 0 and fmean(after) >= self.goal:
            return PROVEN
        return REFUTED if gain.high < self.goal - fmean(before) else UNDECIDED

    @property
    def hopeless(self) -> bool:
        """Whether no single run with the changes came near the goal, so that more seeds would be wasted."""
        return self.proof is not Proof.SAMENESS and max(self.skills[1]) < self.goal


def told(experiment: Experiment) -> str:
    """The numbers of an experiment in one sentence."""
    before, after = map(_mean, experiment.skills)
    gain = experiment.gain
    whose = "of our own settings, " if experiment.proof is Proof.SAMENESS else ""
    return (
        f"{whose}skill {before} → {after} with {words(experiment.changes)}: a difference of {gain.mean:.2f} "
        f"(95 % interval {gain.low:.2f} to {gain.high:.2f}, {len(experiment.after.seeds)} seeds)"
    )


def words(changes: Sequence[Change]) -> str:
    """What is changed, in words."""
    return " and ".join(change.what for change in changes)


def _mean(skills: Sequence[float]) -> str:
    return f"{fmean(skills):.2f}"
