"""The CPU engine against the reference engine: the same training, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS
from clearprop.equations.schedules import SCHEDULES
from clearprop.equations.updates import OPTIMIZERS
from clearprop.network import PRECISIONS

from ..problems import problem
from .problems import distance, rows_together

SIZES = [37, 19, 11, 5]
CASES: dict[str, dict[str, Any]] = {
    **{f"hidden {name}": {"hidden": name} for name in ACTIVATIONS},
    **{f"{cost} with {output}": {"cost": cost, "output": output} for cost, output in PAIRS},
    **{optimizer: {"optimizer": optimizer, "l2": 0.01} for optimizer in OPTIMIZERS},
    **{schedule: {"schedule": schedule} for schedule in SCHEDULES},
    "dropout": {"dropout": 0.3, "seed": 2**40 + 5},
    "weights": {"weighted": True, "optimizer": "adam"},
    "numbers": {"numbers": True},
    "real numbers": {"numbers": True, "output": "identity", "cost": "half_squared_error"},
    "everything": {"optimizer": "adamw", "dropout": 0.2, "l2": 0.1, "weighted": True, "schedule": "cosine"},
}


@pytest.mark.parametrize(("precision", "workers"), [("float32", 1), ("float32", 3), ("float64", 2)])
@pytest.mark.parametrize("case", CASES)
def test_a_training_goes_as_on_the_reference_engine(case: str, precision: str, workers: int) -> None:
    assert distance(problem(SIZES, **CASES[case]), precision, workers) <= 1


@pytest.mark.parametrize(("precision", "workers"), [("float32", 1), ("float32", 3), ("float64", 2)])
@pytest.mark.parametrize("case", [*CASES, "a last smaller mini-batch"])
def test_a_mini_batch_that_is_passed_in_parts_moves_parameters_once(case: str, precision: str, workers: int) -> None:
    training = problem(SIZES, **CASES.get(case, {}))
    if case not in CASES:
        training = replace(training, order=training.order[: -training.work.batch_size + 5])
    with rows_together(3):
        assert distance(training, precision, workers, steps=None if case in CASES else 100) <= 1


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    "sizes",
    [[3, 2], [1, 1], [1, 1, 1], [4, 40, 2], [70, 33, 17], [5, 64, 65, 3]],
    ids=lambda sizes: "-".join(map(str, sizes)),
)
@pytest.mark.parametrize("batch_size", [1, 2, 7, 50])
def test_any_shape_and_batch_size_will_do(sizes: list[int], batch_size: int, precision: str) -> None:
    output = {"output": "sigmoid", "cost": "binary_cross_entropy"} if sizes[-1] == 1 else {}
    training = problem(sizes, batch_size=batch_size, examples=50, learning_rate=0.01, **output)
    assert distance(training, precision, 2, steps=None if precision == "float32" else 20) <= 1


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("case", [case for case in CASES if case not in OPTIMIZERS or case == "sgd"])
def test_one_row_at_a_time_goes_as_on_the_reference_engine(case: str, workers: int, precision: str) -> None:
    options = {**CASES[case], "optimizer": "sgd"}
    assert distance(problem(SIZES, batch_size=1, **options), precision, workers) <= 1


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("names", PAIRS, ids=["-".join(names) for names in PAIRS])
def test_scores_far_apart_change_nothing(names: tuple[str, str], precision: str) -> None:
    cost, output = names
    far = problem(SIZES, cost=cost, output=output, scale=300.0, learning_rate=1e-6, hidden="leaky_relu")
    z = far.network.step(far.data.x).z
    assert np.ptp(z[1], axis=1).max() > 1000
    # a score of 1000 is off by 6e-5 in float32, and so is what is made of it
    assert distance(far, precision, 2, steps=1) <= (100 if precision == "float32" else 1)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(2, 24), min_size=2, max_size=5),
    hidden=st.sampled_from(sorted(ACTIVATIONS)),
    pair=st.sampled_from(sorted(PAIRS)),
    optimizer=st.sampled_from(["sgd", "momentum", "nesterov"]),
    batch_size=st.integers(1, 12),
    dropout=st.sampled_from([0.0, 0.4]),
    weighted=st.booleans(),
    workers=st.integers(1, 3),
    steps=st.sampled_from([1, 2]),
    seed=st.integers(0, 2**64 - 1),
)
def test_random_networks_take_the_same_steps_in_float32(
    sizes: list[int], hidden: str, pair: tuple[str, str], workers: int, steps: int, **settings: Any
) -> None:
    training = problem(sizes, hidden=hidden, cost=pair[0], output=pair[1], **settings)
    assert distance(training, "float32", workers, steps) <= 1


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(2, 24), min_size=2, max_size=5),
    hidden=st.sampled_from(sorted(ACTIVATIONS)),
    pair=st.sampled_from(sorted(PAIRS)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    batch_size=st.integers(1, 12),
    dropout=st.sampled_from([0.0, 0.4]),
    weighted=st.booleans(),
    workers=st.integers(1, 3),
    together=st.integers(1, 12),
    seed=st.integers(0, 2**64 - 1),
)
def test_random_networks_take_the_same_hundred_steps_in_float64(
    sizes: list[int], hidden: str, pair: tuple[str, str], workers: int, together: int, **settings: Any
) -> None:
    training = problem(sizes, hidden=hidden, cost=pair[0], output=pair[1], **settings)
    with rows_together(together):
        assert distance(training, "float64", workers) <= 1
