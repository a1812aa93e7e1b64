"""Mistakes in the update: what becomes of a parameter, given its gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import Replacement, replacement
from clearprop.equations.step import Step

Update = Callable[[Array, Array, Array], Array]
"""A new parameter of the old one, its gradient and the learning rate."""

WRITTEN: tuple[tuple[str, str, Update], ...] = (
    ("assign-not-increment", "-eta * {g}", lambda theta, g, eta: -eta * g),
    ("sign-ascent", "{theta} + eta * {g}", lambda theta, g, eta: theta + eta * g),
    ("lr-undefined", "{theta} - {g}", lambda theta, g, eta: theta - g),
    ("lr-undefined", "{theta} - eta ** 2 * {g}", lambda theta, g, eta: theta - eta**2 * g),
    ("integer-parameters", "truncated({theta} - eta * {g})", lambda theta, g, eta: np.trunc(theta - eta * g)),
    ("integer-parameters", "truncated({theta}) - eta * {g}", lambda theta, g, eta: np.trunc(theta) - eta * g),
    ("update-wrong-variable", "{g} - eta * {theta}", lambda theta, g, eta: g - eta * theta),
)
"""By its name, the wrong update as a formula and as a function."""


def _of_weights(update: Update, step: Step, layer: int) -> Array:
    return update(step.W[layer], step.given_W[layer], step.update.learning_rate)


def _of_biases(update: Update, step: Step, layer: int) -> Array:
    return update(step.b[layer], step.given_b[layer], step.update.learning_rate)


NEW_WEIGHTS: tuple[Replacement, ...] = tuple(
    replacement(
        id,
        "new_W",
        "W_new[l, j, k] = " + formula.format(theta="W[l, j, k]", g="d(C_mean, W[l, j, k])"),
        partial(_of_weights, update),
    )
    for id, formula, update in WRITTEN  # noqa: A001 - as the catalogue calls it
)
NEW_BIASES: tuple[Replacement, ...] = tuple(
    replacement(
        id,
        "new_b",
        "b_new[l, j] = " + formula.format(theta="b[l, j]", g="d(C_mean, b[l, j])"),
        partial(_of_biases, update),
    )
    for id, formula, update in WRITTEN  # noqa: A001 - as the catalogue calls it
)
