"""Mistakes in the gradients of weights and biases, made of right errors δ and activations."""

from __future__ import annotations

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import Replacement, output, replacement, same_shape
from clearprop.equations.step import Step

DW, DB = "d(C_mean, W[l, j, k]) = ", "d(C_mean, b[l, j]) = "


def _spread_over_inputs(value: Array, step: Step, layer: int) -> Array:
    """One number a neuron, (n_l,), for every weight that leads to it."""
    return np.broadcast_to(value[:, None], step.W[layer].shape)


def _everywhere(value: Array, like: Array) -> Array:
    return np.broadcast_to(value, like.shape)


def _has_layer_before(step: Step, layer: int) -> bool:
    return layer > 1


def _columns_alike(step: Step, layer: int) -> bool:
    return layer > 0 and step.W[layer].shape[0] == step.W[layer].shape[1]


def _last(step: Step, layer: int) -> Array:
    return step.delta[layer][-1:].T @ step.a[layer - 1][-1:]


def _first(step: Step, layer: int) -> Array:
    return step.delta[layer][:1].T @ step.a[layer - 1][:1]


def _total(step: Step, layer: int) -> Array:
    return step.delta[layer].sum()


WEIGHT_GRADIENTS: tuple[Replacement, ...] = (
    replacement(
        "dW-own-activation",
        "dW",
        f"{DW}sum(i, delta[l, i, j] * a[l, i, k]) / n",
        lambda s, l: same_shape(s.delta[l].T @ s.a[l] / len(s.x), s.W[l]),
    ),
    replacement(
        "dW-own-activation",
        "dW",
        f"{DW}sum(i, delta[l, i, j] * a[l, i, j]) / n",
        lambda s, l: _spread_over_inputs((s.delta[l] * s.a[l]).mean(axis=0), s, l),
    ),
    replacement(
        "dW-weight-instead-of-input",
        "dW",
        f"{DW}sum(i, delta[l, i, j]) / n * W[l, j, k]",
        lambda s, l: s.delta[l].mean(axis=0)[:, None] * s.W[l],
    ),
    replacement(
        "dW-missing-input",
        "dW",
        f"{DW}sum(i, delta[l, i, j]) / n",
        lambda s, l: _spread_over_inputs(s.delta[l].mean(axis=0), s, l),
    ),
    replacement(
        "dW-product-type",
        "dW",
        f"{DW}sum(i, delta[l, i, j]) / n * (sum(i, a[l - 1, i, k]) / n)",
        lambda s, l: np.outer(s.delta[l].mean(axis=0), s.a[l - 1].mean(axis=0)),
        lambda s, l: len(s.x) > 1,
    ),
    replacement(
        "dW-product-type",
        "dW",
        f"{DW}sum(i, delta[l, i, k] * a[l - 1, i, k]) / n",
        lambda s, l: _everywhere((s.delta[l] * same_shape(s.a[l - 1], s.delta[l])).mean(axis=0), s.W[l]),
        _columns_alike,
    ),
    replacement(
        "dW-product-type",
        "dW",
        f"{DW}sum(i, sum(k, delta[l, i, k] * a[l - 1, i, k])) / n",
        lambda s, l: _everywhere((s.delta[l] * same_shape(s.a[l - 1], s.delta[l])).sum(axis=1).mean(), s.W[l]),
        _columns_alike,
    ),
    replacement(
        "dW-product-type",
        "dW",
        f"{DW}sum(i, sum(j, delta[l, i, j]) * a[l - 1, i, k]) / n",
        lambda s, l: _everywhere((s.delta[l].sum(axis=1, keepdims=True) * s.a[l - 1]).mean(axis=0), s.W[l]),
        lambda s, l: s.W[l].shape[0] > 1,
    ),
    replacement(
        "dW-product-type",
        "dW",
        f"{DW}sum(i, delta[l, i, j] * sum(k, a[l - 1, i, k])) / n",
        lambda s, l: _spread_over_inputs((s.delta[l] * s.a[l - 1].sum(axis=1, keepdims=True)).mean(axis=0), s, l),
        lambda s, l: s.W[l].shape[1] > 1,
    ),
    replacement(
        "dW-transposed",
        "dW",
        f"{DW}sum(i, a[l - 1, i, j] * delta[l, i, k]) / n",
        lambda s, l: s.a[l - 1].T @ s.delta[l] / len(s.x),
    ),
    replacement(
        "dW-unactivated-input",
        "dW",
        f"{DW}sum(i, delta[l, i, j] * z[l - 1, i, k]) / n",
        lambda s, l: s.delta[l].T @ s.z[l - 1] / len(s.x),
        _has_layer_before,
    ),
    replacement(
        "dW-output-error",
        "dW",
        f"{DW}sum(i, (a[l, i, j] - y[i, j]) * a[l - 1, i, k]) / n",
        lambda s, l: (s.a[l] - s.y).T @ s.a[l - 1] / len(s.x),
        output,
    ),
    replacement("bias-not-updated", "dW", f"{DW}0", lambda s, l: np.zeros_like(s.W[l])),
    replacement("last-sample-only", "dW", f"{DW}delta[l, n - 1, j] * a[l - 1, n - 1, k]", _last),
    replacement(
        "last-sample-only",
        "dW",
        f"{DW}delta[l, n - 1, j] * a[l - 1, n - 1, k] / n",
        lambda s, l: _last(s, l) / len(s.x),
    ),
    replacement("last-sample-only", "dW", f"{DW}delta[l, 0, j] * a[l - 1, 0, k]", _first),
    replacement(
        "last-sample-only", "dW", f"{DW}delta[l, 0, j] * a[l - 1, 0, k] / n", lambda s, l: _first(s, l) / len(s.x)
    ),
    replacement(
        "shared-rows",
        "dW",
        f"{DW}sum(j, sum(i, delta[l, i, j] * a[l - 1, i, k])) / n",
        lambda s, l: _everywhere((s.delta[l].T @ s.a[l - 1]).sum(axis=0) / len(s.x), s.W[l]),
        lambda s, l: s.W[l].shape[0] > 1,
    ),
    replacement(
        "shared-rows",
        "dW",
        f"{DW}sum(i, delta[l, i, N - 1] * a[l - 1, i, k]) / n",
        lambda s, l: _everywhere((s.delta[l][:, -1:].T @ s.a[l - 1])[0] / len(s.x), s.W[l]),
        lambda s, l: s.W[l].shape[0] > 1,
    ),
)
"""What stands in the place of ∂C/∂W."""

