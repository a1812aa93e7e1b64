"""A small sample of what benchmarks/check_rates.py measures."""

from __future__ import annotations

import pytest

from .random_checks import (
    named_completely,
    pair_of_mistakes,
    right_program,
    wrong_gradients,
    wrong_names,
)

RIGHT, UNKNOWN, PAIRS = 40, 14, 10


@pytest.mark.parametrize("seed", range(RIGHT))
def test_a_right_program_is_not_called_wrong(seed: int) -> None:
    outcome = right_program(seed)
    assert outcome.wrong == [], outcome


@pytest.mark.parametrize("seed", range(UNKNOWN))
def test_what_is_in_no_catalogue_gets_no_name(seed: int) -> None:
    outcome = wrong_gradients(seed)
    assert outcome.names == [], outcome
    assert outcome.wrong, outcome


def test_pairs_of_mistakes_are_named_or_located_and_never_misnamed() -> None:
    outcomes = [outcome for seed in range(3 * PAIRS) if (outcome := pair_of_mistakes(seed)) is not None][:PAIRS]
    assert [wrong_names(outcome) for outcome in outcomes if wrong_names(outcome)] == []
    assert sum(map(named_completely, outcomes)) >= 0.75 * PAIRS, outcomes
