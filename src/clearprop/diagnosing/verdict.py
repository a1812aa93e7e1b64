"""From what the experiments found to what is said."""

from __future__ import annotations

from statistics import fmean

from clearprop.diagnosing.diagnosis import Cause, Diagnosis
from clearprop.diagnosing.experiment import REFUTED, Experiment
from clearprop.diagnosing.found import Found, Suspect
from clearprop.diagnosing.guess import AVERAGING
from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.outcome import skill
from clearprop.diagnosing.setup import Setup
from clearprop.diagnosing.symptoms import symptoms_of


def diagnosis_of(found: Found) -> Diagnosis:
    """The diagnosis."""
    proven = {cause for cure in found.cures for cause in cure.causes}
    others = [experiment for cause, experiment in found.alone.items() if cause not in proven]
    fine = found.learns is True and not found.fails_on_test
    return Diagnosis(
        title=_title(found.control),
        learns=found.learns,
        settings_are_fine=fine,
        symptoms=tuple(symptoms_of(found)),
        causes=tuple(_cause(suspect) for suspect in found.suspects if suspect.rule.id in proven),
        cures=tuple(sorted(found.cures, key=_size_and_shortfall)),
        ruled_out=tuple(experiment for experiment in others if experiment.verdict == REFUTED),
        undecided=tuple(experiment for experiment in others if experiment.verdict != REFUTED),
        guesses=tuple(found.guesses),
        not_checked=(*found.passed_over, *(found.waiting if found.stopped else ())),
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


def _remarks(found: Found) -> list[str]:
    """What is worth knowing, and no cause."""
    data, setup = found.facts.data, found.control.setup
    remarks = []
    if data.constant_columns:
        remarks.append(f"{data.constant_columns:,} of {data.width:,} input columns never change, and teach nothing.")
    if data.duplicate_columns:
        remarks.append(f"Of {data.width:,} input columns, {data.duplicate_columns:,} only repeat others.")
    if setup.classes and data.contradicting.mean() > 0 and data.best_accuracy < 1:
        remarks.append(
            f"{int(data.contradicting.sum()):,} rows have the same inputs as a row with another label; nobody can "
            f"answer more than {data.best_accuracy:.1%} of the rows right."
        )
    if setup.start is not None and setup.trainable:
        reached = skill(setup, setup.start.probabilities(setup.judges.x), setup.judges.y)
        remarks.append(f"The network that was given has a skill of {reached:.2f} before the first step.")
    if setup.shortened < 1:
        remarks.append(f"Each run was shortened to {setup.shortened:.0%} of your updates, the unchanged one too.")
    if found.passed_over:
        remarks.append("A cure is proven: the suspects that are not checked are tried too if the budget is larger.")
    guessed = any(AVERAGING in guess.causes for guess in found.guesses)
    unexplained = not found.learns and not found.cures
    if found.facts.start and (guessed or unexplained):  # they cancel in every training: alone it means nothing
        shares = ", ".join(f"{layer.cancels:.0%}" for layer in found.facts.start)
        told = f"At the start, of the gradients of single examples {shares} (layer by layer) cancel in their mean."
        remarks.append(told if guessed else f"{told} Whether that does any harm is an experiment: suspect averaging.")
    return remarks


def check_command(setup: Setup) -> str:
    """What to type to have code of one's own checked with this network."""
    layers, activations = ",".join(map(str, setup.sizes)), ",".join((*setup.hidden, setup.output))
    return (
        f"clearprop check your_file.py:your_function --layers {layers} --activations {activations} --cost {setup.cost}"
    )
