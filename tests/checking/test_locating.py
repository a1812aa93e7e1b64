"""What has no name is located: which quantity of which layer, and how it differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clearprop as cp

Spoil = Callable[[Any, Any, Any], tuple[Any, Any, Any]]


def spoilt(spoil: Spoil) -> Any:
    """Right backpropagation for one example, with the first layer's error, ∂W and ∂b changed by `spoil`."""

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = 1 / (1 + np.exp(-(weights[0] @ x + biases[0])))
        delta2 = 1 / (1 + np.exp(-(weights[1] @ a1 + biases[1]))) - y
        delta1, a1_shown, x_shown = spoil(weights[1].T @ delta2 * a1 * (1 - a1), a1, x)
        weight_gradient = np.outer(delta1, x_shown) if x_shown.ndim == 1 else x_shown * delta1[:, None]
        return [weight_gradient, np.outer(delta2, a1)], [a1_shown if a1_shown is not a1 else delta1, delta2]

    return backprop


CASES: dict[str, tuple[Spoil, str, str]] = {
    "times a": (lambda d, a, x: (d * a, a, x), "δ", "It is the right one times a, neuron by neuron."),
    "times 1 − a": (lambda d, a, x: (d * (1 - a), a, x), "δ", "It is the right one times 1 − a, neuron by neuron."),
    "another order of numbers": (
        lambda d, a, x: (d, a, x[::-1]),
        "∂C/∂W",
        "It holds the right numbers in another order.",
    ),
    "another order of rows": (
        lambda d, a, x: (d, d[::-1].copy(), x),
        "∂C/∂b",
        "It holds the right rows in another order.",
    ),
    "not numbers": (lambda d, a, x: (d * np.nan, a, x), "δ", "Some of its numbers are not numbers (NaN or infinity)."),
    "another shape": (lambda d, a, x: (d, d[:2].copy(), x), "∂C/∂b", "It has another shape than it ought to have."),
    "one number": (
        lambda d, a, x: (d, np.where(np.arange(len(d)) == 1, d + 1, d), x),
        "∂C/∂b",
        "Only row 2 of 4 is wrong.",
    ),
}


@pytest.mark.parametrize(("spoil", "quantity", "told"), CASES.values(), ids=CASES)
def test_the_first_wrong_quantity_is_told_with_how_it_differs(spoil: Spoil, quantity: str, told: str) -> None:
    report = cp.check(spoilt(spoil), layers=[3, 4, 2], activations=["sigmoid", "sigmoid"], cost="binary_cross_entropy")
    assert [(each.id, each.severity, each.layers, each.quantity) for each in report.mistakes] == [
        (None, "wrong", (1,), quantity)
    ]
    assert told in report.mistakes[0].message


def test_lines_that_are_right_are_told() -> None:
    report = cp.check(
        spoilt(CASES["times a"][0]), layers=[3, 4, 2], activations=["sigmoid", "sigmoid"], cost="binary_cross_entropy"
    )
    for quantity, code in (("a of layer 1", "a1 = 1 / (1 + np.exp("), ("δ of layer 2", "delta2 = 1 / (1 + np.exp(")):
        assert any(quantity in line and f": {code}" in line for line in report.right), report.right


def test_a_layer_above_is_named_though_one_below_is_only_located() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = 1 / (1 + np.exp(-(weights[0] @ x + biases[0])))
        delta2 = (1 / (1 + np.exp(-(weights[1] @ a1 + biases[1]))) - y) * 1.0
        delta1 = weights[1].T @ delta2 * np.sin(a1)
        return [np.outer(delta1, x), np.outer(delta2, a1)], [delta1, -delta2]

    report = cp.check(backprop, layers=[3, 4, 2], activations=["sigmoid", "sigmoid"], cost="binary_cross_entropy")
    assert [(each.id, each.layers) for each in report.mistakes] == [("db-sign", (2,)), (None, (1,))]
