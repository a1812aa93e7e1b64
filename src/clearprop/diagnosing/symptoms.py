"""What is wrong to see: of the inputs, of the network before its first step, of the unchanged runs."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.diagnosis import Symptom
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.found import Found
from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.looking.answers import AnswerFacts, answer_facts
from clearprop.diagnosing.looking.blow_up import birth
from clearprop.diagnosing.outcome import DIVERGED
from clearprop.diagnosing.setup import Setup

CHANCE = 0.1
"""Skill below which a network knows next to nothing."""
MANY = 0.5
"""The share of a layer's neurons from which on their state is a symptom."""
MOST_OUTPUTS = 10
"""Outputs of which the mean answer is shown."""


def symptoms_of(found: Found) -> Iterator[Symptom]:
    """All that was seen so far. A training that learns is not called sick for how it starts."""
    control = found.control
    if not found.learns:
        yield from _of_the_inputs(control.setup)
        yield from _of_the_start(found.facts)
    if control.outcomes:
        yield from _of_the_runs(control, failing=not found.learns)
    if found.learns is False:
        skill, attainable = fmean(control.skills), found.attainable
        text = f"The training reaches a skill of {skill:.2f}; our own settings reach {attainable:.2f} on the same data."
        yield Symptom("no-skill" if skill < CHANCE else "little-skill", text)
    if found.fails_on_test:
        yield Symptom(
            "fails-on-test-rows",
            f"The test rows are answered with a skill of {fmean(control.test_skills):.2f}, rows that were held back "
            f"from the training data with {fmean(control.skills):.2f}.",
        )


def _of_the_inputs(setup: Setup) -> Iterator[Symptom]:
    x = setup.examples.x
    if missing := int(np.sum(~np.isfinite(x))):
        yield Symptom("missing-inputs", f"{missing:,} of {x.size:,} inputs are NaN or infinite.")


def _of_the_start(facts: Facts) -> Iterator[Symptom]:
    for layer in facts.hidden_at_start:
        for name, share, state in (
            ("dead-neurons", layer.dead, "are off for every example"),
            ("saturated-neurons", layer.saturated, "are saturated"),
            ("equal-neurons", layer.alike, "have the weights of another one"),
        ):
            if share >= MANY:
                yield Symptom(name, f"At the start, {share:.0%} of the neurons of hidden layer {layer.layer} {state}.")
    if facts.setup.start is not None and facts.setup.trainable:
        outputs = facts.setup.start.probabilities(facts.setup.judges.x)
        yield from _of_answers(facts.setup, outputs, "At the start, every example", "-at-the-start")


def _of_the_runs(control: Arm, *, failing: bool) -> Iterator[Symptom]:
    diverged = sum(outcome.stopped == DIVERGED for outcome in control.outcomes)
    if diverged:
        yield Symptom(
            "not-finite", f"The cost is not finite in {diverged} of {len(control.outcomes)} runs{_born(control)}."
        )
    if failing:
        yield from _of_answers(control.setup, control.outcomes[0].outputs, "Every example")


def _of_answers(setup: Setup, outputs: FloatArray, every: str, when: str = "") -> Iterator[Symptom]:
    answers = answer_facts(setup, outputs)
    if answers.constant:
        sentence = f"{every} gets the same answer, {answers.constant}: [{_shown(setup, answers)}]."
        yield Symptom(f"constant-answer{when}", sentence)
    elif setup.classes and answers.one_class is not None:
        name = setup.classes[answers.one_class]
        yield Symptom(f"one-class{when}", f"{every} is answered with the same class, {name}.")


def _shown(setup: Setup, answers: AnswerFacts) -> str:
    """The mean answer, each number with the name of its class where classes have names."""
    numbers = [f"{value:.3f}" for value in answers.mean[:MOST_OUTPUTS]]
    if setup.classes is None or len(answers.mean) == 1 or setup.classes == tuple(range(len(setup.classes))):
        return ", ".join(numbers)
    return ", ".join(f"{name} {number}" for name, number in zip(setup.classes, numbers, strict=False))


def _born(control: Arm) -> str:
    """Where the first number that no longer fits was born."""
    if control.setup.always_one:
        return ""
    place = birth(control.setup, control.outcomes[0].seed)
    if place is None:
        return ""
    where = f" of layer {place.layer}" if place.layer else ""
    return f": the first number that no longer fits is born in update {place.update}, in the {place.quantity}{where}"
