"""Every function meets the same edges: 0, −0, tiny, huge, ±∞, empty, one row, integers, float32; none may warn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearprop.equations import layers, regularization
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.equations.outputs import PAIRS, log_not_softmax, log_softmax, log_sum_exp, softplus
from clearprop.equations.updates import OPTIMIZERS

Array = np.ndarray[Any, Any]

OF_Z: dict[str, Callable[[Array], Array]] = {
    **{f.value.name: f.value for f in ACTIVATIONS.values()},
    **{f.slope.name: f.slope for f in ACTIVATIONS.values()},
    **{f"jacobian of {f.name}": f.jacobian for f in ACTIVATIONS.values()},
    **{f"pullback of {f.name}": lambda z, f=f: f.pullback(z, z) for f in ACTIVATIONS.values()},
    "log_sum_exp": log_sum_exp,
    "log_softmax": log_softmax,
    "log_not_softmax": log_not_softmax,
    "softplus": softplus,
}
PAIR_FUNCTIONS: dict[str, Callable[[Array, Array], Array]] = {
    f"{part} of {'-'.join(names)}": getattr(pair, part) for names, pair in PAIRS.items() for part in ("cost", "delta")
}
OF_SHARES: dict[str, Callable[[Array, Array], Array]] = {
    **{cost.value.name: cost.value for cost in COSTS.values()},
    **{cost.slope.name: cost.slope for cost in COSTS.values()},
}
OF_TARGETS = {**PAIR_FUNCTIONS, **OF_SHARES}

ROWS = {
    "0": [0.0, 0.0, 0.0],
    "-0": [-0.0, 0.0, -0.0],
    "tiny": [5e-324, -5e-324, 1e-308],
    "1e4 apart": [1e4, -1e4, 0.0],
    "as large as doubles get, one sign": [1e308, 1.7e308, 1e307],
    "one winner": [0.0, 1e300, 0.0],
}


@pytest.fixture(autouse=True)
def no_rounding_to_infinity() -> Any:
    """NumPy raises where it would warn; numbers may still round to 0."""
    with np.errstate(divide="raise", over="raise", invalid="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


SQUARES_OVERFLOW = ("identity", "relu", "leaky_relu", "gelu")


@pytest.mark.parametrize("row", [name for name in ROWS if not name.startswith("as large")])
@pytest.mark.parametrize("name", [*OF_Z])
def test_every_finite_z_has_a_value_and_no_warning(name: str, row: str) -> None:
    z = np.array([ROWS[row]])
    if name.startswith("pullback of"):
        z = np.clip(z, -1e100, 1e100)  # g = z: the product itself must not overflow
    assert not np.any(np.isnan(OF_Z[name](z)))


@pytest.mark.parametrize("name", [f.value.name for f in ACTIVATIONS.values()])
def test_the_largest_doubles_have_activations(name: str) -> None:
    assert np.all(np.isfinite(OF_Z[name](np.array([ROWS["as large as doubles get, one sign"]]))))


@pytest.mark.parametrize("row", ["0", "-0", "tiny", "1e4 apart"])
@pytest.mark.parametrize("name", PAIR_FUNCTIONS)
def test_every_pair_has_a_cost_and_a_delta_and_no_warning(name: str, row: str) -> None:
    for target in np.eye(3):
        assert np.all(np.isfinite(PAIR_FUNCTIONS[name](np.array([ROWS[row]]), target[None, :])))


@pytest.mark.parametrize(
    ("name", "at_infinity"),
    [
        ("sigmoid", [0, 1]),
        ("sigmoid_slope", [0, 0]),
        ("tanh", [-1, 1]),
        ("tanh_slope", [0, 0]),
        ("relu", [0, np.inf]),
        ("relu_slope", [0, 1]),
        ("leaky_relu", [-np.inf, np.inf]),
        ("leaky_relu_slope", [0.01, 1]),
        ("identity", [-np.inf, np.inf]),
        ("identity_slope", [1, 1]),
        ("gelu_slope", [0, 1]),
        ("softplus", [0, np.inf]),
    ],
)
def test_at_infinity_a_function_takes_its_limit(name: str, at_infinity: list[float]) -> None:
    np.testing.assert_array_equal(OF_Z[name](np.array([[-np.inf, np.inf]])), [at_infinity])


@pytest.mark.parametrize(
    ("name", "at_zero"),
    [
        ("identity", 0),
        ("identity_slope", 1),
        ("sigmoid", 0.5),
        ("sigmoid_slope", 0.25),
        ("tanh", 0),
        ("tanh_slope", 1),
        ("relu", 0),
        ("relu_slope", 0),
        ("leaky_relu", 0),
        ("leaky_relu_slope", 0.01),
        ("gelu", 0),
        ("gelu_slope", 0.5),
    ],
)
def test_0_and_minus_0_give_the_same(name: str, at_zero: float) -> None:
    np.testing.assert_array_equal(OF_Z[name](np.array([[0.0, -0.0]])), [[at_zero, at_zero]])


def test_equal_z_share_equally_however_large() -> None:
    for size in (0.0, 1e-300, 1e4, -1e308, 1e308):
        np.testing.assert_array_equal(ACTIVATIONS["softmax"](np.full((1, 4), size)), [[0.25] * 4])


def test_a_single_z_takes_the_whole_of_softmax() -> None:
    z = np.array([[-1e4], [0.0], [1e308]])
    np.testing.assert_array_equal(ACTIVATIONS["softmax"](z), np.ones((3, 1)))
    np.testing.assert_array_equal(ACTIVATIONS["softmax"].jacobian(z), np.zeros((3, 1, 1)))
    np.testing.assert_array_equal(ACTIVATIONS["softmax"].pullback(z / 1e300, z), np.zeros((3, 1)))


@pytest.mark.parametrize(
    ("name", "certain_and_right", "certain_and_wrong"),
    [("cross_entropy", 0, np.inf), ("binary_cross_entropy", 0, np.inf), ("squared_error", 0, 2)],
)
def test_a_cost_of_outputs_that_are_0_or_1_is_exact(
    name: str, certain_and_right: float, certain_and_wrong: float
) -> None:
    y = np.array([[1.0, 0.0]])
    assert COSTS[name](y, y) == [certain_and_right]
    assert COSTS[name](1 - y, y) == [certain_and_wrong]


def test_the_slope_of_a_logarithm_at_0_is_infinite_only_where_it_counts() -> None:
    y, a = np.array([[1.0, 0.0, 0.5]]), np.array([[0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(COSTS["cross_entropy"].slope(a, y), [[-np.inf, 0, -np.inf]])
    np.testing.assert_array_equal(COSTS["binary_cross_entropy"].slope(a, y), [[-np.inf, 1, -np.inf]])
    np.testing.assert_array_equal(COSTS["binary_cross_entropy"].slope(1 - a, y), [[-1, np.inf, np.inf]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (4, 3), (4, 1)], ids=str)
@pytest.mark.parametrize("name", [*OF_Z, *OF_TARGETS])
def test_precision_and_number_of_examples_stay(name: str, shape: tuple[int, int], dtype: Any) -> None:
    rng = np.random.default_rng(0)
    z = rng.uniform(0.1, 0.9, shape).astype(dtype)
    y = np.full(shape, 1 / shape[1], dtype)
    result = OF_Z[name](z) if name in OF_Z else OF_TARGETS[name](z, y)
    assert result.dtype == dtype
    assert len(result) == shape[0]
    rows = [OF_Z[name](z[i : i + 1]) if name in OF_Z else OF_TARGETS[name](z[i : i + 1], y[:1]) for i in range(len(z))]
    for row, alone in zip(result, rows, strict=True):
        np.testing.assert_allclose(row, alone[0], rtol=1e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("name", [*OF_Z, *OF_TARGETS])
def test_float32_is_the_rounding_of_float64(name: str) -> None:
    rng = np.random.default_rng(1)
    z = rng.uniform(0.05, 0.95, (5, 4)).astype(np.float32)
    y = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0]]
    arguments = (z,) if name in OF_Z else (z, y)
    function = OF_Z.get(name) or OF_TARGETS[name]
    precise = function(*(argument.astype(np.float64) for argument in arguments))
    np.testing.assert_allclose(function(*arguments), precise, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [*OF_Z, *PAIR_FUNCTIONS])
def test_whole_numbers_count_as_numbers(name: str) -> None:
    z, y = np.array([[2, -1, 0], [0, 0, 3]]), np.array([[1, 0, 0], [0, 0, 1]])
    whole, real = [
        (OF_Z[name](a) if name in OF_Z else PAIR_FUNCTIONS[name](a, b))
        for a, b in ((z, y), (z.astype(np.float64), y.astype(np.float64)))
    ]
    np.testing.assert_allclose(whole, real, rtol=1e-15)


def test_the_equations_of_a_layer_keep_float32_and_take_no_examples() -> None:
    for n in (0, 1, 3):
        a, delta = np.ones((n, 2), np.float32), np.ones((n, 4), np.float32)
        W, b = np.ones((4, 2), np.float32), np.zeros(4, np.float32)
        results = {
            (n, 4): [layers.weighted_input(a, W, b), layers.bias_gradient(delta)],
            (n, 2): [layers.input_gradient(delta, W)],
            (n, 4, 2): [layers.weight_gradient(delta, a)],
            (4, 2): [layers.mean_weight_gradient(delta, a), regularization.l2_gradient(W, 0.1)] if n else [],
            (4,): [layers.mean_bias_gradient(delta)] if n else [],
        }
        for shape, arrays in results.items():
            assert all(array.shape == shape and array.dtype == np.float32 for array in arrays)
    assert regularization.l2_cost(W, 0.1).dtype == np.float32


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_keeps_float32(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    theta = np.ones((2, 3), np.float32)
    slots = {slot: np.zeros_like(theta) for slot in optimizer.slots}
    new, new_slots = optimizer.update(theta, theta, slots, t=3, eta=0.1, options=dict(optimizer.options))
    assert new.dtype == np.float32
    assert {slot: array.dtype for slot, array in new_slots.items()} == dict.fromkeys(optimizer.slots, np.float32)
    assert np.all(new < theta)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_without_a_gradient_divides_by_nothing(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    theta = np.zeros(3)
    slots = {slot: np.zeros_like(theta) for slot in optimizer.slots}
    new, _ = optimizer.update(theta, theta, slots, t=1, eta=0.1, options=dict(optimizer.options))
    np.testing.assert_array_equal(new, theta)
