"""The output layer: which cost goes with which activation, and what each pair makes of z and y.

A pair knows the cost and the output delta δ = ∂C₀/∂z straight from z. Most pairs compose the two equations;
some have a shorter form, which is also the only one that stays exact where a rounds to 0 or 1. The pairs
whose delta is a − y are the matching pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clearprop.arrays import Array
from clearprop.equations.activations import (
    ACTIVATIONS,
    NIELSEN,
    Activation,
    activation_named,
    sigmoid,
    softmax,
)
from clearprop.equations.costs import COSTS, Cost, cost_named, weighted
from clearprop.equations.equation import equation
from clearprop.errors import ArgumentError

FromScores = Callable[[Array, Array], Array]


@equation(
    "delta[l, j] = a[l, j] - y[j]",
    "The error of an output is its distance from the target: the slopes of cost and activation cancel to just that.",
    source=f"{NIELSEN}, chapter 3",
)
def matching_delta(a: Array, y: Array) -> Array:
    return a - y


def log_sum_exp(z: Array) -> Array:
    """ln Σ e^z over the last axis, kept as an axis of 1: ln e^m + ln Σ e^(z − m) never overflows."""
    xp = z.__array_namespace__()
    m = xp.max(z, axis=-1, keepdims=True)
    return m + xp.log(xp.sum(xp.exp(z - m), axis=-1, keepdims=True))


def log_softmax(z: Array) -> Array:
    """ln softmax(z) = z − ln Σ e^z, (n, units): exact where softmax itself rounds to 0."""
    z = _below_largest(z)
    return z - log_sum_exp(z)


def log_not_softmax(z: Array) -> Array:
    """ln(1 − softmax(z)), (n, units): exact where softmax itself rounds to 1."""
    xp = z.__array_namespace__()
    if z.shape[-1] == 1:
        return xp.full_like(z, -xp.inf)
    z = _below_largest(z)
    largest = xp.argmax(z, axis=-1, keepdims=True) == xp.arange(z.shape[-1])
    # 1 − a is the share of all the others; it needs this form only for the largest, the rest are at most 1/2
    log_others = log_sum_exp(xp.where(largest, -xp.inf, z)) - log_sum_exp(z)
    return xp.where(largest, log_others, xp.log1p(-xp.where(largest, xp.zeros_like(z), softmax(z))))


def _below_largest(z: Array) -> Array:
    """z minus the largest, which leaves softmax alone: near a large ln Σ e^z, small differences lose their digits."""
    return z - z.__array_namespace__().max(z, axis=-1, keepdims=True)


def softplus(z: Array) -> Array:
    """ln(1 + e^z) = −ln σ(−z), (n, units), without overflow."""
    xp = z.__array_namespace__()
    return xp.maximum(z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z)))


def _softmax_cross_entropy(z: Array, y: Array) -> Array:
    return -z.__array_namespace__().sum(weighted(y, log_softmax(z)), axis=-1)


def _sigmoid_cross_entropy(z: Array, y: Array) -> Array:
    return z.__array_namespace__().sum(y * softplus(-z), axis=-1)


def _sigmoid_cross_entropy_delta(z: Array, y: Array) -> Array:
    return -y * sigmoid(-z)  # −y/a · a(1 − a) = −y(1 − a)


def _sigmoid_binary_cross_entropy(z: Array, y: Array) -> Array:
    return z.__array_namespace__().sum(y * softplus(-z) + (1 - y) * softplus(z), axis=-1)


def _softmax_binary_cross_entropy(z: Array, y: Array) -> Array:
    terms = weighted(y, log_softmax(z)) + weighted(1 - y, log_not_softmax(z))
    return -z.__array_namespace__().sum(terms, axis=-1)


def _softmax_binary_cross_entropy_delta(z: Array, y: Array) -> Array:
    # Σ_j g_j a_j (1[j=k] − a_k) with g_j a_j = (1 − y_j) a_j/(1 − a_j) − y_j. The term j = k is a_k − y_k; in the
    # others a_k/(1 − a_j), the share of k among all but j, stays finite where 1/(1 − a_j) does not
    xp = z.__array_namespace__()
    a = softmax(z)
    own = xp.eye(z.shape[-1]) == 1
    log_share = xp.where(own, -xp.inf, log_softmax(z)[..., None, :] - log_not_softmax(z)[..., :, None])
    others = ((1 - y) * a)[..., :, None] * xp.exp(log_share)  # (n, j, k)
    y_others = xp.sum(y, axis=-1, keepdims=True) - y
    return a - y - xp.sum(others, axis=-2) + a * y_others


@dataclass(frozen=True)
class OutputPair:
    """A cost with the activation of the output layer; `cost` and `delta` are functions of z and y."""

    cost_function: Cost
    activation: Activation
    exact_cost: FromScores | None = None
    exact_delta: FromScores | None = None
    matching: bool = False

    def cost(self, z: Array, y: Array) -> Array:
        """C₀ (n,), from z (n, units) and y (n, units)."""
        return self.exact_cost(z, y) if self.exact_cost else self.cost_function(self.activation(z), y)

    def delta(self, z: Array, y: Array) -> Array:
        """δ = ∂C₀/∂z (n, units)."""
        if self.matching:
            return matching_delta(self.activation(z), y)
        if self.exact_delta:
            return self.exact_delta(z, y)
        return self.activation.pullback(self.cost_function.slope(self.activation(z), y), z)


def _table() -> list[OutputPair]:
    sigmoid_output, softmax_output = ACTIVATIONS["sigmoid"], ACTIVATIONS["softmax"]
    squared, half_squared = COSTS["squared_error"], COSTS["half_squared_error"]
    cross, binary_cross = COSTS["cross_entropy"], COSTS["binary_cross_entropy"]
    return [
        *(OutputPair(squared, activation) for activation in ACTIVATIONS.values()),
        *(OutputPair(half_squared, f, matching=f.name == "identity") for f in ACTIVATIONS.values()),
        OutputPair(cross, softmax_output, _softmax_cross_entropy, matching=True),
        OutputPair(cross, sigmoid_output, _sigmoid_cross_entropy, _sigmoid_cross_entropy_delta),
        OutputPair(binary_cross, sigmoid_output, _sigmoid_binary_cross_entropy, matching=True),
        OutputPair(binary_cross, softmax_output, _softmax_binary_cross_entropy, _softmax_binary_cross_entropy_delta),
    ]


PAIRS = {(pair.cost_function.name, pair.activation.name): pair for pair in _table()}
"""Every allowed pair, by the names of cost and activation."""

MATCHING = {names for names, pair in PAIRS.items() if pair.matching}
"""The pairs with δ = a − y: softmax with cross-entropy, sigmoid with binary cross-entropy, identity with the half
squared error."""


def output_pair(cost: str, activation: str) -> OutputPair:
    """The pair of that cost and output activation; ArgumentError, with the reason, if they cannot go together."""
    pair = PAIRS.get((cost_named(cost).name, activation_named(activation).name))
    if pair is None:
        raise ArgumentError(
            f"cost {cost!r} takes the logarithm of the outputs, which must lie between 0 and 1: "
            f"expected output 'sigmoid' or 'softmax', got {activation!r}. "
            f"Choose one of the two, or cost 'squared_error'."
        )
    return pair
