"""Right rules written otherwise: the same numbers in a right program, other numbers after a mistake on the way
forward."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.hypotheses import Change
from clearprop.checking.mistakes.replacement import replacement
from clearprop.checking.trial import Trial
from clearprop.equations.activations import LEAK
from clearprop.equations.step import Step

_OF_A: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "sigmoid": ("a[l, j] * (1 - a[l, j])", lambda a: a * (1 - a)),
    "tanh": ("1 - a[l, j] ** 2", lambda a: 1 - a**2),
    "relu": ("1 if a[l, j] > 0 else 0", lambda a: np.where(a > 0, 1.0, 0.0)),
    "leaky_relu": ("1 if a[l, j] > 0 else alpha", lambda a: np.where(a > 0, 1.0, LEAK)),
}
"""Slopes that are written with a where others write z."""


def _of_a(step: Step, layer: int) -> Array:
    return _OF_A[step.activations[layer].name][1](step.a[layer])


_FORMS = {
    name: replacement("form", "slope", f"d(a[l, j], z[l, j]) = {formula}", _of_a)
    for name, (formula, _) in _OF_A.items()
}


def _slopes_of_z(step: Step) -> list[Change]:
    return []


def _slopes_of_a(step: Step) -> list[Change]:
    names = {layer: step.activations[layer].name for layer in range(1, step.layers + 1)}
    return [Change(layer, _FORMS[name]) for layer, name in names.items() if name in _FORMS]


FORMS: tuple[Callable[[Step], list[Change]], ...] = (_slopes_of_a, _slopes_of_z)
"""The slope as a function of a, as most programs have it, and as a function of z."""


def _threshold_input(step: Step, layer: int) -> Array:
    return step.a[layer - 1] @ step.W[layer].T - step.b[layer]


_THRESHOLD = (
    replacement("threshold", "z", "z[l, j] = sum(k, W[l, j, k] * a[l - 1, k]) - b[l, j]", _threshold_input),
    replacement(
        "threshold",
        "db",
        "d(C_mean, b[l, j]) = -sum(i, delta[l, i, j]) / n",
        lambda s, l: -s.delta[l].mean(axis=0),
    ),
)


def as_thresholds(step: Step) -> list[Change]:
    """Biases that are subtracted, and whose gradients have the other sign: a convention of old books."""
    return [Change(layer, each) for layer in range(1, step.layers + 1) for each in _THRESHOLD]


def one_after_another(trial: Trial) -> list[Change]:
    """An update after each example, where others take one for all of them."""
    rules = {
        name: replacement("form", name, f"{name} = {name}", partial(_after_each, name)) for name in ("new_W", "new_b")
    }
    return [Change(layer, each) for layer in range(1, trial.layers + 1) for each in rules.values()]


def _after_each(name: str, step: Step, layer: int) -> Array:
    assert isinstance(step, Trial)
    layers = range(1, step.layers + 1)
    weights, biases = [step.W[n] for n in layers], [step.b[n] for n in layers]
    for place in range(len(step.x)):
        one = step.with_numbers(weights, biases, step.x[place : place + 1], step.y[place : place + 1])
        weights, biases = [one.new_W[n] for n in layers], [one.new_b[n] for n in layers]
    return (weights if name == "new_W" else biases)[layer - 1]
