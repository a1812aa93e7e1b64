"""What shows at edges: a batch of one, examples of one class, equal widths, large z."""

from __future__ import annotations

from typing import Any

import numpy as np

import clearprop as cp

DESCRIBED: dict[str, Any] = {"layers": [3, 4, 2], "activations": ["tanh", "softmax"], "cost": "cross_entropy"}


def right(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    a1 = np.tanh(x @ weights[0] + biases[0])
    z2 = a1 @ weights[1] + biases[1]
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    delta2 = (e / e.sum(axis=1, keepdims=True) - y) / len(x)
    delta1 = delta2 @ weights[1].T * (1 - a1**2)
    return [x.T @ delta1, a1.T @ delta2], [delta1.sum(axis=0), delta2.sum(axis=0)]


def test_right_code_is_right_at_the_edges() -> None:
    assert cp.check(right, **DESCRIBED).mistakes == ()


def test_a_batch_of_one_that_stops_is_a_remark() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        if len(x) == 1:
            raise ValueError("too few")
        return right(weights, biases, x, y)

    report = cp.check(backprop, **DESCRIBED)
    assert [(each.severity, each.quantity) for each in report.mistakes] == [
        ("harmless", "the answer for a batch of one example")
    ]
    assert "raises ValueError: too few" in report.mistakes[0].message


def test_wrong_numbers_for_examples_of_one_class_are_found() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        gradients = right(weights, biases, x, y)
        if y[:, 0].all():
            gradients[0][0][:] = 0
        return gradients

    report = cp.check(backprop, **DESCRIBED)
    assert not report.ok
    assert report.mistakes[0].quantity == "the answer for examples that all have the same class"


def test_a_softmax_that_overflows_is_a_remark_and_its_shares_without_a_shift_are_right() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = np.tanh(weights[0] @ x + biases[0])
        e = np.exp(weights[1] @ a1 + biases[1])
        delta2 = e / e.sum() - y
        delta1 = weights[1].T @ delta2 * (1 - a1**2)
        return [np.outer(delta1, x), np.outer(delta2, a1)], [delta1, delta2]

    report = cp.check(backprop, **DESCRIBED)
    assert report.ok
    assert [each.id for each in report.mistakes] == ["softmax-overflow"]


def test_code_for_equal_widths_alone_is_checked_there_and_told_what_they_hide() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        assert len(biases[0]) == len(x) == 3
        a1 = np.tanh(weights[0] @ x + biases[0])
        delta2 = weights[1] @ a1 + biases[1] - y
        delta1 = weights[1].T @ delta2 * (1 - a1**2)
        return [np.outer(delta1, x), np.outer(delta2, a1)], [delta1, delta2]

    report = cp.check(backprop, layers=[3, 3, 3], activations=["tanh", "identity"], cost="half_squared_error")
    assert report.mistakes == ()
    assert report.not_checked[0].startswith("what layers of equal width hide")


def test_a_transposed_gradient_shows_where_widths_may_differ() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = np.tanh(weights[0] @ x + biases[0])
        delta2 = weights[1] @ a1 + biases[1] - y
        delta1 = weights[1].T @ delta2 * (1 - a1**2)
        return [np.outer(x, delta1), np.outer(delta2, a1)], [delta1, delta2]

    report = cp.check(backprop, layers=[3, 3, 3], activations=["tanh", "identity"], cost="half_squared_error")
    assert [(each.id, each.layers) for each in report.mistakes] == [("dW-transposed", (1,))]


def test_what_has_no_name_is_located_with_how_it_differs() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        gradients = right(weights, biases, x, y)
        gradients[0][0][1, 2] += 0.5
        return gradients

    report = cp.check(backprop, **DESCRIBED)
    assert [(each.id, each.layers, each.quantity) for each in report.mistakes] == [(None, (1,), "∂C/∂W")]
    assert "Only row 3 of 4 is wrong." in report.mistakes[0].message
    assert report.right
    assert report.right[0].endswith("z2 = a1 @ weights[1] + biases[1]")
