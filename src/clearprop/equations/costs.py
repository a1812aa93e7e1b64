"""Costs: how wrong the activations a of the output layer are, given the targets y.

C₀ is the cost of one example, (n,) for arrays of (n, units); the cost of a batch is the mean of C₀. The
cross-entropies are in nats.
"""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.arrays import Array
from clearprop.equations.activations import NIELSEN
from clearprop.equations.equation import Equation, equation
from clearprop.equations.tables import lookup


@equation(
    "C = sum(j, (a[l, j] - y[j]) ** 2)",
    "For each output, the distance from its target, squared; then their sum.",
    source="3Blue1Brown, Neural networks, chapter 2",
)
def squared_error(a: Array, y: Array) -> Array:
    return a.__array_namespace__().sum((a - y) ** 2, axis=-1)


@equation(
    "d(C, a[l, j]) = 2 * (a[l, j] - y[j])",
    "Raise an output by a little: the cost moves by twice its distance from the target.",
    source="3Blue1Brown, Neural networks, chapter 4",
)
def squared_error_slope(a: Array, y: Array) -> Array:
    return 2 * (a - y)


@equation(
    "C = sum(j, (a[l, j] - y[j]) ** 2) / 2",
    "For each output, the distance from its target, squared; then half of their sum.",
    source=f"{NIELSEN}, chapter 1 (its quadratic cost)",
)
def half_squared_error(a: Array, y: Array) -> Array:
    return squared_error(a, y) / 2


@equation(
    "d(C, a[l, j]) = a[l, j] - y[j]",
    "Raise an output by a little: the cost moves by its distance from the target.",
    source=f"{NIELSEN}, chapter 2",
)
def half_squared_error_slope(a: Array, y: Array) -> Array:
    return a - y


@equation(
    "C = -sum(j, y[j] * ln(a[l, j]))",
    "How surprised the network is by the right answer: 0 if it was certain of it, more the less it expected it.",
    source=f"{NIELSEN}, chapter 3 (its log-likelihood cost, for targets of any shares)",
)
def cross_entropy(a: Array, y: Array) -> Array:
    return -a.__array_namespace__().sum(weighted(y, _log(a)), axis=-1)


@equation(
    "d(C, a[l, j]) = -y[j] / a[l, j]",
    "Raise the right answer's share by a little: the cost falls, and falls fastest where the share is small.",
    source="derivative of the logarithm",
)
def cross_entropy_slope(a: Array, y: Array) -> Array:
    return -_ratio(y, a)


@equation(
    "C = -sum(j, y[j] * ln(a[l, j]) + (1 - y[j]) * ln(1 - a[l, j]))",
    "Each output answers yes or no on its own; add up how surprised each is by the right answer.",
    source=f"{NIELSEN}, chapter 3",
)
def binary_cross_entropy(a: Array, y: Array) -> Array:
    return -a.__array_namespace__().sum(weighted(y, _log(a)) + weighted(1 - y, _log(1 - a)), axis=-1)


@equation(
    "d(C, a[l, j]) = (1 - y[j]) / (1 - a[l, j]) - y[j] / a[l, j]",
    "Raise an output by a little: the cost falls where yes is right, and rises where no is right.",
    source=f"{NIELSEN}, chapter 3",
)
def binary_cross_entropy_slope(a: Array, y: Array) -> Array:
    return _ratio(1 - y, 1 - a) - _ratio(y, a)


def weighted(weight: Array, log: Array) -> Array:
    """weight · log, with 0 · (−inf) = 0: an answer that does not count costs nothing."""
    xp = log.__array_namespace__()
    counts = weight != 0
    return weight * xp.where(counts, log, xp.zeros_like(log))


def _log(p: Array) -> Array:
    """ln p, with ln 0 = −inf on every array library and without a warning."""
    xp = p.__array_namespace__()
    return xp.where(p == 0, -xp.inf, xp.log(xp.where(p == 0, xp.ones_like(p), p)))


def _ratio(weight: Array, p: Array) -> Array:
    """weight / p, the slope of weight · ln p: 0 where weight is 0, inf where p = 0 counts."""
    xp = p.__array_namespace__()
    finite = weight / xp.where(p == 0, xp.ones_like(p), p)
    return xp.where(weight == 0, xp.zeros_like(p), xp.where(p == 0, xp.inf, finite))


@dataclass(frozen=True)
class Cost:
    """A cost: its value C₀ (n,) and its slope ∂C₀/∂a (n, units), both of a and y."""

    value: Equation[[Array, Array], Array]
    slope: Equation[[Array, Array], Array]

    @property
    def name(self) -> str:
        return self.value.name

    def __call__(self, a: Array, y: Array) -> Array:
        return self.value(a, y)


COSTS = {
    cost.name: cost
    for cost in (
        Cost(squared_error, squared_error_slope),
        Cost(half_squared_error, half_squared_error_slope),
        Cost(cross_entropy, cross_entropy_slope),
        Cost(binary_cross_entropy, binary_cross_entropy_slope),
    )
}


def cost_named(name: str) -> Cost:
    """The cost of that name; ArgumentError for an unknown one."""
    return lookup(COSTS, name, "cost")
