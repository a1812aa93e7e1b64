"""The order of the experiments: the unchanged runs, what can be reached, each suspect alone, then the smallest
combinations.

What is tried is fixed by what was seen, never by a clock; a budget only decides how far down the list it gets.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations, product
from statistics import fmean

from clearprop.diagnosing.change import Change, Proof, changed
from clearprop.diagnosing.experiment import PROVEN, UNDECIDED, Experiment, words
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.found import FAILS, Found, Suspect, fails_on_test
from clearprop.diagnosing.guess import Guess
from clearprop.diagnosing.laboratory import Arm, Laboratory
from clearprop.diagnosing.looking.data import data_facts
from clearprop.diagnosing.outcome import BrokenOffError
from clearprop.diagnosing.reference import reference
from clearprop.diagnosing.rules import RULES
from clearprop.diagnosing.setup import Setup

FEW, MANY = 3, 8
"""Seeds of every arm, and of those that three do not decide."""
UNSTEADY = 0.3
"""Skills that lie further apart than so much need many seeds."""
MOST_COMBINATIONS = 40
"""Combinations of two that are tried."""
ENOUGH = 1 / 12
"""Share of the budget after which nothing more is suspected of a training that is cured."""


class OutOfTimeError(Exception):
    """The budget is used up."""


class Search:
    """Carries the experiments out, one after another; `found` is what they say."""

    def __init__(self, setup: Setup, laboratory: Laboratory, guesses: Sequence[Guess], deadline: float) -> None:
        self.setup, self.laboratory, self.guesses, self.deadline = setup, laboratory, guesses, deadline
        now = time.monotonic()
        self.enough = now + ENOUGH * (deadline - now)
        self.few, self.many = ([setup.settings.seed + number for number in range(count)] for count in (FEW, MANY))
        nothing = Arm(setup, ())
        facts = Facts(setup, data_facts(setup), nothing, nothing)
        self.essential = [
            Suspect(rule, evidence, tuple(rule.changes(facts)))
            for rule in RULES
            if rule.essential and not rule.unfit(setup) and (evidence := rule.evidence(facts))
        ]
        self.found = Found(nothing, nothing, nothing, facts)

    def go(self) -> Found:
        """All of it, or as far as time and patience last."""
        try:
            self._begin()
            self._guesses()
            self._training()
            self._test_rows()
        except OutOfTimeError:
            self.found.stopped = "budget"
        except (KeyboardInterrupt, BrokenOffError):
            self.found.stopped = "interrupted"
        return self.found

    def _begin(self) -> None:
        """The unchanged runs, those with what is essential, and our own settings."""
        self.laboratory.report("the unchanged training, and our own settings on the same data")
        found = self.found
        found.waiting = [rule.id for rule in RULES if not rule.unfit(self.setup)]
        base = changed(self.setup, [suspect.changes[0] for suspect in self.essential])
        setups = [self.setup, reference(base), *([base] if self.essential else [])]
        made = self.laboratory.arms([(setup, None) for setup in setups], self.few)
        found.control = next(made)
        arms = [found.control, *made]
        if any(max(arm.skills) - min(arm.skills) > UNSTEADY for arm in arms):
            self.few = self.many
            arms = list(self.laboratory.arms([(arm.setup, arm) for arm in arms], self.many))
        found.control, ours = arms[:2]
        found.base = arms[-1] if self.essential else found.control
        facts = self._facts(found.base, ours)
        if facts.answers.missed:  # our settings let every class count alike where yours leave one out
            balanced = self.laboratory.arm(replace(ours.setup, class_weight="balanced"), self.few)
            if fmean(balanced.skills) > fmean(ours.skills):
                facts = self._facts(found.base, balanced)
        found.reference, found.facts = facts.reference, facts

    def _facts(self, arm: Arm, ours: Arm) -> Facts:
        return Facts(arm.setup, data_facts(arm.setup), arm, ours)

    def _guesses(self) -> None:
        if not self.guesses:
            return
        waiting = [guess.name for guess in self.guesses]
        if not self.found.learns:
            waiting += [suspect.rule.id for suspect in self._suspects_of_training]
        for guess in self.guesses:
            self._in_time(waiting)
            waiting = waiting[1:]
            self.laboratory.report(f"your guess: {guess.change.what}")
            self.found.guesses.append(self._tried((guess.name,), (guess.change,), self.found.control, self.found.goal))

    def _training(self) -> None:
        found = self.found
        if found.learns:
            return
        found.suspects += self.essential
        changes, causes = self._essential_parts()
        if self.essential:
            whole = Experiment(causes, changes, found.control, found.base, found.goal)
            found.alone |= dict.fromkeys(causes, whole)
            if whole.verdict == PROVEN:
                found.cures.append(whole)
        if fmean(found.base.skills) < found.goal:
            suspects = self._suspects_of_training
            found.suspects += suspects
            self._alone(suspects, found.base)
            if not self._cured:
                self._together([suspect for suspect in suspects if suspect.changes[0].proof is Proof.CURE])

    @cached_property
    def _suspects_of_training(self) -> list[Suspect]:
        return self._suspects(self.found.facts, on_test=False)

    @property
    def _cured(self) -> list[Experiment]:
        """What made the training learn; a proof by sameness names a cause and cures nothing."""
        return [experiment for experiment in self.found.cures if experiment.proof is Proof.CURE]

    def _essential_parts(self) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        return tuple(s.changes[0] for s in self.essential), tuple(s.rule.id for s in self.essential)

    def _test_rows(self) -> None:
        """What is wrong with the test rows alone, once the training is right."""
        found = self.found
        cured = self._cured
        arm = cured[0].after if cured else found.base
        if not fails_on_test(arm):
            return
        suspects = self._suspects(self._facts(arm, found.reference), on_test=True)
        found.suspects += suspects
        self._alone(suspects, arm)

    def _suspects(self, facts: Facts, on_test: bool) -> list[Suspect]:
        """The rules that something speaks for; the others are noted as quiet, or as not fitting the setup."""
        suspects = []
        for rule in RULES:
            if rule.essential:
                continue
            if unfit := rule.unfit(facts.setup):
                self.found.unfit[rule.id] = unfit
            elif evidence := rule.evidence(facts):
                suspect = Suspect(rule, evidence, tuple(rule.changes(facts)))
                if suspect.changes and suspect.on_test == on_test:
                    suspects.append(suspect)
            else:
                self.found.quiet.add(rule.id)
        return suspects

    def _alone(self, suspects: Sequence[Suspect], arm: Arm) -> None:
        """Each suspect alone."""
        waiting = [suspect.rule.id for suspect in suspects]
        for suspect in suspects:
            self._in_time(waiting)
            if not suspect.on_test and self._cured and time.monotonic() > self.enough:
                self.found.passed_over = waiting
                return
            waiting = waiting[1:]
            for change in self._worth_trying(suspect, arm):
                self.laboratory.report(f"{suspect.rule.id}: {change.what}")
                before, goal = self._against(change, arm)
                tried = self.found.alone[suspect.rule.id] = self._tried((suspect.rule.id,), (change,), before, goal)
                if tried.verdict == PROVEN:
                    self.found.cures.append(self._whole(tried))
                    break

    def _worth_trying(self, suspect: Suspect, arm: Arm) -> Iterator[Change]:
        """Of several cures the mildest that reaches the goal with the first seed, or the one that comes nearest; then
        the changes that prove by making no difference."""
        cures = [change for change in suspect.changes if change.proof is not Proof.SAMENESS]
        if len(cures) > 1:
            self.laboratory.report(f"{suspect.rule.id}: how strong a change it needs")
            before, goal = self._against(cures[0], arm)
            once = Arm(before.setup, before.outcomes[:1])
            arms = self.laboratory.arms([(changed(before.setup, [change]), None) for change in cures], once.seeds)
            reached = [
                Experiment((suspect.rule.id,), (change,), once, after, goal).skills[1][0]
                for change, after in zip(cures, arms, strict=True)
            ]
            best = next((place for place, skill in enumerate(reached) if skill >= goal), reached.index(max(reached)))
            cures = [cures[best]]
        yield from cures
        yield from (change for change in suspect.changes if change.proof is Proof.SAMENESS)

    def _against(self, change: Change, arm: Arm) -> tuple[Arm, float]:
        """The arm that a change is set against, and what it must reach."""
        if change.proof is Proof.SAMENESS:
            return self.found.reference, 0.0
        return arm, (FAILS * fmean(arm.skills) if change.proof is Proof.TEST else self.found.goal)

    def _whole(self, tried: Experiment) -> Experiment:
        """The same cure told from the unchanged runs on, with what is essential."""
        changes, causes = self._essential_parts()
        if not changes or tried.proof is not Proof.CURE:
            return tried
        before = self.laboratory.arm(self.setup, tried.after.seeds, self.found.control)
        return Experiment(causes + tried.causes, changes + tried.changes, before, tried.after, tried.goal)

    def _tried(self, causes: tuple[str, ...], changes: tuple[Change, ...], before: Arm, goal: float) -> Experiment:
        """An experiment on few seeds, and on many where those do not decide; another cure beside one need not be."""
        setup = changed(before.setup, changes)
        experiment = self._on(self.few, Experiment(causes, changes, before, Arm(setup, ()), goal))
        needless = experiment.proof is Proof.CURE and self._cured
        if experiment.verdict == UNDECIDED and not experiment.hopeless and not needless:
            experiment = self._on(self.many, experiment)
        return experiment

    def _on(self, seeds: Sequence[int], experiment: Experiment) -> Experiment:
        """The experiment on these seeds."""
        before, after = self.laboratory.arms(
            [(experiment.before.setup, experiment.before), (experiment.after.setup, experiment.after)], seeds
        )
        return Experiment(experiment.causes, experiment.changes, before, after, experiment.goal)

    def _together(self, suspects: Sequence[Suspect]) -> None:
        """Two suspects at once; if no two cure, all of them, and then without each that is not needed."""
        for pair in self._pairs(suspects):
            if self._cures(pair):
                return
        if len(suspects) > 2:
            self._all_but_the_needless(suspects)

    def _pairs(self, suspects: Sequence[Suspect]) -> Iterator[dict[str, Change]]:
        """Combinations of two changes: mild ones first, then those that helped most alone."""

        def order(pair: tuple[tuple[int, Suspect, Change], ...]) -> tuple[int, float]:
            helped = sum(fmean(self.found.alone[suspect.rule.id].skills[1]) for _, suspect, _ in pair)
            return sum(place for place, _, _ in pair), -helped

        pairs = [
            pair
            for one, other in combinations(suspects, 2)
            for pair in product(*([(place, s, change) for place, change in enumerate(s.changes)] for s in (one, other)))
        ]
        for pair in sorted(pairs, key=order)[:MOST_COMBINATIONS]:
            yield {suspect.rule.id: change for _, suspect, change in pair}

    def _cures(self, combination: dict[str, Change]) -> bool:
        """Whether the combination is proven to cure; one seed tells whether it is worth the others."""
        changes, causes = tuple(combination.values()), tuple(combination)
        self._in_time([" with ".join(causes)])
        self.laboratory.report(words(changes))
        base, goal = self.found.base, self.found.goal
        first = self.laboratory.arm(changed(base.setup, changes), self.few[:1])
        if first.skills[0] < goal:
            return False
        tried = self._tried(causes, changes, base, goal)
        if tried.verdict == PROVEN:
            self.found.cures.append(self._whole(tried))
        return tried.verdict == PROVEN

    def _all_but_the_needless(self, suspects: Sequence[Suspect]) -> None:
        left = {s.rule.id: self.found.alone[s.rule.id].changes[0] for s in suspects}
        if not self._reaches(left):
            return
        for cause in list(left):
            fewer = {name: change for name, change in left.items() if name != cause}
            if self._reaches(fewer):
                left = fewer
        self._cures(left)

    def _reaches(self, combination: dict[str, Change]) -> bool:
        """Whether one run with the combination reaches the goal."""
        self._in_time([" with ".join(combination)])
        setup = changed(self.found.base.setup, tuple(combination.values()))
        return self.laboratory.arm(setup, self.few[:1]).skills[0] >= self.found.goal

    def _in_time(self, waiting: Sequence[str]) -> None:
        """OutOfTimeError, with what is then not reached, when the budget is used up."""
        self.found.waiting = list(waiting)
        if time.monotonic() > self.deadline:
            raise OutOfTimeError
