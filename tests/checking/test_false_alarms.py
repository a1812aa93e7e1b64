"""Right code that is often called wrong: none of it gets a finding."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clearprop as cp

Function = Callable[..., Any]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def two_layers(hidden: Function, slope: Function, output: Function, error: Function) -> Function:
    """Backpropagation through two layers for one example; `slope` is of z and a, `error` of the outputs and targets."""

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        z1 = weights[0] @ x + biases[0]
        a1 = hidden(z1)
        a2 = output(weights[1] @ a1 + biases[1])
        delta2 = error(a2, y)
        delta1 = (weights[1].T @ delta2) * slope(z1, a1)
        return [np.outer(delta1, x), np.outer(delta2, a1)], [delta1, delta2]

    return backprop


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max())
    return e / e.sum()


def plain(a: Any, y: Any) -> Any:
    return a - y


def softmax_pullback(a: Any, y: Any) -> Any:
    jacobian = np.diag(a) - np.outer(a, a)
    return jacobian @ (-y / a)


def normal_share(z: Any) -> Any:
    """How much of a normal distribution lies below z."""
    return (1 + np.vectorize(math.erf)(z / np.sqrt(2))) / 2


def of_a(_: Any, a: Any) -> Any:
    return a * (1 - a)


def extra_bias_row(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    """Biases as a column of the weights; the row that belongs to them is dropped on the way back."""
    x1 = np.append(x, 1.0)
    theta1, theta2 = (np.column_stack([W, b]) for W, b in zip(weights, biases, strict=True))
    a1 = np.append(sigmoid(theta1 @ x1), 1.0)
    delta2 = sigmoid(theta2 @ a1) - y
    delta1 = (theta2.T @ delta2 * a1 * (1 - a1))[:-1]
    grads = np.outer(delta1, x1), np.outer(delta2, a1)
    return [g[:, :-1] for g in grads], [g[:, -1] for g in grads]


def no_gradient_for_the_inputs(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    """The loop stops before the first layer: nobody needs ∂C/∂x."""
    activations = [x]
    for W, b in zip(weights, biases, strict=True):
        activations.append(sigmoid(W @ activations[-1] + b))
    deltas = [activations[-1] - y]
    for l in range(len(weights) - 1, 0, -1):
        a = activations[l]
        deltas.insert(0, weights[l].T @ deltas[0] * a * (1 - a))
    return [np.outer(d, a) for d, a in zip(deltas, activations[:-1], strict=True)], deltas


def references(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    """The same list under two names, and a gradient that is an error itself."""
    weight_gradients, bias_gradients = no_gradient_for_the_inputs(weights, biases, x, y)
    same = bias_gradients
    return weight_gradients, same


def one_over_m(place: str) -> Function:
    """The mean over the examples, taken of the error or of the gradients."""

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        m = len(x)
        a1 = np.tanh(x @ weights[0] + biases[0])
        delta2 = sigmoid(a1 @ weights[1] + biases[1]) - y
        if place == "error":
            delta2, m = delta2 / m, 1
        delta1 = delta2 @ weights[1].T * (1 - a1**2)
        return [x.T @ delta1 / m, a1.T @ delta2 / m], [delta1.sum(axis=0) / m, delta2.sum(axis=0) / m]

    return backprop


def linear(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    delta = weights[0] @ x + biases[0] - y
    return [np.outer(delta, x)], [delta]


def bias_is_delta(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    return linear(weights, biases, x, y)


SIGMOIDS = {"layers": [3, 4, 2], "activations": ["sigmoid", "sigmoid"]}
BINARY, HALF = {"cost": "binary_cross_entropy"}, {"cost": "half_squared_error"}
SOFTMAX = {"layers": [3, 4, 2], "activations": ["sigmoid", "softmax"], "cost": "cross_entropy"}
TANH = {"layers": [3, 4, 2], "activations": ["tanh", "sigmoid"], "cost": "binary_cross_entropy"}

CASES = {
    "fa-deriv-in-terms-of-a": (two_layers(sigmoid, of_a, sigmoid, plain), {**SIGMOIDS, **BINARY}),
    "fa-deriv-in-terms-of-a-relu": (
        two_layers(lambda z: np.maximum(z, 0), lambda _, a: a > 0, sigmoid, plain),
        {"layers": [3, 4, 2], "activations": ["relu", "sigmoid"], **BINARY},
    ),
    "fa-ce-delta": (two_layers(sigmoid, of_a, softmax, plain), SOFTMAX),
    "fa-mse-delta": (two_layers(sigmoid, of_a, sigmoid, lambda a, y: (a - y) * a * (1 - a)), {**SIGMOIDS, **HALF}),
    "fa-tan-tanh": (two_layers(np.tanh, lambda z, _: 1 / np.cosh(z) ** 2, sigmoid, plain), TANH),
    "fa-zero-init-linear": (linear, {"layers": [3, 2], "activations": ["identity"], **HALF}),
    "fa-softmax-ce-vs-softmax": (two_layers(sigmoid, of_a, softmax, softmax_pullback), SOFTMAX),
    "fa-bias-gradient": (bias_is_delta, {"layers": [3, 1], "activations": ["identity"], **HALF}),
    "fa-linear-output": (
        two_layers(np.tanh, lambda _, a: 1 - a**2, lambda z: z, plain),
        {"layers": [3, 4, 1], "activations": ["tanh", "identity"], **HALF},
    ),
    "fa-reference": (references, {"layers": [3, 5, 4, 2], "activations": ["sigmoid"] * 3, **BINARY}),
    "fa-dropped-row": (extra_bias_row, {**SIGMOIDS, **BINARY}),
    "fa-one-over-m-place": (one_over_m("error"), TANH),
    "fa-one-over-m-place-of-gradients": (one_over_m("gradients"), TANH),
    "fa-loop-bound": (no_gradient_for_the_inputs, {"layers": [3, 5, 4, 2], "activations": ["sigmoid"] * 3, **BINARY}),
}


@pytest.mark.parametrize(("function", "description"), CASES.values(), ids=CASES)
def test_right_code_that_is_often_called_wrong_has_no_finding(function: Function, description: Any) -> None:
    report = cp.check(function, **description)
    assert report.ok
    assert report.mistakes == (), report


def test_numbers_that_do_not_belong_together_are_not_a_test() -> None:
    """fa-test-data: a and z that were drawn apart from each other; `check` makes its own points, so it cannot
    happen, and
    numbers that are given are taken as they are."""
    x, W, b = np.array([[0.5, -1.0]]), [np.array([[0.3, 0.7]])], [np.array([0.1])]
    a = sigmoid(x @ W[0].T + b[0])
    report = cp.check_numbers(
        W, b, x, [[1.0]], [(a - 1).T @ x], [(a - 1)[0]], activations=["sigmoid"], cost="binary_cross_entropy"
    )
    assert report.ok, report


@pytest.mark.parametrize(
    ("error", "factor"),
    [(lambda a, y: 2 * (a - y) * a * (1 - a), 2), (lambda a, y: (a - y) * a * (1 - a) / 2, 0.5)],
)
def test_a_factor_of_the_cost_is_a_harmless_remark(error: Function, factor: float) -> None:
    report = cp.check(two_layers(sigmoid, of_a, sigmoid, error), **SIGMOIDS, **HALF)
    assert report.ok, factor
    assert [(each.id, each.severity) for each in report.mistakes] == [("batch-scale", "harmless")]


def test_a_factor_on_a_part_of_the_gradients_is_no_other_learning_rate() -> None:
    right = two_layers(sigmoid, of_a, sigmoid, lambda a, y: (a - y) * a * (1 - a))

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        (dW1, dW2), db = right(weights, biases, x, y)
        return [dW1, 2 * dW2], db

    (mistake,) = cp.check(backprop, **SIGMOIDS, **HALF).mistakes
    assert (mistake.id, mistake.severity, mistake.layers, mistake.also) == ("batch-scale", "wrong", (2,), ())
    assert mistake.message.startswith("Some gradients are stretched by a factor that the others do not have.")
    assert mistake.fix == "Take the factor out, or give it to all gradients."


def test_a_threshold_that_is_subtracted_on_both_ways_is_a_convention() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = sigmoid(weights[0] @ x - biases[0])
        delta2 = sigmoid(weights[1] @ a1 - biases[1]) - y
        delta1 = weights[1].T @ delta2 * a1 * (1 - a1)
        return [np.outer(delta1, x), np.outer(delta2, a1)], [-delta1, -delta2]

    report = cp.check(backprop, **SIGMOIDS, **BINARY)
    assert report.mistakes == (), report


@pytest.mark.parametrize("leak", [0.2, 0.1, 0.05, 0.001])
def test_another_leak_is_a_convention(leak: float) -> None:
    function = two_layers(lambda z: np.where(z > 0, z, leak * z), lambda z, _: np.where(z > 0, 1, leak), sigmoid, plain)
    report = cp.check(function, layers=[3, 4, 2], activations=["leaky_relu", "sigmoid"], **BINARY)
    assert report.mistakes == (), report


@pytest.mark.parametrize(
    ("activation", "hidden", "slope"),
    [
        ("leaky_relu", lambda z: np.where(z > 0, z, 0.3 * z), lambda z: np.where(z > 0, 1, 0.3)),
        (
            "gelu",
            lambda z: z * normal_share(z),
            lambda z: normal_share(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
        ),
    ],
)
def test_another_form_of_an_activation_is_right_at_the_edges_too(
    activation: str, hidden: Function, slope: Function
) -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        z1 = x @ weights[0] + biases[0]
        a1 = hidden(z1)
        delta2 = sigmoid(a1 @ weights[1] + biases[1]) - y
        delta1 = delta2 @ weights[1].T * slope(z1)
        return [x.T @ delta1, a1.T @ delta2], [delta1.sum(axis=0), delta2.sum(axis=0)]

    report = cp.check(backprop, layers=[3, 4, 2], activations=[activation, "sigmoid"], **BINARY)
    assert report.mistakes == (), report


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_single_precision_inside_is_no_mistake(precision: Any) -> None:
    function = CASES["fa-ce-delta"][0]

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        given = [[part.astype(precision) for part in weights], [part.astype(precision) for part in biases]]
        return function(*given, x.astype(precision), y.astype(precision))

    report = cp.check(backprop, **SOFTMAX)
    assert report.mistakes == (), report


def test_an_update_after_each_example_is_a_convention() -> None:
    def step(weights: Any, biases: Any, x: Any, y: Any, learning_rate: float) -> None:
        for example, target in zip(x, y, strict=True):
            gradients = no_gradient_for_the_inputs(weights, biases, example, target)
            for arrays, changes in zip((weights, biases), gradients, strict=True):
                for array, change in zip(arrays, changes, strict=True):
                    array -= learning_rate * change

    report = cp.check(step, **SIGMOIDS, **BINARY, kind="step")
    assert report.mistakes == (), report
    assert "an update after each example, not one for all of them" in report.conventions


def class_indices(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    a1 = np.maximum(x @ weights[0] + biases[0], 0)
    e = np.exp(a1 @ weights[1] + biases[1])
    delta2 = e / e.sum(axis=1, keepdims=True)
    delta2[range(len(x)), y] -= 1
    delta2 /= len(x)
    delta1 = delta2 @ weights[1].T * (a1 > 0)
    return [x.T @ delta1, a1.T @ delta2], [delta1.sum(axis=0), delta2.sum(axis=0)]


def flat_targets(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    a1 = np.tanh(x @ weights[0] + biases[0])
    a2 = sigmoid(a1 @ weights[1] + biases[1]).ravel()
    delta2 = (a2 - y)[:, None] / len(x)
    delta1 = delta2 @ weights[1].T * (1 - a1**2)
    return [x.T @ delta1, a1.T @ delta2], [delta1.sum(axis=0), delta2.sum(axis=0)]


def test_targets_may_be_class_indices_or_flat() -> None:
    softmax_report = cp.check(class_indices, layers=[3, 4, 2], activations=["relu", "softmax"], cost="cross_entropy")
    assert {each.id for each in softmax_report.mistakes} == {"softmax-overflow"}
    assert "targets as class indices" in softmax_report.conventions
    report = cp.check(flat_targets, layers=[3, 4, 1], activations=["tanh", "sigmoid"], cost="binary_cross_entropy")
    assert report.mistakes == ()
    assert "targets as (m,)" in report.conventions


def test_l2_in_the_gradient_is_a_harmless_remark() -> None:
    function = CASES["fa-loop-bound"][0]

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        weight_gradients, bias_gradients = function(weights, biases, x, y)
        return [g + 0.1 * W for g, W in zip(weight_gradients, weights, strict=True)], bias_gradients

    report = cp.check(backprop, **CASES["fa-loop-bound"][1])
    assert report.ok
    assert [each.id for each in report.mistakes] == ["reg-gradient"]
