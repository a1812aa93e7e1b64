"""Mistakes on the way forward: in the weighted input z and in the activation a."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import (
    Replacement,
    both,
    elementwise,
    of_activation,
    output,
    replacement,
)
from clearprop.equations.activations import LEAK, sigmoid
from clearprop.equations.step import Step

Z, A = "z[l, j] = ", "a[l, j] = "
SHIFTED = "exp(z[l, j] - max(k, z[l, k]))"


def _not_identity(step: Step, layer: int) -> bool:
    return step.activations[layer].name != "identity"


def _softmax_of_several(step: Step, layer: int) -> bool:
    return step.activations[layer].name == "softmax" and len(step.x) > 1


def _deep(step: Step, layer: int) -> bool:
    return layer > 1


def _square(step: Step, layer: int) -> bool:
    return bool(step.W[layer].shape[0] == step.W[layer].shape[1])


def _shares_of(over: int | None, step: Step, layer: int) -> Array:
    """Exponentials divided by their sum over that axis; shifting all z by the largest of the same sum changes
    nothing."""
    z = step.z[layer]
    e = np.exp(z - z.max(axis=over, keepdims=True))
    return e / e.sum(axis=over, keepdims=True)


def _shifted_shares_of(over: int | None, step: Step, layer: int) -> Array:
    """The same, with z shifted by the largest of each example."""
    e = np.exp(step.z[layer] - step.z[layer].max(axis=1, keepdims=True))
    return e / e.sum(axis=over, keepdims=True)


WEIGHTED_INPUTS: tuple[Replacement, ...] = (
    replacement("missing-bias", "z", f"{Z}sum(k, W[l, j, k] * a[l - 1, k])", lambda s, l: s.a[l - 1] @ s.W[l].T),
    replacement(
        "db-sign", "z", f"{Z}sum(k, W[l, j, k] * a[l - 1, k]) - b[l, j]", lambda s, l: s.a[l - 1] @ s.W[l].T - s.b[l]
    ),
    replacement(
        "dW-unactivated-input",
        "z",
        f"{Z}sum(k, W[l, j, k] * z[l - 1, k]) + b[l, j]",
        lambda s, l: s.z[l - 1] @ s.W[l].T + s.b[l],
        _deep,
    ),
    replacement("layer-skipped", "z", f"{Z}a[l - 1, j]", lambda s, l: s.a[l - 1], _square),
    replacement(
        "backprop-untransposed",
        "z",
        f"{Z}sum(k, W[l, k, j] * a[l - 1, k]) + b[l, j]",
        lambda s, l: s.a[l - 1] @ s.W[l] + s.b[l],
        _square,
    ),
)
"""What stands in the place of z."""

Value = Callable[[Array], Array]
"""An activation as it is written down: of z."""

WRITTEN: tuple[tuple[str, str, Value], ...] = (
    ("sigmoid", "1 / (1 + exp(z[l, j]))", lambda z: sigmoid(-z)),
    ("sigmoid", "1 / (1 - exp(-z[l, j]))", lambda z: 1 / (1 - np.exp(-z))),
    ("sigmoid", "1 / (1 + exp(-z[l, j])) - 1 / 2", lambda z: sigmoid(z) - 0.5),
    ("sigmoid", "tanh(z[l, j])", lambda z: np.tanh(z)),
    ("tanh", "1 / (1 + exp(-z[l, j]))", lambda z: sigmoid(z)),
    ("tanh", "1 - 2 / (1 + exp(-z[l, j]))", lambda z: 1 - 2 * sigmoid(z)),
    ("tanh", "2 / (1 + exp(-z[l, j])) - 1", lambda z: 2 * sigmoid(z) - 1),
    ("relu", "0 if z[l, j] > 0 else z[l, j]", lambda z: np.minimum(z, 0)),
    ("leaky_relu", "alpha * z[l, j] if z[l, j] > 0 else z[l, j]", lambda z: np.where(z > 0, LEAK * z, z)),
    ("leaky_relu", "0 if z[l, j] > 0 else alpha * z[l, j]", lambda z: np.where(z > 0, 0.0, LEAK * z)),
    ("leaky_relu", "z[l, j] if z[l, j] > 0 else alpha", lambda z: np.where(z > 0, z, LEAK)),
    ("leaky_relu", "z[l, j] if z[l, j] > 0 else 0", lambda z: np.maximum(z, 0)),
    ("softmax", "exp(z[l, j])", lambda z: np.exp(z)),
)
"""Wrong activations by the one that was meant: a sign, a bracket, or another one's formula."""


def _written(value: Value, step: Step, layer: int) -> Array:
    return value(step.z[layer])


ACTIVATED: tuple[Replacement, ...] = (
    replacement("activation-forgotten", "f", f"{A}z[l, j]", lambda s, l: s.z[l], _not_identity),
    replacement(
        "step-activation", "f", f"{A}1 if z[l, j] > 0 else 0", lambda s, l: np.where(s.z[l] > 0, 1.0, 0.0), elementwise
    ),
    *(
        replacement("activation-formula", "f", A + formula, partial(_written, value), of_activation(activation))
        for activation, formula, value in WRITTEN
    ),
    *(
        replacement("softmax-axis", "f", f"{A}{formula}", partial(rule, over), _softmax_of_several)
        for formula, rule, over in (
            ("exp(z[l, j]) / sum(i, sum(k, exp(z[l, i, k])))", _shares_of, None),
            ("exp(z[l, j]) / sum(i, exp(z[l, i, j]))", _shares_of, 0),
            (f"{SHIFTED} / sum(i, sum(k, exp(z[l, i, k] - max(m, z[l, i, m]))))", _shifted_shares_of, None),
            (f"{SHIFTED} / sum(i, exp(z[l, i, j] - max(m, z[l, i, m])))", _shifted_shares_of, 0),
        )
    ),
    replacement(
        "softmax-twice",
        "f",
        f"{A}exp(exp(z[l, j]) / sum(k, exp(z[l, k]))) / sum(m, exp(exp(z[l, m]) / sum(k, exp(z[l, k]))))",
        lambda s, l: s.activations[l](s.activations[l](s.z[l])),
        both(output, of_activation("softmax")),
    ),
)
"""What stands in the place of a = f(z)."""

LAYER_LEFT_OUT = replacement("layer-skipped", "a", "a[l, j] = a[l - 1, j]", lambda s, l: s.a[l - 1], output)
"""The loop ends one layer early, and the layer before is taken for the output."""
