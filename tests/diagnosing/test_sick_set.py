"""The public set of sick and healthy trainings is as wide as it is said to be."""

from __future__ import annotations

from clearprop.diagnosing.rules import RULES

from .problems import all_cases

IDS = {rule.id for rule in RULES}
SINGLE = [case for case in all_cases() if len(case.causes) == 1]
PAIRS = [case for case in all_cases() if len(case.causes) == 2]
HEALTHY = [case for case in all_cases() if not case.causes]


def test_every_cause_is_there_alone_on_three_data_sets_and_shapes() -> None:
    for cause in IDS:
        same = [case for case in SINGLE if case.causes == (cause,)]
        assert len({case.data for case in same}) >= 3, cause
        assert len({case.shape for case in same}) >= 3, cause


def test_every_cause_is_there_beside_another_one_in_different_pairs() -> None:
    assert {cause for case in PAIRS for cause in case.causes} == IDS
    assert len(PAIRS) == len({frozenset(case.causes) for case in PAIRS}) >= 24


def test_healthy_trainings_differ() -> None:
    assert len(HEALTHY) >= 150
    for name in ("hidden", "optimizer", "batch_size", "schedule", "learning_rate"):
        assert len({str(case.arguments.get(name)) for case in HEALTHY}) >= 4, name
    assert len({case.shape for case in HEALTHY}) >= 60
    assert len({case.data for case in HEALTHY}) >= 14


def test_every_second_case_of_a_cause_and_of_each_kind_is_held_back() -> None:
    for kind in (*([case for case in SINGLE if case.causes == (cause,)] for cause in IDS), PAIRS, HEALTHY):
        assert sum(case.held_back for case in kind) == len(kind) // 2


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.id for case in all_cases()}) == len(all_cases())
