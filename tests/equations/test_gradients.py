"""Backpropagation is right: against automatic differentiation, against differences, and by its own laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clearprop import Network, gradients
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS, output_pair
from clearprop.equations.step import TRUE_RULES, Step, Update

from .random_networks import HIDDEN, OUTPUTS, Problem, disagreement, random_problem

SEEDS = range(200)
ALLOWED = 1e-10
"""As a share of an array's largest entry: far above rounding (1e-14 is the worst that 1,000 networks show), far below
any wrong term."""


@pytest.mark.parametrize("seed", SEEDS)
def test_every_gradient_agrees_with_automatic_differentiation(seed: int) -> None:
    assert disagreement(random_problem(seed)) < ALLOWED


def test_the_random_networks_cover_every_layer_activation_pair_and_batch() -> None:
    problems = [random_problem(seed) for seed in SEEDS]
    layers = [problem.network.layers for problem in problems]
    assert {(p.network.cost, p.network.layers[-1].activation) for p in problems} == set(OUTPUTS) == set(PAIRS)
    assert {layer.activation for chain in layers for layer in chain[:-1]} == set(HIDDEN) == set(ACTIVATIONS)
    assert {len(chain) for chain in layers} == {1, 2, 3, 4}
    assert {len(problem.x) for problem in problems} == set(range(1, 10))
    assert all(len(set(problem.network.sizes)) == len(problem.network.sizes) for problem in problems)


def moved(network: Network, direction: list[np.ndarray[Any, Any]], by: float) -> Network:
    count = len(network.layers)
    parameters = [array + by * way for array, way in zip(parameters_of(network), direction, strict=True)]
    return network.with_parameters(parameters[:count], parameters[count:])


def parameters_of(network: Network) -> list[np.ndarray[Any, Any]]:
    return [*network.weights, *network.biases]


def kinks(network: Network, x: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """On which side of 0 each neuron with a kink there stands, for each example."""
    step = network.step(x)
    step.forward()
    kinked = [n for n, layer in enumerate(network.layers, 1) if layer.activation in ("relu", "leaky_relu")]
    return [step.z[layer] > 0 for layer in kinked]


WIDTHS = 2.0 ** -np.arange(8, 13)
"""h: small enough for the h² term to lead, large enough for rounding, some 1e-16 / h, to stay far below it."""


def direction_without_kink(problem: Problem, rng: np.random.Generator) -> list[np.ndarray[Any, Any]]:
    """A direction along which no neuron crosses a kink within the widest h."""
    network = problem.network
    for _ in range(100):
        direction = [rng.normal(size=array.shape) for array in parameters_of(network)]
        below, above = (kinks(moved(network, direction, h), problem.x) for h in (-WIDTHS[0], WIDTHS[0]))
        if all(np.array_equal(*sides) for sides in zip(below, above, strict=True)):
            return direction
    raise AssertionError("every direction crosses a kink")


def errors_of_differences(problem: Problem, seed: int) -> np.ndarray[Any, Any]:
    """|central difference − g·v| for each h."""
    network, x, y = problem.network, problem.x, problem.y
    direction = direction_without_kink(problem, np.random.default_rng(seed))
    found = gradients(network, x, y)
    slope = sum(np.sum(g * v) for g, v in zip([*found.weights, *found.biases], direction, strict=True))
    ends = [[moved(network, direction, end).cost_of(x, y) for end in (h, -h)] for h in WIDTHS]
    return np.array([abs((up - down) / (2 * h) - slope) for h, (up, down) in zip(WIDTHS, ends, strict=True)])


@pytest.mark.parametrize("seed", range(0, 120, 2))
def test_the_error_of_a_central_difference_falls_as_the_square_of_its_width(seed: int) -> None:
    # The error is c₂h² + c₄h⁴ + …; at h ≤ 2⁻⁸ the second term is a small share of the first, so the fitted slope is
    # 2 but for a tenth. A gradient that is wrong leaves an error that does not fall with h: slope 0.
    errors = errors_of_differences(random_problem(seed), seed)
    if np.all(errors < 1e-11):
        return  # along this direction the cost is quadratic, and a central difference of it is exact
    assert np.polyfit(np.log(WIDTHS), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)


def test_most_costs_are_not_quadratic_so_that_the_slope_is_really_fitted() -> None:
    exact = [seed for seed in range(0, 120, 2) if np.all(errors_of_differences(random_problem(seed), seed) < 1e-11)]
    assert len(exact) <= 6


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_the_gradient_is_the_mean_of_the_examples_gradients(seed: int) -> None:
    problem = random_problem(seed)
    mean = gradients(problem.network, problem.x, problem.y)
    each = gradients(problem.network, problem.x, problem.y, per_example=True)
    for name in ("weights", "biases", "inputs"):
        for one, many in zip(getattr(mean, name), getattr(each, name), strict=True):
            assert many.shape == (len(problem.x), *one.shape)
            np.testing.assert_allclose(many.mean(axis=0), one, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(each.outputs.mean(axis=0), mean.outputs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_an_examples_gradient_is_that_of_the_example_alone(seed: int) -> None:
    problem = random_problem(seed)
    each = gradients(problem.network, problem.x, problem.y, per_example=True)
    for row in range(len(problem.x)):
        alone = gradients(problem.network, problem.x[row : row + 1], problem.y[row : row + 1])
        for name in ("weights", "biases", "inputs"):
            for one, many in zip(getattr(alone, name), getattr(each, name), strict=True):
                np.testing.assert_allclose(many[row], one, rtol=1e-12, atol=1e-14)


def step_of(problem: Problem, **options: Any) -> Step:
    network = problem.network
    pair = output_pair(network.cost, network.layers[-1].activation)
    parameters = (network.weights, network.biases)
    return Step(TRUE_RULES, problem.x, problem.y, *parameters, network.activations, pair, **options)


@pytest.mark.parametrize("seed", range(8))
def test_l2_adds_its_share_of_every_weight_and_of_no_bias(seed: int) -> None:
    problem = random_problem(seed)
    plain, pulled = step_of(problem), step_of(problem, update=Update(l2=0.3))
    for layer, weight in enumerate(problem.network.weights, 1):
        np.testing.assert_allclose(pulled.dW[layer], plain.dW[layer] + 0.3 * weight, rtol=1e-14, atol=1e-15)
        np.testing.assert_array_equal(pulled.db[layer], plain.db[layer])


@pytest.mark.parametrize("seed", range(18))
def test_example_weights_give_the_gradient_of_the_weighted_mean_cost(seed: int) -> None:
    problem = random_problem(seed)
    n = len(problem.x)
    weight = np.random.default_rng(seed).uniform(0, 3, n)
    step = step_of(problem, example_weight=weight)
    each = gradients(problem.network, problem.x, problem.y, per_example=True)
    np.testing.assert_allclose(step.cost[step.layers], weight * step_of(problem).cost[step.layers], rtol=1e-14)
    for layer, slope in enumerate([*each.inputs, each.outputs]):
        np.testing.assert_allclose(step.da[layer], weight[:, None] * slope, rtol=1e-11, atol=1e-14)
    for layer in range(1, step.layers + 1):
        wanted = np.tensordot(weight, each.weights[layer - 1], 1) / n
        np.testing.assert_allclose(step.dW[layer], wanted, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(step.db[layer], weight @ each.biases[layer - 1] / n, rtol=1e-11, atol=1e-14)


def test_an_example_of_weight_0_counts_for_nothing_and_still_for_one() -> None:
    problem = random_problem(11)
    assert len(problem.x) > 1
    without = Problem(problem.network, problem.x[1:], problem.y[1:])
    weight = np.array([0.0] + [1.0] * (len(problem.x) - 1))
    step, fewer = step_of(problem, example_weight=weight), step_of(without)
    share = len(without.x) / len(problem.x)
    for layer in range(1, step.layers + 1):
        np.testing.assert_allclose(step.dW[layer], fewer.dW[layer] * share, rtol=1e-12, atol=1e-15)
