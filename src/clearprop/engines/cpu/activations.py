"""The activations: each kernel computes a = f(z) and the slope ∂a/∂z in one pass, for z = (the products W a) + b.

On entry `a` (rows, units) holds the products, on return the activations; `b` is the bias (units,). So the pullback is
one product with `slope` for every activation but softmax, which keeps its shares in `slope` instead: its Jacobian is
made of them. What each kernel computes stands in `equations/activations.py`, under the same name.
"""

from __future__ import annotations

from typing import Any

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import flat, kernel
from clearprop.engines.cpu.scalars import exponential, tangent
from clearprop.equations.activations import GELU_CUBIC, GELU_FLAT, GELU_SCALE, LEAK, Activation


@kernel
def identity(a: Array, b: Array, slope: Array) -> None:
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] += b[j]
            slope[i, j] = 1


@kernel
def sigmoid(a: Array, b: Array, slope: Array) -> None:
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            z = a[i, j] + b[j]
            e = exponential(-abs(z))  # never overflows
            share = one / (one + e)
            a[i, j] = share if z >= 0 else e * share
            slope[i, j] = e * share * share  # σ(z) σ(-z)


@kernel
def tanh(a: Array, b: Array, slope: Array) -> None:
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            z = a[i, j] + b[j]
            e = exponential(-(abs(z) + abs(z)))
            share = one / (one + e)
            a[i, j] = tangent(z, e)
            slope[i, j] = (e + e + e + e) * share * share  # 1/cosh² z


@kernel
def relu(a: Array, b: Array, slope: Array) -> None:
    zero, one = a.dtype.type(0), a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            z = a[i, j] + b[j]
            a[i, j] = zero if z < 0 else z  # so NaN stays NaN
            slope[i, j] = one if z > 0 else zero


@kernel
def leaky_relu(a: Array, b: Array, slope: Array) -> None:
    one, leak = a.dtype.type(1), a.dtype.type(LEAK)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            z = a[i, j] + b[j]
            a[i, j] = z if z > 0 else leak * z
            slope[i, j] = one if z > 0 else leak


@kernel
def gelu(a: Array, b: Array, slope: Array) -> None:
    one, two, three = a.dtype.type(1), a.dtype.type(2), a.dtype.type(3)
    bound, scale, cubic = a.dtype.type(GELU_FLAT), a.dtype.type(GELU_SCALE), a.dtype.type(GELU_CUBIC)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            z = a[i, j] + b[j]
            x = min(max(z, -bound), bound)
            u = two * scale * (x + cubic * x * x * x)
            e = exponential(-abs(u))
            share = one / (one + e)
            gate = share if u >= 0 else e * share  # σ(2u) = (1 + tanh u)/2
            a[i, j] = z * gate
            slope[i, j] = gate + two * x * e * share * share * scale * (one + three * cubic * x * x)


@kernel
def softmax(a: Array, b: Array, slope: Array) -> None:
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        largest = a[i, 0] + b[0]
        for j in range(a.shape[1]):
            a[i, j] += b[j]
            largest = max(largest, a[i, j])
        for j in range(a.shape[1]):
            a[i, j] -= largest
    powers = flat(a)
    for k in range(powers.shape[0]):
        powers[k] = exponential(powers[k])
    for i in range(a.shape[0]):
        total = a.dtype.type(0)
        for j in range(a.shape[1]):
            total += a[i, j]
        share = one / total
        for j in range(a.shape[1]):
            a[i, j] *= share
            slope[i, j] = a[i, j]


@kernel
def elementwise_pullback(g: Array, slope: Array) -> None:
    """δ = ∂C/∂a · ∂a/∂z, in place of g = ∂C/∂a."""
    deltas, slopes = flat(g), flat(slope)
    for k in range(deltas.shape[0]):
        deltas[k] *= slopes[k]


@kernel
def softmax_pullback(g: Array, share: Array) -> None:
    """δ_k = a_k (g_k - Σ_j g_j a_j), in place of g = ∂C/∂a."""
    for i in range(g.shape[0]):
        mean = g.dtype.type(0)
        for j in range(g.shape[1]):
            mean += g[i, j] * share[i, j]
        for j in range(g.shape[1]):
            g[i, j] = share[i, j] * (g[i, j] - mean)


VALUES = {f.__name__: f for f in (identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax)}
"""The kernel of every activation."""


def pullback_of(activation: Activation) -> Any:
    """The kernel that turns ∂C/∂a into δ."""
    return softmax_pullback if activation.couples else elementwise_pullback
