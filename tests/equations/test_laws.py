"""What must hold of activations, costs and their pairs for any numbers at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.equations.activations import ACTIVATIONS, relu, sigmoid, softmax, softmax_jacobian
from clearprop.equations.costs import COSTS
from clearprop.equations.outputs import MATCHING, PAIRS, log_not_softmax, log_softmax, softplus

Array = np.ndarray[Any, Any]

EPS = 2.0**-52
SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 5))
LAWS = settings(deadline=None, derandomize=True, max_examples=100)


def numbers(largest: float, shape: Any = SHAPES) -> st.SearchStrategy[Array]:
    return arrays(np.float64, shape, elements=st.floats(-largest, largest))


def two(largest: float) -> st.SearchStrategy[tuple[Array, Array]]:
    return SHAPES.flatmap(lambda shape: st.tuples(numbers(largest, shape), numbers(largest, shape)))


@LAWS
@given(z=numbers(700), shift=st.floats(-1e4, 1e4))
def test_adding_a_constant_to_every_z_leaves_softmax_alone(z: Array, shift: float) -> None:
    # z + shift is rounded, by half an ulp of at most 1.07e4 for each of the two z whose difference counts
    moved = EPS * (700 + abs(shift)) * 2
    np.testing.assert_allclose(softmax(z + shift), softmax(z), rtol=2 * moved + 16 * EPS, atol=1e-300)


@LAWS
@given(z=numbers(1e300))
def test_softmax_is_shares_that_add_up_to_1(z: Array) -> None:
    a = softmax(z)
    assert np.all((a >= 0) & (a <= 1))
    np.testing.assert_allclose(a.sum(axis=-1), 1, rtol=8 * EPS)


@LAWS
@given(z=numbers(1e4))
def test_the_rows_and_columns_of_the_jacobian_of_softmax_add_up_to_0(z: Array) -> None:
    table = softmax_jacobian(z)
    np.testing.assert_allclose(table.sum(axis=-1), 0, atol=8 * EPS)
    np.testing.assert_allclose(table.sum(axis=-2), 0, atol=8 * EPS)
    np.testing.assert_allclose(table, np.swapaxes(table, -1, -2), atol=EPS)


@LAWS
@given(z=numbers(1e300))
def test_what_relu_takes_from_z_is_what_it_gives_to_minus_z(z: Array) -> None:
    np.testing.assert_array_equal(relu(z) - relu(-z), z)


@LAWS
@given(z=numbers(800))
def test_sigmoid_of_minus_z_is_what_sigmoid_leaves_of_1(z: Array) -> None:
    np.testing.assert_allclose(sigmoid(-z), 1 - sigmoid(z), rtol=0, atol=2 * EPS)


@LAWS
@given(z=numbers(700))
def test_sigmoid_is_softmax_over_z_and_0(z: Array) -> None:
    pairs = np.stack([z, np.zeros_like(z)], axis=-1)
    np.testing.assert_allclose(softmax(pairs)[..., 0], sigmoid(z), rtol=8 * EPS)


@LAWS
@given(z=numbers(700))
def test_the_logarithms_are_those_of_the_shares(z: Array) -> None:
    a = softmax(z)
    np.testing.assert_allclose(np.exp(log_softmax(z)), a, rtol=EPS * 1500, atol=1e-300)
    np.testing.assert_allclose(np.exp(log_not_softmax(z)), 1 - a, rtol=0, atol=16 * EPS)
    np.testing.assert_allclose(softplus(z) - softplus(-z), z, rtol=4 * EPS, atol=4 * EPS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_pullback_is_the_product_with_the_jacobian(name: str) -> None:
    activation = ACTIVATIONS[name]

    @LAWS
    @given(both=two(50))
    def law(both: tuple[Array, Array]) -> None:
        g, z = both
        table = activation.jacobian(z)
        wanted = (g[:, None, :] @ table)[:, 0, :]
        # Higham's bound for the sum over j, with the cancellation inside the table's own entries
        terms = (np.abs(g)[:, None, :] @ (np.abs(table) + activation(z)[..., None] * activation.couples))[:, 0, :]
        assert np.all(np.abs(activation.pullback(g, z) - wanted) <= 16 * EPS * terms + 1e-300)

    law()


@pytest.mark.parametrize("name", [name for name, activation in ACTIVATIONS.items() if not activation.couples])
def test_the_jacobian_of_an_elementwise_activation_is_diagonal(name: str) -> None:
    z = np.array([[0.3, -1.2, 2.0], [1.0, 0.0, -0.5]])
    table = ACTIVATIONS[name].jacobian(z)
    assert table.shape == (2, 3, 3)
    np.testing.assert_array_equal(np.diagonal(table, axis1=1, axis2=2), ACTIVATIONS[name].slope(z))
    assert np.all(table[:, ~np.eye(3, dtype=bool)] == 0)


@st.composite
def outputs_with_shares(draw: st.DrawFn) -> tuple[Array, Array]:
    """z far from saturation, and targets that are shares: they add up to 1 in every row."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(2, 5)))
    weight = draw(arrays(np.float64, shape, elements=st.floats(0.125, 1)))
    return draw(numbers(5, shape)), weight / weight.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_the_delta_of_a_pair_is_the_pullback_of_its_costs_slope(names: tuple[str, str]) -> None:
    pair = PAIRS[names]

    @LAWS
    @given(both=outputs_with_shares())
    def law(both: tuple[Array, Array]) -> None:
        z, y = both
        a = pair.activation(z)
        composed = pair.activation.pullback(pair.cost_function.slope(a, y), z)
        # |z| ≤ 5: no share is below e^-10/5, so composing loses at most a factor of 1e5 to cancellation
        np.testing.assert_allclose(pair.delta(z, y), composed, rtol=0, atol=1e5 * EPS * (1 + np.abs(composed).max()))

    law()


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_the_cost_of_a_pair_is_the_cost_of_its_activations(names: tuple[str, str]) -> None:
    pair = PAIRS[names]

    @LAWS
    @given(both=outputs_with_shares())
    def law(both: tuple[Array, Array]) -> None:
        z, y = both
        np.testing.assert_allclose(pair.cost(z, y), pair.cost_function(pair.activation(z), y), rtol=1e5 * EPS)

    law()


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_the_matching_pairs_are_those_whose_delta_is_a_minus_y_and_no_others(names: tuple[str, str]) -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(20, 3)), rng.dirichlet(np.ones(3), 20)
    pair = PAIRS[names]
    a = pair.activation(z)
    composed = pair.activation.pullback(pair.cost_function.slope(a, y), z)
    distance = float(np.max(np.abs(composed - (a - y))))
    assert (distance < 1e-14) if names in MATCHING else (distance > 0.01)
    assert pair.matching == (names in MATCHING)


def test_three_pairs_match() -> None:
    wanted = {("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("half_squared_error", "identity")}
    assert wanted == MATCHING


@pytest.mark.parametrize("name", COSTS)
def test_no_cost_is_below_its_value_at_the_target(name: str) -> None:
    cost = COSTS[name]

    @LAWS
    @given(both=outputs_with_shares())
    def law(both: tuple[Array, Array]) -> None:
        z, y = both
        a = softmax(z)
        assert np.all(cost(a, y) >= cost(y, y) - 1e-14)
        if name.endswith("squared_error"):
            assert np.all(cost(y, y) == 0)

    law()
