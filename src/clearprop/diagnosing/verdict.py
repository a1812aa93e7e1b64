"""From what the experiments found to what is said."""

from __future__ import annotations

from statistics import fmean

from clearprop.diagnosing.diagnosis import Cause, Diagnosis, Symptom
from clearprop.diagnosing.experiment import REFUTED, Experiment
from clearprop.diagnosing.found import Found, Suspect
from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.looking.answers import answer_facts
from clearprop.diagnosing.looking.blow_up import birth
from clearprop.diagnosing.outcome import DIVERGED
from clearprop.diagnosing.setup import Setup

CHANCE = 0.1
"""Skill below which a network knows next to nothing."""


def diagnosis_of(found: Found) -> Diagnosis:
    """The diagnosis."""
    proven = {cause for cure in found.cures for cause in cure.causes}
    others = [experiment for cause, experiment in found.alone.items() if cause not in proven]
    fine = not found.fails and not found.fails_on_test
    return Diagnosis(
        title=_title(found.control),
        learns=not found.fails,
        settings_are_fine=fine,
        symptoms=tuple(_symptoms(found)),
        causes=tuple(_cause(suspect) for suspect in found.suspects if suspect.rule.id in proven),
        cures=tuple(sorted(found.cures, key=_size_and_shortfall)),
        ruled_out=tuple(experiment for experiment in others if experiment.verdict == REFUTED),
        undecided=tuple(experiment for experiment in others if experiment.verdict != REFUTED),
        guesses=tuple(found.guesses),
        not_checked=tuple(found.waiting) if found.stopped else (),
        unfit=dict(found.unfit),
        quiet=tuple(sorted(found.quiet)),
        remarks=tuple(_remarks(found)),
        check_command=check_command(found.control.setup),
        stopped=found.stopped,
        found=found,
    )


def _cause(suspect: Suspect) -> Cause:
    rule, evidence = suspect.rule, suspect.evidence
    return Cause(rule.id, rule.title, str(evidence), dict(evidence.numbers), rule.advice)


def _size_and_shortfall(cure: Experiment) -> tuple[int, float]:
    """Few changes come before many, and of as many those that reach clearly more."""
    return len(cure.changes), -round(fmean(cure.skills[1]), 1)


def _title(control: Arm) -> str:
    setup = control.setup
    shape = "-".join(map(str, setup.sizes))
    activations = ", ".join((*setup.hidden, setup.output))
    settings = setup.settings
    return (
        f"{shape} ({activations}), {setup.cost}, {settings.optimizer} with learning rate {settings.learning_rate:g}, "
        f"on {len(setup.learned):,} rows"
    )


def _symptoms(found: Found) -> list[Symptom]:
    """What is wrong to see in the unchanged runs."""
    symptoms, control = [], found.control
    diverged = sum(outcome.stopped == DIVERGED for outcome in control.outcomes)
    if diverged:
        symptoms.append(
            Symptom(
                "not-finite", f"The cost is not finite in {diverged} of {len(control.outcomes)} runs{_born(control)}."
            )
        )
    answers = answer_facts(control.setup, control.outcomes[0])
    if found.fails and answers.constant:
        shown = ", ".join(f"{value:.3f}" for value in answers.mean[:10])
        symptoms.append(
            Symptom("constant-answer", f"Every example gets the same answer, {answers.constant}: [{shown}].")
        )
    elif found.fails and answers.one_class:
        symptoms.append(Symptom("one-class", "Every example is answered with the same class."))
    if found.fails:
        skill, attainable = fmean(control.skills), found.attainable
        text = f"The training reaches a skill of {skill:.2f}; our own settings reach {attainable:.2f} on the same data."
        symptoms.append(Symptom("no-skill" if skill < CHANCE else "little-skill", text))
    if found.fails_on_test:
        symptoms.append(
            Symptom(
                "fails-on-test-rows",
                f"The test rows are answered with a skill of {fmean(control.test_skills):.2f}, rows that were held "
                f"back from the training data with {fmean(control.skills):.2f}.",
            )
        )
    return symptoms


def _born(control: Arm) -> str:
    """Where the first number that no longer fits was born."""
    if control.setup.always_one:
        return ""
    place = birth(control.setup, control.outcomes[0].seed)
    if place is None:
        return ""
    where = f" of layer {place.layer}" if place.layer else ""
    return f": the first number that no longer fits is born in update {place.update}, in the {place.quantity}{where}"


def _remarks(found: Found) -> list[str]:
    """What is worth knowing, and no cause."""
    data, setup = found.facts.data, found.control.setup
    remarks = []
    if data.constant_columns:
        remarks.append(f"{data.constant_columns:,} of {data.width:,} input columns never change, and teach nothing.")
    if data.duplicate_columns:
        remarks.append(f"{data.duplicate_columns:,} input columns are copies of others.")
    if setup.classes and data.contradicting.mean() > 0 and data.best_accuracy < 1:
        remarks.append(
            f"{int(data.contradicting.sum()):,} rows have the same inputs as a row with another label; nobody can "
            f"answer more than {data.best_accuracy:.1%} of the rows right."
        )
    if setup.shortened < 1:
        remarks.append(f"Each run was shortened to {setup.shortened:.0%} of your updates, the unchanged one too.")
    if found.facts.start:
        shares = ", ".join(f"{layer.cancels:.0%}" for layer in found.facts.start)
        remarks.append(
            f"At the start, of the gradients of single examples {shares} (layer by layer) cancel in their mean. "
            f"Whether that does any harm is an experiment: suspect averaging."
        )
    return remarks


def check_command(setup: Setup) -> str:
    """What to type to have code of one's own checked with this network."""
    layers, activations = ",".join(map(str, setup.sizes)), ",".join((*setup.hidden, setup.output))
    return (
        f"clearprop check your_file.py:your_function --layers {layers} --activations {activations} --cost {setup.cost}"
    )
