"""The description left out: activations and cost are found by the learner's own functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clearprop as cp


def forward(weights: Any, biases: Any, x: Any) -> Any:
    a1 = np.tanh(x @ weights[0] + biases[0])
    return 1 / (1 + np.exp(-(a1 @ weights[1] + biases[1])))


def cost(output: Any, y: Any) -> Any:
    return np.mean(np.sum((output - y) ** 2, axis=1))


def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    a1 = np.tanh(x @ weights[0] + biases[0])
    a2 = forward(weights, biases, x)
    delta2 = 2 * (a2 - y) * a2 * (1 - a2) / len(x)
    delta1 = delta2 @ weights[1].T * (1 - a1**2)
    return [x.T @ delta1, a1.T @ delta2], [delta1.sum(axis=0), delta2.sum(axis=0)]


def test_activations_and_cost_are_found_out() -> None:
    report = cp.check(backprop, layers=[3, 4, 2], forward=forward, cost_function=cost)
    assert report.title == "backprop (backprop): 3-4-2 (tanh, sigmoid), squared_error"
    assert report.mistakes == ()


def test_outputs_that_no_activation_gives_are_told() -> None:
    def strange(weights: Any, biases: Any, x: Any) -> Any:
        return np.sin(forward(weights, biases, x))

    with pytest.raises(
        cp.ArgumentError, match="forward: expected a function whose outputs one of our activations gives"
    ):
        cp.check(backprop, layers=[3, 4, 2], forward=strange, cost_function=cost)


def test_a_cost_that_is_none_of_ours_is_told() -> None:
    def strange(output: Any, y: Any) -> Any:
        return np.sum(np.abs(output - y))

    with pytest.raises(cp.ArgumentError, match=r"cost_function: expected one of our costs \(squared_error, "):
        cp.check(backprop, layers=[3, 4, 2], activations=["tanh", "sigmoid"], cost_function=strange)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"layers": 3}, "layers: expected all sizes, inputs first, such as [2, 3, 2], got 3."),
        ({"activations": ["tanh"]}, "activations: expected one for each of 2 layers of weights, got 1."),
        (
            {"activations": ["tan", "sigmoid"]},
            "activations: expected one of identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax, got 'tan'. "
            "Did you mean 'tanh'?",
        ),
        ({"kind": "back"}, "kind: expected one of backprop, forward, cost, step, got 'back'. Did you mean 'backprop'?"),
        ({"seconds": 0}, "seconds and memory: expected numbers above 0, got 0 and 2048."),
        ({"cost": None}, "cost: expected the name of a cost, or a cost function, got neither."),
    ],
)
def test_a_wrong_description_is_told_in_one_sentence(wrong: Any, sentence: str) -> None:
    right = {"layers": [3, 4, 2], "activations": ["tanh", "sigmoid"], "cost": "squared_error"}
    with pytest.raises(cp.ArgumentError) as error:
        cp.check(backprop, **{**right, **wrong})
    assert sentence in str(error.value)


def test_what_is_no_function_is_told() -> None:
    with pytest.raises(cp.ArgumentError, match="function: expected a function, got int"):
        cp.check(3, layers=[3, 2], activations=["sigmoid"], cost="squared_error")  # type: ignore[arg-type]
