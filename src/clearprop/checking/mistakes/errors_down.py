"""Mistakes in the error δ of the output layer, and in how errors are handed down to the layers before."""

from __future__ import annotations

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import (
    Replacement,
    both,
    elementwise,
    hidden,
    of_activation,
    of_cost,
    output,
    replacement,
    same_shape,
)
from clearprop.equations.activations import softmax, softmax_jacobian
from clearprop.equations.step import Step

DELTA, DA = "delta[l, j] = ", "d(C, a[l, k]) = "
SQUARED = ("squared_error", "half_squared_error")
softmax_output = both(output, of_activation("softmax"))


def _matching(step: Step, layer: int) -> bool:
    return layer == step.layers and step.output.matching and step.activations[layer].name != "identity"


def _other_pair(step: Step, layer: int) -> bool:
    pair = step.output.cost_function.name, step.output.activation.name
    return layer == step.layers and pair in (("binary_cross_entropy", "softmax"), ("cross_entropy", "sigmoid"))


def _deeper(step: Step, layer: int) -> bool:
    return layer < step.layers - 1


def _softmax_twice(step: Step, layer: int) -> Array:
    a = step.a[layer]
    g = softmax(a) - step.y
    return a * (g - (g * a).sum(axis=-1, keepdims=True))


def _inner_product(step: Step, layer: int) -> Array:
    return np.broadcast_to((step.da[layer] * step.slope[layer]).sum(axis=-1, keepdims=True), step.z[layer].shape)


DELTAS: tuple[Replacement, ...] = (
    replacement(
        "act-deriv-extra-ce",
        "delta",
        f"{DELTA}(a[l, j] - y[j]) * (a[l, j] * (1 - a[l, j]))",
        lambda s, l: (s.a[l] - s.y) * s.a[l] * (1 - s.a[l]),
        both(_matching, of_activation("sigmoid", "softmax")),
    ),
    replacement(
        "softmax-ce-delta-with-mse",
        "delta",
        f"{DELTA}a[l, j] - y[j]",
        lambda s, l: s.a[l] - s.y,
        both(softmax_output, of_cost(*SQUARED)),
    ),
    replacement(
        "softmax-loss-pair-mismatch", "delta", f"{DELTA}a[l, j] - y[j]", lambda s, l: s.a[l] - s.y, _other_pair
    ),
    replacement(
        "softmax-diag-jacobian",
        "delta",
        f"{DELTA}d(C, a[l, j]) * (a[l, j] * (1 - a[l, j]))",
        lambda s, l: s.da[l] * s.a[l] * (1 - s.a[l]),
        softmax_output,
    ),
    replacement(
        "softmax-jacobian-not-contracted",
        "delta",
        f"{DELTA}a[l, j] * (1 - a[l, j])",
        lambda s, l: s.a[l] * (1 - s.a[l]),
        softmax_output,
    ),
    replacement(
        "softmax-jacobian-not-contracted",
        "delta",
        f"{DELTA}a[l, j] * (same(j, K - 1) - a[l, K - 1])",
        lambda s, l: softmax_jacobian(s.z[l])[..., -1],
        softmax_output,
    ),
    replacement(
        "softmax-jacobian-not-contracted",
        "delta",
        f"{DELTA}a[l, j] * (same(j, 0) - a[l, 0])",
        lambda s, l: softmax_jacobian(s.z[l])[..., 0],
        softmax_output,
    ),
    replacement(
        "softmax-twice",
        "delta",
        f"{DELTA}exp(a[l, j]) / sum(k, exp(a[l, k])) - y[j]",
        lambda s, l: softmax(s.a[l]) - s.y,
        both(softmax_output, of_cost("cross_entropy")),
    ),
    replacement(
        "softmax-twice",
        "delta",
        f"{DELTA}sum(m, (exp(a[l, m]) / sum(k, exp(a[l, k])) - y[m]) * (a[l, m] * (same(m, j) - a[l, j])))",
        _softmax_twice,
        both(softmax_output, of_cost("cross_entropy")),
    ),
    replacement(
        "hadamard-as-matmul",
        "delta",
        f"{DELTA}sum(k, d(C, a[l, k]) * d(a[l, k], z[l, k]))",
        _inner_product,
        both(hidden, elementwise),
    ),
    replacement(
        "softmax-in-hidden-layer",
        "delta",
        f"{DELTA}d(C, a[l, j]) * (a[l, j] * (1 - a[l, j]))",
        lambda s, l: s.da[l] * s.a[l] * (1 - s.a[l]),
        both(hidden, of_activation("softmax")),
    ),
)
"""What stands in the place of δ."""


def _error(step: Step, layer: int) -> Array:
    """The distance from the target, handed down without any slope."""
    if layer == step.layers:
        return step.a[layer] - step.y
    return _error(step, layer + 1) @ step.W[layer + 1]


def _slope_of_cost(step: Step, layer: int) -> Array:
    """∂C/∂a of the outputs, handed down without any slope."""
    return step.da[layer] if layer == step.layers else _slope_of_cost(step, layer + 1) @ step.W[layer + 1]


