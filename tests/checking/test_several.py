"""Two and three mistakes together, the same and different ones, in different layers."""

from __future__ import annotations

from typing import Any

import numpy as np

import clearprop as cp

DESCRIBED: dict[str, Any] = {
    "layers": [3, 5, 4, 2],
    "activations": ["sigmoid", "tanh", "softmax"],
    "cost": "cross_entropy",
}


def program(slope1: Any, slope2: Any, delta3: Any, db2: Any, *, bias3: float = 1.0) -> Any:
    """Backpropagation through three layers for one example; each part may be wrong."""

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = 1 / (1 + np.exp(-(weights[0] @ x + biases[0])))
        a2 = np.tanh(weights[1] @ a1 + biases[1])
        z3 = weights[2] @ a2 + bias3 * biases[2]
        a3 = np.exp(z3 - z3.max()) / np.exp(z3 - z3.max()).sum()
        d3 = delta3(a3, y)
        d2 = weights[2].T @ d3 * slope2(a2)
        d1 = weights[1].T @ d2 * slope1(a1)
        return [np.outer(d1, x), np.outer(d2, a1), np.outer(d3, a2)], [d1, db2(d2), d3]

    return backprop


def right1(a: Any) -> Any:
    return a * (1 - a)


def right2(a: Any) -> Any:
    return 1 - a**2


def plain(a: Any, y: Any) -> Any:
    return a - y


def itself(value: Any) -> Any:
    return value


def named(function: Any, **how: Any) -> set[tuple[str | None, tuple[int, ...]]]:
    return {(each.id, each.layers) for each in cp.check(function, **{**DESCRIBED, **how}).mistakes}


def test_nothing_is_found_in_the_healthy_program() -> None:
    assert named(program(right1, right2, plain, itself)) == set()


def test_two_mistakes_in_different_layers() -> None:
    wrong = program(right1, itself, lambda a, y: (a - y) * a * (1 - a), itself)
    assert named(wrong) == {("act-deriv-extra-ce", (3,)), ("act-deriv-wrong-formula", (2,))}


def test_three_mistakes_two_of_them_in_one_layer() -> None:
    wrong = program(np.ones_like, itself, plain, lambda d: -d)
    assert named(wrong) == {
        ("act-deriv-wrong-formula", (2,)),
        ("db-sign", (2,)),
        ("act-deriv-missing-hidden", (1,)),
    }


def test_the_same_mistake_in_two_layers_is_one() -> None:
    assert named(program(np.ones_like, np.ones_like, plain, itself)) == {("act-deriv-missing-hidden", (1, 2))}


def test_a_mistake_on_the_way_forward_and_one_on_the_way_back() -> None:
    wrong = program(right1, itself, plain, itself, bias3=0.0)
    assert named(wrong) == {("missing-bias", (3,)), ("act-deriv-wrong-formula", (2,))}


def test_three_mistakes_on_the_way_forward() -> None:
    def forward(weights: Any, biases: Any, x: Any) -> Any:
        a1 = weights[0] @ x + biases[0]
        a2 = 2 / (1 + np.exp(-(weights[1] @ a1))) - 1
        z3 = weights[2] @ a2 + biases[2]
        return [a1, a2, np.exp(z3)]

    found = named(forward, kind="forward")
    assert found == {("activation-forgotten", (1,)), ("missing-bias", (2,)), ("activation-formula", (2, 3))}
