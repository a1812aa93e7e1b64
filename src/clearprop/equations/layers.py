"""The equations of one layer: its weighted input, and the four of backpropagation.

Shapes: x and a are (n, units), W is (n_out, n_in), b is (n_out,); δ = ∂C₀/∂z is (n, n_out).
"""

from __future__ import annotations

from clearprop.arrays import Array
from clearprop.equations.activations import NIELSEN
from clearprop.equations.equation import equation


@equation(
    "z[l, j] = sum(k, W[l, j, k] * a[l - 1, k]) + b[l, j]",
    "Multiply each activation of the layer before by its weight, add the products up, add the bias.",
    source=f"{NIELSEN}, chapter 2",
)
def weighted_input(a: Array, W: Array, b: Array) -> Array:
    return a @ W.T + b  # (n, n_out)


@equation(
    "d(C, a[l - 1, k]) = sum(j, W[l, j, k] * delta[l, j])",
    "An activation moves the cost through every neuron that it feeds: add up weight times error over all of them.",
    source=f"{NIELSEN}, chapter 2, BP2 (its first factor)",
)
def input_gradient(delta: Array, W: Array) -> Array:
    return delta @ W  # (n, n_in)


@equation(
    "d(C, b[l, j]) = delta[l, j]",
    "The bias adds straight to z, so it moves the cost exactly as z does.",
    source=f"{NIELSEN}, chapter 2, BP3",
)
def bias_gradient(delta: Array) -> Array:
    return delta  # (n, n_out): one row an example


@equation(
    "d(C, W[l, j, k]) = delta[l, j] * a[l - 1, k]",
    "A weight moves z by the activation that it multiplies: the error of its neuron times that activation.",
    source=f"{NIELSEN}, chapter 2, BP4",
)
def weight_gradient(delta: Array, a: Array) -> Array:
    return delta[:, :, None] * a[:, None, :]  # (n, n_out, n_in): one table an example


@equation(
    "d(C_mean, b[l, j]) = sum(i, delta[l, i, j]) / n",
    "Over a mini-batch: the mean of what each example asks for.",
    source=f"{NIELSEN}, chapter 1",
)
def mean_bias_gradient(delta: Array) -> Array:
    return delta.__array_namespace__().sum(delta, axis=0) / delta.shape[0]  # (n_out,)


@equation(
    "d(C_mean, W[l, j, k]) = sum(i, delta[l, i, j] * a[l - 1, i, k]) / n",
    "Over a mini-batch: the mean of what each example asks for.",
    source=f"{NIELSEN}, chapter 1",
)
def mean_weight_gradient(delta: Array, a: Array) -> Array:
    return delta.T @ a / delta.shape[0]  # (n_out, n_in): the sum over examples is the matrix product
