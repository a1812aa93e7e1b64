"""Mistakes in the slope of an activation, f′(z)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import (
    Replacement,
    both,
    elementwise,
    hidden,
    of_activation,
    output,
    replacement,
    same_shape,
)
from clearprop.checking.trial import RULES
from clearprop.equations.activations import GELU_CUBIC, GELU_SCALE, LEAK, gelu, gelu_slope, sigmoid, tanh
from clearprop.equations.step import Step

DOUBLE, WRONG = "act-deriv-double", "act-deriv-wrong-formula"
LEFT = "d(a[l, j], z[l, j]) = "
TWICE = "1 / (1 + exp(-a[l, j]))"
GATE = f"tanh({GELU_SCALE!r} * (z[l, j] + {GELU_CUBIC!r} * z[l, j] ** 3))"

Slope = Callable[[Array, Array], Array]
"""A slope as it is written down: of z and a."""

WRITTEN: tuple[tuple[str, str, str, Slope], ...] = (
    (DOUBLE, "sigmoid", f"{TWICE} * (1 - {TWICE})", lambda z, a: sigmoid(a) * sigmoid(-a)),
    (WRONG, "sigmoid", "a[l, j]", lambda z, a: a),
    (WRONG, "sigmoid", "1 - a[l, j]", lambda z, a: 1 - a),
    (WRONG, "sigmoid", "z[l, j] * (1 - z[l, j])", lambda z, a: z * (1 - z)),
    (WRONG, "sigmoid", "a[l, j] * (1 + a[l, j])", lambda z, a: a * (1 + a)),
    (WRONG, "sigmoid", "1 - a[l, j] ** 2", lambda z, a: 1 - a**2),
    (WRONG, "sigmoid", "a[l, j] ** 2", lambda z, a: a**2),
    (WRONG, "sigmoid", "z[l, j]", lambda z, a: z),
    (WRONG, "sigmoid", "a[l, j] * (a[l, j] - 1)", lambda z, a: a * (a - 1)),
    (WRONG, "sigmoid", "a[l, j] * (1 - z[l, j])", lambda z, a: a * (1 - z)),
    (WRONG, "sigmoid", "z[l, j] * (1 - a[l, j])", lambda z, a: z * (1 - a)),
    (WRONG, "sigmoid", "exp(-z[l, j])", lambda z, a: np.exp(-z)),
    (DOUBLE, "tanh", "1 - tanh(a[l, j]) ** 2", lambda z, a: 1 - tanh(a) ** 2),
    (WRONG, "tanh", "a[l, j]", lambda z, a: a),
    (WRONG, "tanh", "1 - a[l, j]", lambda z, a: 1 - a),
    (WRONG, "tanh", "-(a[l, j] ** 2)", lambda z, a: -(a**2)),
    (WRONG, "tanh", "a[l, j] ** 2", lambda z, a: a**2),
    (WRONG, "tanh", "1 + a[l, j] ** 2", lambda z, a: 1 + a**2),
    (WRONG, "tanh", "1 - z[l, j] ** 2", lambda z, a: 1 - z**2),
    (WRONG, "tanh", "a[l, j] * (1 - a[l, j])", lambda z, a: a * (1 - a)),
    (WRONG, "tanh", "1 / (1 + z[l, j] ** 2)", lambda z, a: 1 / (1 + z**2)),
    (WRONG, "tanh", "1 - tanh(z[l, j] / 2) ** 2", lambda z, a: 1 - tanh(z / 2) ** 2),
    (WRONG, "relu", "a[l, j]", lambda z, a: a),
    (WRONG, "relu", "z[l, j]", lambda z, a: z),
    (WRONG, "relu", "0 if z[l, j] > 0 else 1", lambda z, a: np.where(z > 0, 0.0, 1.0)),
    (WRONG, "relu", "1 if z[l, j] > 0 else alpha", lambda z, a: np.where(z > 0, 1.0, LEAK)),
    (WRONG, "relu", "1 if z[l, j] > 0 else -1", lambda z, a: np.sign(z)),
    (WRONG, "relu", "1 if z[l, j] > 0 else z[l, j]", lambda z, a: np.where(z > 0, 1.0, z)),
    (WRONG, "leaky_relu", "a[l, j]", lambda z, a: a),
    (WRONG, "leaky_relu", "1 if z[l, j] > 0 else 0", lambda z, a: np.where(z > 0, 1.0, 0.0)),
    (WRONG, "leaky_relu", "alpha if z[l, j] > 0 else 1", lambda z, a: np.where(z > 0, LEAK, 1.0)),
    (WRONG, "leaky_relu", "1 if z[l, j] > 0 else alpha * z[l, j]", lambda z, a: np.where(z > 0, 1.0, LEAK * z)),
    (WRONG, "leaky_relu", "1 if z[l, j] > 0 else -alpha", lambda z, a: np.where(z > 0, 1.0, -LEAK)),
    (WRONG, "gelu", "a[l, j]", lambda z, a: gelu(z)),
    (WRONG, "gelu", f"(1 + {GATE}) / 2", lambda z, a: sigmoid(2 * GELU_SCALE * (z + GELU_CUBIC * z**3))),
    (WRONG, "gelu", "1 if z[l, j] > 0 else 0", lambda z, a: np.where(z > 0, 1.0, 0.0)),
    (WRONG, "identity", "z[l, j]", lambda z, a: z),
    (WRONG, "identity", "0", lambda z, a: np.zeros_like(z)),
)  # fmt: skip
"""Wrong slopes by activation: f′ evaluated at a, f in the place of f′, a factor or a term that is missing."""


def _written(slope: Slope, step: Step, layer: int) -> Array:
    return slope(step.z[layer], step.a[layer])


def _of_gelu(step: Step, layer: int) -> Array:
    return step.activations[layer].slope(step.a[layer])


def _one(step: Step, layer: int) -> Array:
    return np.ones_like(step.z[layer])


def _gate(leak: float, step: Step, layer: int) -> Array:
    return np.where(step.da[layer] > 0, 1.0, leak)


def _of_layer(offset: int, step: Step, layer: int) -> Array:
    # the right one: what is wrong with that layer's own slope is another mistake
    return same_shape(RULES.everywhere["slope"](step, layer + offset), step.z[layer])


def _has_layer(offset: int, step: Step, layer: int) -> bool:
    return 1 <= layer + offset <= step.layers and elementwise(step, layer)


SLOPES: tuple[Replacement, ...] = (
    replacement("act-deriv-missing-output", "slope", f"{LEFT}1", _one, both(output, elementwise)),
    replacement("act-deriv-missing-hidden", "slope", f"{LEFT}1", _one, both(hidden, elementwise)),
    *(
        replacement(id, "slope", LEFT + formula, partial(_written, slope), of_activation(activation))
        for id, activation, formula, slope in WRITTEN  # noqa: A001 - as the catalogue calls it
    ),
    replacement(
        "relu-gate-from-gradient",
        "slope",
        f"{LEFT}1 if d(C, a[l, j]) > 0 else 0",
        partial(_gate, 0.0),
        of_activation("relu"),
    ),
    replacement(
        "relu-gate-from-gradient",
        "slope",
        f"{LEFT}1 if d(C, a[l, j]) > 0 else alpha",
        partial(_gate, LEAK),
        of_activation("leaky_relu"),
    ),
    Replacement(DOUBLE, "slope", _of_gelu, gelu_slope.formula.put({"z[l, j]": "a[l, j]"}), of_activation("gelu")),
    *(
        replacement(
            "backprop-wrong-layer-index",
            "slope",
            f"{LEFT}d(a[l {sign} 1, j], z[l {sign} 1, j])",
            partial(_of_layer, offset),
            partial(_has_layer, offset),
        )
        for sign, offset in (("+", 1), ("-", -1))
    ),
)
"""Every wrong slope, with the layers in which it can stand."""
