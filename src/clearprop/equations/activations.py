"""Activations: what turns a layer's weighted inputs z into its activations a.

For each: its value, the slope ∂a/∂z, and the pullback, which carries ∂C/∂a back to ∂C/∂z. Where each neuron
looks at its own z alone, the pullback is a product with the slope; softmax looks at the whole layer's z, and
its slopes are a table, the Jacobian. Arrays are (n, units) of any array library, floating point; z may be as
large as the precision holds without overflow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from clearprop.arrays import Array
from clearprop.equations.equation import Equation, equation
from clearprop.equations.tables import lookup

LEAK = 0.01
"""Slope α of leaky_relu for z < 0."""

NIELSEN = "Nielsen 2015, Neural Networks and Deep Learning"


@equation(
    "a[l, j] = z[l, j]",
    "The activation is the weighted input itself.",
    source="definition",
)
def identity(z: Array) -> Array:
    return z


@equation("d(a[l, j], z[l, j]) = 1", "Raise z by a little: a rises by as much.", source="definition")
def identity_slope(z: Array) -> Array:
    return z.__array_namespace__().ones_like(z)


@equation(
    "a[l, j] = 1 / (1 + exp(-z[l, j]))",
    "Squash z into a number between 0 and 1: far below 0 gives almost 0, far above gives almost 1.",
    source=f"{NIELSEN}, chapter 1",
)
def sigmoid(z: Array) -> Array:
    xp = z.__array_namespace__()
    # 1/(1 + e^-z) = e^z/(1 + e^z): e^-|z| never overflows
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1 / (1 + e), e / (1 + e))


@equation(
    "d(a[l, j], z[l, j]) = a[l, j] * (1 - a[l, j])",
    "Raise z by a little: a rises a(1 − a) times as much, most in the middle, hardly at all near 0 and 1.",
    source=f"{NIELSEN}, chapter 2",
)
def sigmoid_slope(z: Array) -> Array:
    # 1 - σ(z) = σ(-z): the difference loses every digit where a is almost 1
    return sigmoid(z) * sigmoid(-z)


@equation(
    "a[l, j] = tanh(z[l, j])",
    "Squash z into a number between −1 and 1.",
    source=f"{NIELSEN}, chapter 3",
)
def tanh(z: Array) -> Array:
    return z.__array_namespace__().tanh(z)


@equation(
    "d(a[l, j], z[l, j]) = 1 - a[l, j] ** 2",
    "Raise z by a little: a rises 1 − a² times as much.",
    source="derivative of tanh",
)
def tanh_slope(z: Array) -> Array:
    xp = z.__array_namespace__()
    # 1 - tanh² = 1/cosh² = 4e/(1 + e)² with e = e^-2|z|: the difference loses every digit where a is almost ±1
    e = xp.exp(-2 * xp.abs(z))
    return 4 * e / (1 + e) ** 2


@equation(
    "a[l, j] = z[l, j] if z[l, j] > 0 else 0",
    "Let a positive z pass; turn a negative one into 0.",
    source="Glorot, Bordes and Bengio 2011, Deep sparse rectifier neural networks",
)
def relu(z: Array) -> Array:
    xp = z.__array_namespace__()
    return xp.where(z > 0, z, xp.zeros_like(z))


@equation(
    "d(a[l, j], z[l, j]) = 1 if z[l, j] > 0 else 0",
    "A neuron with positive z passes every change on; the others pass nothing.",
    source="Glorot, Bordes and Bengio 2011, Deep sparse rectifier neural networks",
)
def relu_slope(z: Array) -> Array:
    xp = z.__array_namespace__()
    return xp.where(z > 0, xp.ones_like(z), xp.zeros_like(z))


@equation(
    "a[l, j] = z[l, j] if z[l, j] > 0 else alpha * z[l, j]",
    "Let a positive z pass; shrink a negative one to a hundredth.",
    source="Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
)
def leaky_relu(z: Array) -> Array:
    return z.__array_namespace__().where(z > 0, z, LEAK * z)


@equation(
    "d(a[l, j], z[l, j]) = 1 if z[l, j] > 0 else alpha",
    "A neuron with positive z passes every change on; the others pass a hundredth of it.",
    source="Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
)
def leaky_relu_slope(z: Array) -> Array:
    xp = z.__array_namespace__()
    return xp.where(z > 0, xp.ones_like(z), LEAK * xp.ones_like(z))


GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715
GELU_FLAT = 100.0  # beyond ±100 the gate is exactly 0 or 1 in every precision, and z³ may overflow


@equation(
    "a[l, j] = z[l, j] / 2 * (1 + tanh(sqrt(2 / pi) * (z[l, j] + 0.044715 * z[l, j] ** 3)))",
    "Let z pass through a gate that opens smoothly from 0 to 1 as z grows.",
    source="Hendrycks and Gimpel 2016, Gaussian error linear units (the tanh form)",
)
def gelu(z: Array) -> Array:
    # (1 + tanh u)/2 = σ(2u): the sum loses every digit for negative u
    return z * sigmoid(2 * _gelu_inner(z))


@equation(
    "d(a[l, j], z[l, j]) = (1 + tanh(sqrt(2 / pi) * (z[l, j] + 0.044715 * z[l, j] ** 3))) / 2"
    " + z[l, j] / 2 * (1 - tanh(sqrt(2 / pi) * (z[l, j] + 0.044715 * z[l, j] ** 3)) ** 2)"
    " * sqrt(2 / pi) * (1 + 0.134145 * z[l, j] ** 2)",
    "How wide the gate is, plus how fast it opens.",
    source="derivative of the tanh form",
)
def gelu_slope(z: Array) -> Array:
    xp = z.__array_namespace__()
    u = _gelu_inner(z)
    flat = xp.clip(z, -GELU_FLAT, GELU_FLAT)
    inner_slope = GELU_SCALE * (1 + 3 * GELU_CUBIC * flat**2)
    return sigmoid(2 * u) + 2 * flat * sigmoid(2 * u) * sigmoid(-2 * u) * inner_slope


def _gelu_inner(z: Array) -> Array:
    flat = z.__array_namespace__().clip(z, -GELU_FLAT, GELU_FLAT)
    return GELU_SCALE * (flat + GELU_CUBIC * flat**3)


@equation(
    "a[l, j] = exp(z[l, j]) / sum(k, exp(z[l, k]))",
    "Turn each z into a positive number that doubles its lead quickly, then give each its share of their sum:"
    " the shares add up to 1.",
    source=f"{NIELSEN}, chapter 3",
)
def softmax(z: Array) -> Array:
    xp = z.__array_namespace__()
    # adding a constant to every z changes nothing; minus the largest, no exponential overflows
    e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


@equation(
    "d(a[l, j], z[l, k]) = a[l, j] * (same(j, k) - a[l, k])",
    "Raise one z by a little: its own share rises a(1 − a) times as much, and every other share falls to make room.",
    source="quotient rule on softmax",
)
def softmax_jacobian(z: Array) -> Array:
    xp = z.__array_namespace__()
    a = softmax(z)
    return a[..., :, None] * (xp.eye(z.shape[-1], dtype=z.dtype) - a[..., None, :])  # (n, units, units)


@equation(
    "delta[l, k] = sum(j, d(C, a[l, j]) * d(a[l, j], z[l, k]))",
    "One z moves every share: add up what each share's move does to the cost.",
    source="chain rule over all outputs of the layer",
)
def softmax_pullback(g: Array, z: Array) -> Array:
    xp = z.__array_namespace__()
    a = softmax(z)
    # Σ_j g_j a_j (1[j=k] − a_k) = a_k (g_k − Σ_j g_j a_j): the table itself is never made
    return a * (g - xp.sum(g * a, axis=-1, keepdims=True))  # (n, units)


@equation(
    "delta[l, j] = d(C, a[l, j]) * d(a[l, j], z[l, j])",
    "z moves a, and a moves the cost: multiply the two slopes.",
    source=f"{NIELSEN}, chapter 2, BP1",
)
def elementwise_pullback(g: Array, slope: Array) -> Array:
    return g * slope


@dataclass(frozen=True)
class Activation:
    """An activation with its slopes. `slope` is ∂a_j/∂z_j, or for softmax the whole table ∂a_j/∂z_k."""

    value: Equation[[Array], Array]
    slope: Equation[[Array], Array]
    couples: bool = False
    """Whether each a depends on every z of the layer (softmax), not on its own z alone."""

    @property
    def name(self) -> str:
        return self.value.name

    def __call__(self, z: Array) -> Array:
        """a = f(z), (n, units)."""
        return self.value(z)

    def pullback(self, g: Array, z: Array) -> Array:
        """∂C/∂z from g = ∂C/∂a, both (n, units)."""
        return softmax_pullback(g, z) if self.couples else elementwise_pullback(g, self.slope(z))

    def jacobian(self, z: Array) -> Array:
        """The table ∂a_j/∂z_k, (n, units, units); for an elementwise activation all but the diagonal is 0."""
        if self.couples:
            return self.slope(z)
        return self.slope(z)[..., :, None] * z.__array_namespace__().eye(z.shape[-1], dtype=z.dtype)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation(identity, identity_slope),
        Activation(sigmoid, sigmoid_slope),
        Activation(tanh, tanh_slope),
        Activation(relu, relu_slope),
        Activation(leaky_relu, leaky_relu_slope),
        Activation(gelu, gelu_slope),
        Activation(softmax, softmax_jacobian, couples=True),
    )
}


def activation_named(name: str) -> Activation:
    """The activation of that name; ArgumentError for an unknown one."""
    return lookup(ACTIVATIONS, name, "activation")
