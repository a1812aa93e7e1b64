"""Update rules against the papers' algorithms, written out number by number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearprop.equations.equation import Equation
from clearprop.equations.updates import OPTIMIZERS, descend, optimizer_named
from clearprop.errors import ArgumentError

STEPS = 20
ETA = 0.05
Path = list[float]


def sgd(theta: float, slope: Callable[[float], float]) -> Path:
    path = []
    for _ in range(STEPS):
        theta -= ETA * slope(theta)
        path.append(theta)
    return path


def momentum(theta: float, slope: Callable[[float], float]) -> Path:
    path, v = [], 0.0
    for _ in range(STEPS):
        v = 0.8 * v + slope(theta)
        theta -= ETA * v
        path.append(theta)
    return path


def nesterov(theta: float, slope: Callable[[float], float]) -> Path:
    """As Sutskever has it: the gradient is taken where the ball will be; followed at the place looked ahead from."""
    path, v, ahead = [], 0.0, theta
    for _ in range(STEPS):
        move = 0.8 * v - ETA * slope(ahead)
        theta, v = theta + move, move
        ahead = theta + 0.8 * v
        path.append(ahead)
    return path


def rmsprop(theta: float, slope: Callable[[float], float]) -> Path:
    path, s = [], 0.0
    for _ in range(STEPS):
        g = slope(theta)
        s = 0.9 * s + 0.1 * g * g
        theta -= ETA * g / (math.sqrt(s) + 1e-6)
        path.append(theta)
    return path


def adam(theta: float, slope: Callable[[float], float], decay: float = 0.0) -> Path:
    path, m, s = [], 0.0, 0.0
    for t in range(1, STEPS + 1):
        g = slope(theta)
        m = 0.7 * m + 0.3 * g
        s = 0.95 * s + 0.05 * g * g
        m_hat, s_hat = m / (1 - 0.7**t), s / (1 - 0.95**t)
        theta = theta - ETA * decay * theta - ETA * m_hat / (math.sqrt(s_hat) + 1e-6)
        path.append(theta)
    return path


def adamw(theta: float, slope: Callable[[float], float]) -> Path:
    return adam(theta, slope, decay=0.1)


ADAM = {"beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-6}
WRITTEN: dict[str, tuple[Callable[..., Path], dict[str, float]]] = {
    "sgd": (sgd, {}),
    "momentum": (momentum, {"momentum": 0.8}),
    "nesterov": (nesterov, {"momentum": 0.8}),
    "rmsprop": (rmsprop, {"beta_2": 0.9, "epsilon": 1e-6}),
    "adam": (adam, ADAM),
    "adamw": (adamw, {**ADAM, "decay": 0.1}),
}


def slope_of(theta: Any) -> Any:
    """The slope of ¼θ⁴ − θ, which is neither linear nor of one sign."""
    return theta**3 - 1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_updates_are_those_of_the_paper(name: str) -> None:
    written, options = WRITTEN[name]
    optimizer = OPTIMIZERS[name]
    assert set(options) == set(dict(optimizer.options))
    theta = np.array([1.7, -0.6, 0.2])
    wanted = np.array([written(float(start), slope_of) for start in theta]).T
    slots = {slot: np.zeros(3) for slot in optimizer.slots}
    for t in range(1, STEPS + 1):
        theta, slots = optimizer.update(theta, slope_of(theta), slots, t=t, eta=ETA, options=options)
        assert set(slots) == set(optimizer.slots)
        np.testing.assert_allclose(theta, wanted[t - 1], rtol=1e-12, atol=1e-13)


def test_every_update_rule_is_compared() -> None:
    assert set(WRITTEN) == set(OPTIMIZERS)


DEFAULTS = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9},
    "rmsprop": {"beta_2": 0.99, "epsilon": 1e-8},
    "adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
    "adamw": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "decay": 0.01},
}


def test_the_defaults_are_the_fields() -> None:
    assert {name: dict(optimizer.options) for name, optimizer in OPTIMIZERS.items()} == DEFAULTS


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_changes_nothing_in_place(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    theta, g = np.ones(3), np.full(3, 0.5)
    slots = {slot: np.full(3, 0.25) for slot in optimizer.slots}
    for array in (theta, g, *slots.values()):
        array.flags.writeable = False
    optimizer.update(theta, g, slots, t=1, eta=ETA, options=dict(optimizer.options))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_rule_lists_its_equations_the_step_last(name: str) -> None:
    equations = OPTIMIZERS[name].equations
    assert all(isinstance(each, Equation) for each in equations)
    assert equations[-1] is descend


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    adam_rule = OPTIMIZERS["adam"]
    slots = {slot: np.zeros(3) for slot in adam_rule.slots}
    g = np.array([1e-3, -7.0, 1e5])
    new, _ = adam_rule.update(np.zeros(3), g, slots, t=1, eta=0.01, options=dict(adam_rule.options))
    np.testing.assert_allclose(new, -0.01 * np.sign(g), rtol=1e-4)


def test_an_unknown_update_rule_is_refused() -> None:
    with pytest.raises(ArgumentError) as error:
        optimizer_named("adem")
    assert str(error.value) == (
        "optimizer: expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, got 'adem'. Did you mean 'adam'?"
    )
    assert optimizer_named("adam") is OPTIMIZERS["adam"]