def _square(array: Array) -> Array:
    return same_shape(array, array.T)


def bias_first(step: Step, layer: int) -> Array:
    """Biases and weights side by side, with the last column cut off where the biases' ought to be."""
    return np.concatenate((step.b[layer][:, None], step.W[layer][:, :-1]), axis=1)


def bias_last(step: Step, layer: int) -> Array:
    """Weights and biases side by side, with the first column cut off where the biases' ought to be."""
    return np.concatenate((step.W[layer][:, 1:], step.b[layer][:, None]), axis=1)


def _like_z(value: Array, step: Step, layer: int) -> Array:
    """One number an example, (n, 1), for every neuron of the layer."""
    return np.broadcast_to(value, step.z[layer].shape)


HANDED_DOWN: tuple[Replacement, ...] = (
    replacement(
        "raw-error-backprop",
        "da",
        f"{DA}sum(j, W[l + 1, j, k] * (a[l + 1, j] - y[j]))",
        lambda s, l: _error(s, l + 1) @ s.W[l + 1],
        hidden,
    ),
    replacement(
        "raw-error-backprop",
        "da",
        f"{DA}sum(j, W[l + 1, j, k] * d(C, a[l + 1, j]))",
        lambda s, l: _slope_of_cost(s, l + 1) @ s.W[l + 1],
        hidden,
    ),
    replacement(
        "stale-weights",
        "da",
        f"{DA}sum(j, (W[l + 1, j, k] - eta * d(C_mean, W[l + 1, j, k])) * delta[l + 1, j])",
        lambda s, l: s.delta[l + 1] @ s.new_W[l + 1],
        lambda s, l: hidden(s, l) and s.update.learning_rate != 0,
    ),
    replacement(
        "backprop-untransposed",
        "da",
        f"{DA}sum(j, W[l + 1, k, j] * delta[l + 1, j])",
        lambda s, l: s.delta[l + 1] @ _square(s.W[l + 1]).T,
        hidden,
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}sum(j, W[l + 1, j, k] * a[l + 1, j])",
        lambda s, l: s.a[l + 1] @ s.W[l + 1],
        hidden,
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}sum(j, W[l + 1, j, k] * z[l + 1, j])",
        lambda s, l: s.z[l + 1] @ s.W[l + 1],
        hidden,
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}sum(j, W[l + 1, j, k])",
        lambda s, l: np.ones_like(s.z[l + 1]) @ s.W[l + 1],
        hidden,
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}sum(j, delta[l + 1, j])",
        lambda s, l: _like_z(s.delta[l + 1].sum(axis=1, keepdims=True), s, l),
        hidden,
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}sum(j, a[L, j] - y[j])",
        lambda s, l: _like_z((s.a[s.layers] - s.y).sum(axis=1, keepdims=True), s, l),
        hidden,
    ),
    replacement(
        "delta-wrong-source", "da", f"{DA}delta[l + 1, k]", lambda s, l: same_shape(s.delta[l + 1], s.z[l]), hidden
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}a[L, k] - y[k]",
        lambda s, l: same_shape(s.a[s.layers] - s.y, s.z[l]),
        hidden,
    ),
    replacement(
        "delta-wrong-source",
        "da",
        f"{DA}sum(j, W[l + 1, j, k] * delta[L, j])",
        lambda s, l: s.delta[s.layers] @ s.W[l + 1],
        _deeper,
    ),
    replacement("delta-wrong-source", "da", f"{DA}a[l, k]", lambda s, l: s.a[l], hidden),
    replacement(
        "backprop-wrong-layer-index",
        "da",
        f"{DA}sum(j, W[l + 1, j, k] * (delta[l + 1, j] * d(a[l + 1, j], z[l + 1, j])))",
        lambda s, l: (s.delta[l + 1] * s.slope[l + 1]) @ s.W[l + 1],
        hidden,
    ),
    replacement(
        "bias-column-index",
        "da",
        f"{DA}sum(j, bias_first[l + 1, j, k] * delta[l + 1, j])",
        lambda s, l: s.delta[l + 1] @ bias_first(s, l + 1),
        hidden,
    ),
    replacement(
        "bias-column-index",
        "da",
        f"{DA}sum(j, bias_last[l + 1, j, k] * delta[l + 1, j])",
        lambda s, l: s.delta[l + 1] @ bias_last(s, l + 1),
        hidden,
    ),
    replacement(
        "grad-overwritten",
        "da",
        f"{DA}W[l + 1, N - 1, k] * delta[l + 1, N - 1]",
        lambda s, l: s.delta[l + 1][:, -1:] * s.W[l + 1][-1],
        hidden,
    ),
    replacement(
        "grad-overwritten",
        "da",
        f"{DA}W[l + 1, 0, k] * delta[l + 1, 0]",
        lambda s, l: s.delta[l + 1][:, :1] * s.W[l + 1][0],
        hidden,
    ),
)
"""What stands in the place of ∂C/∂a of a hidden layer."""
