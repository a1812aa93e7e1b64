"""The JAX engine against the reference engine: the same training, step by step."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.engines.jax.engine import JaxEngine
from clearprop.engines.protocol import State
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.layers import input_gradient, mean_weight_gradient, weighted_input
from clearprop.equations.outputs import PAIRS
from clearprop.equations.schedules import SCHEDULES
from clearprop.equations.step import TRUE_RULES, Rules
from clearprop.equations.updates import OPTIMIZERS
from clearprop.network import PRECISIONS

from ..problems import Problem, distance, parameters, problem, trained

SIZES = [37, 19, 5]


def _cases() -> dict[str, dict[str, Any]]:
    """Every pair of cost and output, with every hidden activation, optimizer and schedule among them, and each of the
    other options on and off: a case takes long to compile."""
    hidden, optimizer, schedule = cycle(ACTIVATIONS), cycle(OPTIMIZERS), cycle(SCHEDULES)
    dropout, l2, weighted = cycle([0.0, 0.3, 0.0]), cycle([0.0, 0.01, 0.1, 0.0]), cycle([False, True])
    cases = {}
    for cost, output in PAIRS:
        options: dict[str, Any] = {
            "hidden": next(hidden),
            "optimizer": next(optimizer),
            "schedule": next(schedule),
            "dropout": next(dropout),
            "l2": next(l2),
            "weighted": next(weighted),
        }
        if "identity" in options.values():
            options["learning_rate"] = 0.002  # what nothing squashes grows soon
        cases[" ".join([cost, output, *map(str, list(options.values())[:6])])] = {
            "cost": cost,
            "output": output,
            **options,
        }
    return cases


CASES = _cases()


def test_the_cases_have_every_option() -> None:
    for option, table in (("hidden", ACTIVATIONS), ("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        assert {case[option] for case in CASES.values()} == set(table)
    assert {(case["dropout"] > 0, case["l2"] > 0, case["weighted"]) for case in CASES.values()} == {
        (dropout, l2, weighted) for dropout in (True, False) for l2 in (True, False) for weighted in (True, False)
    }


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_training_goes_as_on_the_reference_engine(case: str, precision: str) -> None:
    assert distance(JaxEngine(), problem(SIZES, seed=2**40 + 5, **CASES[case]), precision) <= 1


@pytest.mark.parametrize("precision", PRECISIONS)
def test_targets_may_be_numbers(precision: str) -> None:
    shares = problem(SIZES, numbers=True, optimizer="adam")
    assert distance(JaxEngine(), shares, precision) <= 1


def cut(given: Problem, steps: int, missing: int) -> Problem:
    """So many steps, of whose last mini-batch some examples are missing."""
    return replace(given, order=given.order[: steps * given.work.batch_size - missing])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_smaller_last_mini_batch_counts_as_it_does_on_the_reference_engine(precision: str) -> None:
    given = problem(SIZES, optimizer="adam", dropout=0.2, weighted=True, l2=0.01)
    for missing in (1, 5, 7):
        assert distance(JaxEngine(), cut(given, 2, missing), precision, steps=2) <= 1


@pytest.mark.parametrize("sizes", [[1, 1], [3, 2], [70, 33, 1]], ids=lambda sizes: "-".join(map(str, sizes)))
def test_any_shape_will_do(sizes: list[int]) -> None:
    output = {"output": "sigmoid", "cost": "binary_cross_entropy"} if sizes[-1] == 1 else {}
    given = problem(sizes, batch_size=7, learning_rate=0.01, **output)
    assert distance(JaxEngine(), given, "float64", steps=20) <= 1


@pytest.mark.parametrize("names", [pair for pair in PAIRS if "cross" in pair[0]], ids=lambda names: "-".join(names))
def test_scores_far_apart_change_nothing(names: tuple[str, str]) -> None:
    far = problem(SIZES, cost=names[0], output=names[1], scale=300.0, learning_rate=1e-6, hidden="leaky_relu")
    assert np.ptp(far.network.step(far.data.x).z[1], axis=1).max() > 1000
    assert distance(JaxEngine(), far, "float64", steps=1) <= 1


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(2, 24), min_size=2, max_size=4),
    hidden=st.sampled_from(sorted(ACTIVATIONS)),
    pair=st.sampled_from(sorted(PAIRS)),
    optimizer=st.sampled_from(["sgd", "momentum", "nesterov"]),
    batch_size=st.integers(1, 12),
    dropout=st.sampled_from([0.0, 0.4]),
    weighted=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
def test_random_networks_take_the_same_steps_in_float32(
    pair: tuple[str, str], sizes: list[int], **options: Any
) -> None:
    assert distance(JaxEngine(), problem(sizes, cost=pair[0], output=pair[1], **options), "float32") <= 1


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(2, 24), min_size=2, max_size=4),
    hidden=st.sampled_from(sorted(ACTIVATIONS)),
    pair=st.sampled_from(sorted(PAIRS)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    batch_size=st.integers(1, 12),
    dropout=st.sampled_from([0.0, 0.4]),
    weighted=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
def test_random_networks_take_the_same_hundred_steps_in_float64(
    pair: tuple[str, str], sizes: list[int], **options: Any
) -> None:
    assert distance(JaxEngine(), problem(sizes, cost=pair[0], output=pair[1], **options), "float64") <= 1


def _bfloat16(array: Any) -> Any:
    return array.astype(ml_dtypes.bfloat16).astype(array.dtype)


def _with_rounded_factors() -> Rules:
    """Backpropagation in float64 with the factors of all products rounded to bfloat16, written out."""
    r = _bfloat16
    true_da = TRUE_RULES.of("da", 1)
    rules = TRUE_RULES.replace("z", lambda s, l: weighted_input(r(s.a[l - 1]), r(s.W[l]), s.b[l]))  # noqa: E741
    rules = rules.replace(
        "da",
        lambda s, l: true_da(s, l) if l == s.layers else input_gradient(r(s.delta[l + 1]), r(s.W[l + 1])),  # noqa: E741
    )
    return rules.replace(
        "dW",
        lambda s, l: mean_weight_gradient(r(s.delta[l]), r(s.a[l - 1])) + s.update.l2 * s.W[l],  # noqa: E741
    )


def test_bfloat16_rounds_the_factors_of_products_and_nothing_else() -> None:
    given = problem(SIZES, hidden="tanh", l2=0.05, learning_rate=0.1)
    given = replace(given, work=replace(given.work, products="bfloat16"))
    start = in_one_row(given.state("float32"))
    ours = in_one_row(trained(JaxEngine(), given, "float32", 3)[1])
    rounded = in_one_row(trained(ReferenceEngine(_with_rounded_factors()), given, "float64", 3)[1])
    plain = in_one_row(trained(ReferenceEngine(), given, "float64", 3)[1])
    assert ours.dtype == np.float32
    # a number halfway between two of bfloat16 may be rounded to the other one; all others are rounded alike
    assert np.linalg.norm(ours - rounded) < 0.1 * np.linalg.norm(plain - rounded)
    assert np.linalg.norm(plain - rounded) > 5e-4 * np.linalg.norm(rounded - start)


def in_one_row(state: State) -> Any:
    return np.concatenate([array.ravel() for array in parameters(state)])
