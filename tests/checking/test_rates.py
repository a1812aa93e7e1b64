"""A small sample of what benchmarks/check_rates.py measures."""

from __future__ import annotations

import pytest

from clearprop import Network

from .random_checks import (
    named_completely,
    pair_of_mistakes,
    right_program,
    with_mistakes,
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


CLASSIFIER = Network.initialize([5, 2, 8], hidden="sigmoid", seed=0)
CANCELS = "d(C, a[l, k]) = sum(j, delta[l + 1, j])"
"""What is wrong with a hidden error, and is 0 beneath a softmax."""


def test_what_cancels_is_told_beside_what_is_left_out() -> None:
    outcome = with_mistakes(CLASSIFIER, [(1, CANCELS), (2, "d(C_mean, b[l, j]) = delta[l, 0, j]")])
    assert named_completely(outcome), outcome
    assert wrong_names(outcome) == []


def test_gradients_of_nothing_are_called_left_out_first() -> None:
    outcome = with_mistakes(CLASSIFIER, [(1, CANCELS)])
    assert [(each.id, each.also) for each in outcome.verdict.mistakes] == [
        ("bias-not-updated", ("update-wrong-variable", "delta-wrong-source"))
    ]


def test_a_mistake_on_the_way_forward_that_gives_the_same_is_told_as_well() -> None:
    network = Network.initialize([4, 3], output="sigmoid", cost="cross_entropy", seed=0)
    done = [
        (1, "d(C_mean, b[l, j]) = sum(i, sum(j, delta[l, i, j])) / (n * N)"),
        (1, "a[l, j] = 1 / (1 + exp(z[l, j]))"),
    ]
    outcome = with_mistakes(network, done)
    assert named_completely(outcome), outcome


def test_pairs_of_mistakes_are_named_or_located_and_never_misnamed() -> None:
    outcomes = [outcome for seed in range(3 * PAIRS) if (outcome := pair_of_mistakes(seed)) is not None][:PAIRS]
    assert [wrong_names(outcome) for outcome in outcomes if wrong_names(outcome)] == []
    assert sum(map(named_completely, outcomes)) >= 0.75 * PAIRS, outcomes
