"""Products with inputs most of which are 0, and trainings and labels that are made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.engines.cpu import plan
from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.cpu.forward import CHUNK, forward_pass
from clearprop.engines.cpu.plan import LARGE_TOGETHER, SHORT, TOGETHER, Memory
from clearprop.engines.cpu.products import multiply_address
from clearprop.engines.cpu.strips import (
    LONG,
    MANY,
    MULTIPLY_NONZERO,
    MULTIPLY_NONZERO_TRANSPOSE,
    TURNED_ROWS,
    strip_of,
)
from clearprop.engines.cpu.zeros import (
    FETCH_NONZERO,
    FEW,
    SAMPLE,
    has_few,
    mostly_zero,
    transpose_nonzero,
)
from clearprop.network import PRECISIONS

from ..problems import problem, trained
from .problems import distance, needs_blocks, rows_together

UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
WIDE_SIZES, NARROW_SIZES = [37, 70, 11, 5], [37, 18, 11, 5]
CASES: dict[str, dict[str, Any]] = {
    "plain descent": {},
    "L2": {"l2": 0.1},
    "momentum": {"optimizer": "momentum"},
    "adam": {"optimizer": "adam", "l2": 0.01},
    "dropout": {"dropout": 0.3},
    "weights": {"weighted": True},
    "a last smaller mini-batch": {"batch_size": 7},
    "lists that are turned": {"batch_size": TURNED_ROWS},
    "a large mini-batch": {"batch_size": TOGETHER + 90, "l2": 0.01},
    "one example": {"batch_size": 1},
    "one example, all else": {"batch_size": 1, "dropout": 0.3, "weighted": True, "schedule": "cosine"},
    "one example, momentum": {"batch_size": 1, "optimizer": "momentum", "l2": 0.1},
    "no other layer": {"sizes": [37, 70]},
    "nothing but zeros": {"filled": 0.0},
}


def sparse(*shape: int, kind: str = "float64", filled: float = 0.2) -> Any:
    rng = np.random.default_rng(list(shape))
    return (rng.integers(1, 100, shape) * (rng.random(shape) < filled)).astype(kind)


def room_for(rows: int, columns: int, precision: str, kept_rows: int = 0, room: int = 0) -> tuple[Any, ...]:
    """`found`, `values`, `columns` and `lists`, with a row to spare that nothing may be written to."""
    found = np.zeros((kept_rows + 1, 2), np.int64)
    found[-1] = 0, room
    size = room + (rows + 1) * columns
    return found, np.full(size, np.nan, precision), np.full(size, -1, np.int32), np.full((rows, 2), -1, np.int64)


def fetch(x: Any, rows: Any, first: int, into: tuple[Any, ...]) -> None:
    own = x.shape[1] - first
    FETCH_NONZERO[str(x.dtype)](x.ctypes.data, rows, x.shape[1], first, own, *into)


def listed(x: Any, precision: str = "float64", rows: Any = None, first: int = 0) -> tuple[Any, Any, Any]:
    """A table without its zeros, from its column `first` on."""
    rows = np.arange(len(x)) if rows is None else rows
    own = x.shape[1] - first
    into = room_for(len(rows), own, precision)
    fetch(x, rows, first, into)
    assert (into[2][-own:] == -1).all()  # nothing is written beyond the last row
    return into[1:]


def whole(values: Any, columns: Any, lists: Any, width: int) -> Any:
    table = np.zeros((len(lists), width))
    for row, (begin, count) in zip(table, lists, strict=True):
        row[columns[begin : begin + count]] = values[begin : begin + count]
    return table


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", FETCH_NONZERO)
@pytest.mark.parametrize(("columns", "first"), [(1, 0), (8, 0), (61, 0), (64, 19), (50, 48)])
def test_what_is_not_0_is_fetched_from_every_number_type(columns: int, first: int, kind: str, precision: str) -> None:
    x, rows = sparse(40, columns, kind=kind), np.arange(30) * 7 % 40
    lists = listed(x, precision, rows, first)
    np.testing.assert_array_equal(whole(*lists, columns - first), x[rows, first:])
    assert (lists[2][:, 1] == np.count_nonzero(x[rows, first:], axis=1)).all()


def test_nan_and_infinity_are_not_0() -> None:
    x = sparse(3, 19)
    x[0, 3], x[1, 17], x[2, 0] = np.nan, np.inf, -np.inf
    np.testing.assert_array_equal(whole(*listed(x), 19), x)


@pytest.mark.parametrize(("room", "fewest", "most"), [(0, 0, 0), (100, 5, 25), (1_000, 40, 40)])
def test_lists_are_kept_while_there_is_room(room: int, fewest: int, most: int) -> None:
    x = sparse(40, 33)
    into = room_for(20, 33, "float64", kept_rows=40, room=room)
    for rows in (np.arange(20), np.arange(20, 40)):
        fetch(x, rows, 0, into)
        np.testing.assert_array_equal(whole(*into[1:], 33), x[rows])
    were_kept = into[0][:-1, 1] > 0
    assert fewest <= were_kept.sum() <= most
    rows, changed = np.arange(20) * 7 % 40, x + (x != 0)  # what is kept is not read again
    fetch(changed, rows, 0, into)
    np.testing.assert_array_equal(whole(*into[1:], 33), np.where(were_kept[rows, None], x[rows], changed[rows]))


def test_where_nothing_is_kept_nothing_is_written_about_rows() -> None:
    around, into = np.full((12, 2), -1), room_for(5, 0, "float64")
    around[0] = 0
    fetch(sparse(10, 4), np.arange(5), 4, (around[:1], *into[1:]))  # no columns: all fit into no room
    assert (around[0] == 0).all()
    assert (around[1:] == -1).all()


@pytest.mark.parametrize("filled", [0.0, 0.2, 1.0])
def test_a_table_is_turned(filled: float) -> None:
    x = sparse(23, 41, filled=filled)
    turned = room_for(41, 23, "float64")[1:]
    transpose_nonzero(*listed(x), *turned)
    np.testing.assert_array_equal(whole(*turned, 23), x.T)


@pytest.mark.parametrize("filled", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (-0.25, 1.0), (0.5, 0.75)])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("width", [8, 9, 16, 30, 32, 33, 39, 102])
@pytest.mark.parametrize("rows", [4, 23])
def test_products_are_right_whatever_their_width(
    rows: int, width: int, precision: str, alpha: float, beta: float, filled: float
) -> None:
    x, number, rng = sparse(rows, 41, filled=filled), np.dtype(precision).type, np.random.default_rng(width)
    size, lists = strip_of(width * number().itemsize), listed(x, precision)
    options = {"alpha": alpha, "beta": beta, "number": number, "rng": rng, "width": width}
    strip = np.full((41, size // number().itemsize), np.nan, precision)
    check_product(x, lambda a, B, b, C: MULTIPLY_NONZERO[size](a, *lists, B, b, C, strip.ctypes.data), **options)
    assert np.isnan(strip).all() == (rows * MANY < 41 or size < LONG)
    check_product(x.T, lambda a, B, b, C: MULTIPLY_NONZERO_TRANSPOSE[size](a, *lists, B, b, C), **options)


@pytest.mark.parametrize(
    ("width", "rows_of_B", "rows_of_C", "size"),
    [
        (31, 0, 0, 0),
        (100, 0, 0, 64),
        (255, 10, 10, 128),
        (256, 512, 512, 256),
        (256, 513, 513, 128),  # a copy of its strips would leave the cache
        (256, 5_000, 1, 256),  # of which there is none here
        (256, 784, 2048, 256),  # nor would what is listed stay in it
    ],
)
def test_a_strip_is_as_long_as_there_is_room(width: int, rows_of_B: int, rows_of_C: int, size: int) -> None:
    assert strip_of(width, rows_of_B, rows_of_C) == size


def check_product(A: Any, multiply: Any, *, alpha: float, beta: float, number: Any, rng: Any, width: int) -> None:
    """C = α A B + β C, within Higham's bound."""
    B, before = (rng.standard_normal((height, width)).astype(number) for height in (A.shape[1], A.shape[0]))
    C = before.copy() if beta else np.full((A.shape[0], width), np.nan, number)  # what was there does not count
    multiply(number(alpha), B, number(beta), C)
    b, c = B.astype(float), before.astype(float)
    sizes = abs(alpha) * A @ np.abs(b) + np.abs(beta * c)
    unit = UNIT[np.dtype(number).name]
    assert (np.abs(C - (alpha * A @ b + beta * c)) <= (A.shape[1] + 4) * unit * sizes).all()


