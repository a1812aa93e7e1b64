"""A diagnosis as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clearprop.diagnosing.diagnosis import Diagnosis
from clearprop.diagnosing.experiment import Experiment
from clearprop.diagnosing.text import headline


def document_of(diagnosis: Diagnosis) -> dict[str, Any]:
    """All of it as what JSON knows."""
    return {
        "title": diagnosis.title,
        "headline": headline(diagnosis),
        "learns": diagnosis.learns,
        "settings are fine": diagnosis.settings_are_fine,
        "symptoms": [asdict(symptom) for symptom in diagnosis.symptoms],
        "causes": [asdict(cause) for cause in diagnosis.causes],
        "cures": [_experiment(cure) for cure in diagnosis.cures],
        "ruled out": [_experiment(experiment) for experiment in diagnosis.ruled_out],
        "undecided": [_experiment(experiment) for experiment in diagnosis.undecided],
        "guesses": [_experiment(guess) for guess in diagnosis.guesses],
        "not checked": list(diagnosis.not_checked),
        "does not apply": diagnosis.unfit,
        "nothing speaks for": list(diagnosis.quiet),
        "remarks": list(diagnosis.remarks),
        "check": diagnosis.check_command,
        "stopped": diagnosis.stopped,
    }


def _experiment(experiment: Experiment) -> dict[str, Any]:
    before, after = experiment.skills
    return {
        "causes": list(experiment.causes),
        "changed": [{"what": change.what, "write": change.write} for change in experiment.changes],
        "seeds": list(experiment.after.seeds),
        "skill before": list(before),
        "skill after": list(after),
        "difference": asdict(experiment.gain),
        "skill of a cure": experiment.goal,
        "proof": experiment.proof.value,
        "verdict": experiment.verdict,
    }
