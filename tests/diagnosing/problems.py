"""The sick and healthy trainings of the benchmark, and small ones of the tests' own."""

from __future__ import annotations

import sys
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

import clearprop as cp
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.looking.data import data_facts
from clearprop.diagnosing.outcome import Outcome, run
from clearprop.diagnosing.reference import reference
from clearprop.diagnosing.rules import RULES
from clearprop.diagnosing.setup import Setup

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from sick.cases import Case, cases
from sick.setups import setup_of

RULE = {rule.id: rule for rule in RULES}


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(cases())


def case(name: str) -> Case:
    return next(case for case in all_cases() if case.id == name)


def once(setup: Setup) -> Arm:
    """An arm of a single run."""
    return Arm(setup, (run(setup, 0, lambda: False),))


class MadeWhenAsked(Arm):
    """An arm of a single run, which is made when somebody looks at it."""

    def __init__(self, setup: Setup) -> None:
        object.__setattr__(self, "setup", setup)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:  # type: ignore[override]
        return once(self.setup).outcomes


def facts_of(setup: Setup) -> Facts:
    """What the rules see of a setup, from one run of it and one of our own settings."""
    return Facts(setup, data_facts(setup), MadeWhenAsked(setup), MadeWhenAsked(reference(setup)))


def setup(**arguments: Any) -> Setup:
    """The setup of a small training, with what is changed."""
    x = np.random.default_rng(0).standard_normal((40, 3))
    small = {"x": x, "y": (x[:, 0] > 0).astype(int), "layers": [3, 4, 2], "learning_rate": 0.05, "epochs": 20}
    return setup_of({**small, **arguments})


def opposing(**arguments: Any) -> cp.Diagnosis:
    """The question behind the project: 784-16-16-2, two examples labelled [1, 0] and [0, 1]."""
    return cp.diagnose(**{**case("healthy-two_pictures-plain").arguments, **arguments})