@pytest.mark.parametrize(("precision", "workers"), [("float32", 1), ("float32", 3), ("float64", 2)])
@pytest.mark.parametrize("sizes", [WIDE_SIZES, NARROW_SIZES], ids=["wide", "narrow"])
@pytest.mark.parametrize("case", CASES)
def test_a_training_without_the_zeros_goes_as_on_the_reference_engine(
    case: str, sizes: list[int], precision: str, workers: int
) -> None:
    options = {"sizes": sizes, "filled": 0.15, **CASES[case]}
    training = problem(**options)
    engine = CpuEngine(workers)
    trained(engine, training, precision, 1)
    assert engine._task["fetch_nonzero"]  # what this is about
    assert distance(training, precision, workers) <= 1
    with rows_together(3):  # the whole mini-batch, and parts of it
        assert distance(training, precision, workers) <= 1


@needs_blocks
@pytest.mark.parametrize(("precision", "units"), [("float32", 512), ("float64", 256)])
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_large_products_without_the_zeros_are_made_in_blocks(kind: str, precision: str, units: int) -> None:
    training = problem([300, units, 3], filled=0.15, batch_size=130, examples=150)
    training = replace(training, data=replace(training.data, x=(9 * training.data.x).astype(kind)))
    engine = CpuEngine(2)
    trained(engine, training, precision, 1)
    assert not engine._task["fetch_nonzero"]
    assert engine._task["multiply_fetched"] == multiply_address(precision, mostly_zero=True)
    assert distance(training, precision, 2) <= 1


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    inputs=st.integers(1, 60),
    units=st.integers(8, 90),
    batch_size=st.integers(1, 20),
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
        assert [has_few(row, 0.2) for row in x] == [np.mean(row != 0) <= 0.2 for row in x]