BIAS_GRADIENTS: tuple[Replacement, ...] = (
    replacement(
        "db-wrong-axis",
        "db",
        f"{DB}sum(i, sum(j, delta[l, i, j])) / n",
        lambda s, l: _everywhere(_total(s, l) / len(s.x), s.b[l]),
        lambda s, l: len(s.b[l]) > 1,
    ),
    replacement(
        "db-wrong-axis",
        "db",
        f"{DB}sum(i, sum(j, delta[l, i, j])) / (n * N)",
        lambda s, l: _everywhere(s.delta[l].mean(), s.b[l]),
        lambda s, l: len(s.b[l]) > 1,
    ),
    replacement(
        "db-wrong-axis",
        "db",
        f"{DB}sum(k, delta[l, j, k])",
        lambda s, l: s.delta[l].sum(axis=1),
        lambda s, l: len(s.x) > 1,
    ),
    replacement(
        "db-wrong-axis",
        "db",
        f"{DB}sum(k, delta[l, j, k]) / n",
        lambda s, l: s.delta[l].sum(axis=1) / len(s.x),
        lambda s, l: len(s.x) > 1,
    ),
    replacement(
        "db-wrong-axis",
        "db",
        f"{DB}sum(k, delta[l, j, k]) / N",
        lambda s, l: s.delta[l].mean(axis=1),
        lambda s, l: len(s.x) > 1,
    ),
    replacement(
        "db-multiplied-by-input",
        "db",
        f"{DB}sum(i, sum(k, delta[l, i, j] * a[l - 1, i, k])) / n",
        lambda s, l: (s.delta[l].T @ s.a[l - 1]).sum(axis=1) / len(s.x),
    ),
    replacement(
        "db-multiplied-by-input",
        "db",
        f"{DB}sum(i, sum(k, delta[l, i, j] * a[l - 1, i, k])) / (n * N_before)",
        lambda s, l: (s.delta[l].T @ s.a[l - 1]).mean(axis=1) / len(s.x),
    ),
    replacement(
        "db-multiplied-by-input",
        "db",
        f"{DB}sum(i, delta[l, i, j]) / n * b[l, j]",
        lambda s, l: s.delta[l].mean(axis=0) * s.b[l],
    ),
    replacement(
        "db-not-reduced",
        "db",
        "d(C_mean, b[l, i, j]) = delta[l, i, j]",
        lambda s, l: s.delta[l],
        lambda s, l: len(s.x) > 1,
    ),
    replacement(
        "db-not-reduced",
        "db",
        "d(C_mean, b[l, i, j]) = delta[l, i, j] / n",
        lambda s, l: s.delta[l] / len(s.x),
        lambda s, l: len(s.x) > 1,
    ),
    replacement("db-sign", "db", f"{DB}-sum(i, delta[l, i, j]) / n", lambda s, l: -s.delta[l].mean(axis=0)),
    replacement(
        "db-missing-mean",
        "db",
        f"{DB}sum(i, delta[l, i, j])",
        lambda s, l: s.delta[l].sum(axis=0),
        lambda s, l: len(s.x) > 1,
    ),
    replacement(
        "db-missing-mean",
        "db",
        f"{DB}sum(i, delta[l, i, j]) / n ** 2",
        lambda s, l: s.delta[l].mean(axis=0) / len(s.x),
        lambda s, l: len(s.x) > 1,
    ),
    replacement("bias-not-updated", "db", f"{DB}0", lambda s, l: np.zeros_like(s.b[l])),
    replacement("last-sample-only", "db", f"{DB}delta[l, n - 1, j]", lambda s, l: s.delta[l][-1]),
    replacement("last-sample-only", "db", f"{DB}delta[l, n - 1, j] / n", lambda s, l: s.delta[l][-1] / len(s.x)),
    replacement("last-sample-only", "db", f"{DB}delta[l, 0, j]", lambda s, l: s.delta[l][0]),
    replacement("last-sample-only", "db", f"{DB}delta[l, 0, j] / n", lambda s, l: s.delta[l][0] / len(s.x)),
)
"""What stands in the place of ∂C/∂b."""
