"""Products with inputs most of which are 0, and trainings and labels that are made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.cpu.forward import TILE, forward_pass
from clearprop.engines.cpu.plan import AT_ONCE
from clearprop.engines.cpu.zeros import (
    FETCH_NONZERO,
    FEW,
    MANY,
    SAMPLE,
    STRIP,
    is_mostly_zero,
    mostly_zero,
    multiply_nonzero,
    transpose_nonzero,
)
from clearprop.network import PRECISIONS

from ..problems import problem, trained
from .problems import distance

UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
SIZES = [37, 70, 11, 5]
CASES: dict[str, dict[str, Any]] = {
    "plain descent": {},
    "L2": {"l2": 0.1},
    "momentum": {"optimizer": "momentum"},
    "adam": {"optimizer": "adam", "l2": 0.01},
    "dropout": {"dropout": 0.3},
    "weights": {"weighted": True},
    "a last smaller mini-batch": {"batch_size": 7},
    "more examples than are multiplied at once": {"batch_size": AT_ONCE + 90, "l2": 0.01},
    "no other layer": {"sizes": [37, 70]},
    "nothing but zeros": {"filled": 0.0},
}


def sparse(*shape: int, kind: str = "float64", filled: float = 0.2) -> Any:
    rng = np.random.default_rng(list(shape))
    return (rng.integers(1, 100, shape) * (rng.random(shape) < filled)).astype(kind)


def kept(x: Any, precision: str = "float64", rows: Any = None, first: int = 0) -> tuple[Any, Any]:
    """A table without its zeros, from its column `first` on."""
    rows = np.arange(len(x)) if rows is None else rows
    columns = x.shape[1] - first
    values = np.full((len(rows), columns), np.nan, precision)
    places = np.full((len(rows) + 1, 1 + columns), -1, np.int32)
    FETCH_NONZERO[str(x.dtype)](x.ctypes.data, rows, x.shape[1], first, values, places[:-1])
    assert (places[-1] == -1).all()  # nothing is written beyond the last row
    return values, places[:-1]


def whole(values: Any, places: Any, columns: int) -> Any:
    table = np.zeros((len(values), columns))
    for row, value, place in zip(table, values, places, strict=True):
        row[place[1 : 1 + place[0]]] = value[: place[0]]
    return table


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", FETCH_NONZERO)
@pytest.mark.parametrize(("columns", "first"), [(1, 0), (8, 0), (61, 0), (64, 19), (50, 48)])
def test_what_is_not_0_is_fetched_from_every_number_type(columns: int, first: int, kind: str, precision: str) -> None:
    x, rows = sparse(40, columns, kind=kind), np.arange(30) * 7 % 40
    values, places = kept(x, precision, rows, first)
    np.testing.assert_array_equal(whole(values, places, columns - first), x[rows, first:])
    assert (places[:, 0] == np.count_nonzero(x[rows, first:], axis=1)).all()


def test_nan_and_infinity_are_not_0() -> None:
    x = sparse(3, 19)
    x[0, 3], x[1, 17], x[2, 0] = np.nan, np.inf, -np.inf
    np.testing.assert_array_equal(whole(*kept(x), 19), x)


@pytest.mark.parametrize("filled", [0.0, 0.2, 1.0])
def test_a_table_is_turned(filled: float) -> None:
    x = sparse(23, 41, filled=filled)
    values, places = np.full((41, 23), np.nan), np.full((41, 1 + 23), -1, np.int32)
    transpose_nonzero(*kept(x), values, places)
    np.testing.assert_array_equal(whole(values, places, 23), x.T)


@pytest.mark.parametrize("filled", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (-0.25, 1.0), (0.5, 0.75)])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("units", [0, 1, 7, 70])
@pytest.mark.parametrize("rows", [4, 23])
def test_a_product_is_right_whatever_its_width(
    rows: int, units: int, precision: str, alpha: float, beta: float, filled: float
) -> None:
    x, number, columns = sparse(rows, 41, filled=filled), np.dtype(precision).type, STRIP // 4 + units
    rng = np.random.default_rng(units)
    B, before = (rng.standard_normal((height, columns)).astype(precision) for height in (41, rows))
    C = before.copy() if beta else np.full((rows, columns), np.nan, precision)  # what was there does not count
    strip = np.full((41, STRIP // number().itemsize), np.nan, precision)
    multiply_nonzero(number(alpha), *kept(x, precision), B, number(beta), C, strip)
    assert np.isnan(strip).all() == (rows * MANY < 41)
    b, c = B.astype(float), before.astype(float)
    sizes = abs(alpha) * x @ np.abs(b) + np.abs(beta * c)
    assert (np.abs(C - (alpha * x @ b + beta * c)) <= 45 * UNIT[precision] * sizes).all()


@pytest.mark.parametrize(("precision", "workers"), [("float32", 1), ("float32", 3), ("float64", 2)])
@pytest.mark.parametrize("case", CASES)
def test_a_training_without_the_zeros_goes_as_on_the_reference_engine(case: str, precision: str, workers: int) -> None:
    options = {"sizes": SIZES, "filled": 0.15, **CASES[case]}
    training = problem(**options)
    engine = CpuEngine(workers)
    trained(engine, training, precision, 1)
    assert engine._task["fetch_nonzero"]  # what this is about
    assert distance(training, precision, workers) <= 1


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    inputs=st.integers(1, 60),
    units=st.integers(33, 90),
    batch_size=st.integers(2, 12),
    filled=st.floats(0, FEW),
    optimizer=st.sampled_from(["sgd", "nesterov"]),
    workers=st.integers(1, 3),
    seed=st.integers(0, 2**64 - 1),
)
def test_random_networks_take_the_same_steps(inputs: int, units: int, workers: int, **settings: Any) -> None:
    assert distance(problem([inputs, units, 3], **settings), "float32", workers) <= 1


def test_zeros_are_left_out_where_there_are_enough() -> None:
    few, many = sparse(50, 40, filled=0.2), sparse(50, 40, filled=0.3)
    assert mostly_zero(few)
    assert not mostly_zero(many)
    full_behind = np.zeros((10 * SAMPLE, 4))
    full_behind[SAMPLE:] = 1  # rows from all over the table are looked at
    assert not mostly_zero(full_behind)
    for x in (few, many):
        assert [is_mostly_zero(row) for row in x] == [np.mean(row != 0) <= FEW for row in x]


@pytest.mark.parametrize(("units", "filled", "left_out"), [(33, 0.15, True), (32, 0.15, False), (33, 0.4, False)])
def test_zeros_are_left_out_where_the_layer_is_wide_enough(units: int, filled: float, left_out: bool) -> None:
    engine = CpuEngine(2)
    trained(engine, problem([37, units, 3], filled=filled), "float32", 1)
    assert bool(engine._task["fetch_nonzero"]) is left_out


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("rows", [1, 2, 65, TILE, 2 * TILE + 5])
def test_labels_and_scores_are_those_of_the_network(rows: int, precision: str) -> None:
    network = cp.Network.initialize([37, 70, 4], hidden="tanh", seed=1, precision=precision)
    x = sparse(rows, 37) / 100
    ours, tolerance = forward_pass(network), 1e-5 if precision == "float32" else 1e-12
    np.testing.assert_allclose(ours.scores(x), network.step(x).z[2], rtol=tolerance, atol=tolerance)
    outputs, finite = ours.outputs(x)
    assert finite
    assert (ours.classes(x)[0] == outputs.argmax(axis=1)).all()
    x[rows // 2, 5] = np.nan
    outputs, finite = ours.outputs(x)
    assert not finite
    assert np.isnan(outputs).all(axis=1).nonzero()[0].tolist() == [rows // 2]