@pytest.mark.parametrize(
    ("units", "filled", "mapped", "options", "left_out"),
    [
        (33, 0.15, False, {}, True),
        (33, 0.15, True, {}, True),
        (33, 0.4, False, {}, False),
        (32, 0.15, False, {}, True),
        (32, 0.15, True, {}, False),  # to look for them again in every epoch is as slow as to multiply by them
        (7, 0.15, False, {}, False),
        (32, 0.15, False, {"batch_size": 1}, True),
        (32, 0.15, False, {"batch_size": 1, "l2": 0.1}, False),
        (33, 0.15, True, {"batch_size": 1}, False),
    ],
)
def test_zeros_are_left_out_where_it_is_faster(
    units: int, filled: float, mapped: bool, options: dict[str, Any], left_out: bool, tmp_path: Path
) -> None:
    training = problem([37, units, 3], filled=filled, **options)
    x = training.data.x.astype(np.float32)
    if mapped:
        np.save(tmp_path / "x.npy", x)
        x = np.load(tmp_path / "x.npy", mmap_mode="r")
    training = replace(training, data=replace(training.data, x=x))
    engine = CpuEngine(2)
    trained(engine, training, "float32", 1)
    assert bool(engine._task["fetch_nonzero"]) is left_out
    assert distance(training, "float32", 2) <= 1


def test_other_data_are_taken_after_these() -> None:
    engine, training = CpuEngine(2), problem(NARROW_SIZES, filled=0.15)
    other = problem(NARROW_SIZES, filled=0.15, seed=1, examples=70)
    full = problem(NARROW_SIZES, seed=2)
    states = []
    for several in ([training, other, full, training], [training], [other], [full]):
        for each in several:
            trained(engine, each, "float32", 20)
            states.append(engine.state())
    for again, before in ((4, 0), (3, 0), (5, 1), (6, 2)):
        for first, second in zip(states[again].weights, states[before].weights, strict=True):
            np.testing.assert_array_equal(first, second)


def test_a_last_row_alone_is_labelled_as_it_would_be_among_others() -> None:
    network = cp.Network.initialize([5, 400, 400, 4], hidden="relu", seed=1, precision="float32")
    x = np.random.default_rng(0).random((CHUNK + 1, 5))  # of another number type, so a chunk at a time
    ours = forward_pass(network)
    ours._spare[:] = [ours._new_records()]  # not those that a row alone has passed before
    last = ours.scores(x)[-1]
    np.testing.assert_allclose(last, network.step(x[-1:]).z[3][0], rtol=1e-4, atol=1e-5)


def test_labelling_goes_on_once_there_is_memory_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = cp.Network.initialize([37, 70, 4], hidden="relu", seed=1, precision="float32"), sparse(50, 37)
    ours, address = forward_pass(network), Memory.address
    ours._spare[:] = [ours._new_records()]  # not those that a row has passed before

    def no_room_for_strips(self: Memory, *shape: int, precision: str | None = None) -> int:
        if precision == "uint8":
            raise MemoryError
        return address(self, *shape, precision=precision)

    with monkeypatch.context() as full:
        full.setattr(Memory, "address", no_room_for_strips)
        with pytest.raises(MemoryError):
            ours.scores(x)
    np.testing.assert_allclose(ours.scores(x), network.step(x).z[2], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("rows", [1, 2, 65, SHORT // 70, 2 * TOGETHER + 5, LARGE_TOGETHER + 7])
@pytest.mark.parametrize(
    "sizes", [[37, 70, 41, 4], [300, 70, 66, 4], [300, 512, 66, 4]], ids=["short", "long", "blocks"]
)
def test_labels_and_scores_are_those_of_the_network(
    sizes: list[int], rows: int, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By strips of all lengths, all of them long, and in blocks where there are rows enough."""
    network = cp.Network.initialize(sizes, hidden="relu", seed=1, precision=precision)
    # most hidden neurons say 0, so that these zeros are left out too where a row is alone
    biases = [np.where(np.arange(units) % 3, -1, 0.5).astype(precision) for units in sizes[1:]]
    network = cp.Network.of(network.weights, biases, activations=["relu", "relu", "softmax"])
    if sizes[0] == 300:
        monkeypatch.setattr(plan, "LARGE", 300 * 70)  # of which a row alone has fewer zeros left out
    x = sparse(rows, sizes[0]) / 100
    ours, tolerance = forward_pass(network), 1e-5 if precision == "float32" else 1e-12
    np.testing.assert_allclose(ours.scores(x), network.step(x).z[3], rtol=tolerance, atol=tolerance)
    outputs, finite = ours.outputs(x)
    assert finite
    assert (ours.classes(x)[0] == outputs.argmax(axis=1)).all()
    x[rows // 2, 5] = np.nan
    outputs, finite = ours.outputs(x)
    assert not finite
    assert np.isnan(outputs).all(axis=1).nonzero()[0].tolist() == [rows // 2]
