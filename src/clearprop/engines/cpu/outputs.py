"""The output layer: the cost C₀ of each example, and ∂C₀/∂a or δ straight from z where the pair of cost and activation
has such a form. z, a, y, delta are (rows, units), cost is (rows,). The equations stand in `equations/costs.py` and
`equations/outputs.py`, under the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import exact_kernel, flat
from clearprop.engines.cpu.scalars import exponential
from clearprop.equations.outputs import OutputPair


@exact_kernel
def squared_error(z: Array, a: Array, y: Array, cost: Array) -> None:  # noqa: ARG001 - all costs take the same
    for i in range(a.shape[0]):
        cost[i] = 0
        for j in range(a.shape[1]):
            cost[i] += (a[i, j] - y[i, j]) * (a[i, j] - y[i, j])


@exact_kernel
def half_squared_error(z: Array, a: Array, y: Array, cost: Array) -> None:  # noqa: ARG001 - as all of its kind
    half = a.dtype.type(0.5)
    for i in range(a.shape[0]):
        cost[i] = 0
        for j in range(a.shape[1]):
            cost[i] += half * (a[i, j] - y[i, j]) * (a[i, j] - y[i, j])


@exact_kernel
def softmax_cross_entropy(z: Array, a: Array, y: Array, cost: Array) -> None:
    # ln a_j = (z_j - m) - ln Σ e^(z - m), with m the largest z: exact where a rounds to 0
    for i in range(z.shape[0]):
        largest, share = z[i, 0], a[i, 0]
        for j in range(z.shape[1]):
            largest, share = max(largest, z[i, j]), max(share, a[i, j])
        log_total, total = -np.log(share), z.dtype.type(0)  # the largest share is 1/Σ e^(z - m)
        for j in range(z.shape[1]):
            total -= y[i, j] * (z[i, j] - largest - log_total) if y[i, j] != 0 else z.dtype.type(0)
        cost[i] = total


@exact_kernel
def sigmoid_cross_entropy(z: Array, a: Array, y: Array, cost: Array) -> None:  # noqa: ARG001 - as all of its kind
    for i in range(z.shape[0]):
        cost[i] = 0
        for j in range(z.shape[1]):
            cost[i] += y[i, j] * softplus(-z[i, j])


@exact_kernel
def sigmoid_binary_cross_entropy(z: Array, a: Array, y: Array, cost: Array) -> None:  # noqa: ARG001 - as all of its kind
    one = z.dtype.type(1)
    for i in range(z.shape[0]):
        cost[i] = 0
        for j in range(z.shape[1]):
            cost[i] += y[i, j] * softplus(-z[i, j]) + (one - y[i, j]) * softplus(z[i, j])


@exact_kernel
def softmax_binary_cross_entropy(z: Array, a: Array, y: Array, cost: Array) -> None:
    one = z.dtype.type(1)
    for i in range(z.shape[0]):
        largest, log_total, log_others = log_sums(z[i])
        cost[i] = 0
        for j in range(z.shape[1]):
            if y[i, j] != 0:
                cost[i] -= y[i, j] * (z[i, j] - z[i, largest] - log_total)
            if y[i, j] != 1:
                cost[i] -= (one - y[i, j]) * (log_others - log_total if j == largest else np.log1p(-a[i, j]))


@exact_kernel
def log_sums(z: Array) -> tuple[int, float, float]:
    """Of one row: the place of the largest z, ln Σ e^(z - largest), and the same without the largest itself."""
    largest = 0
    for j in range(z.shape[0]):
        largest = j if z[j] > z[largest] else largest
    others = z.dtype.type(-np.inf)
    for j in range(z.shape[0]):
        others = max(others, z[j]) if j != largest else others
    rest = z.dtype.type(0)
    for j in range(z.shape[0]):
        rest += exponential(z[j] - others) if j != largest else z.dtype.type(0)
    log_others = others - z[largest] + np.log(rest)
    return largest, np.log1p(np.exp(log_others)), log_others


@exact_kernel
def softplus(z: float) -> float:
    """ln(1 + e^z), without overflow."""
    rest: float = np.log1p(exponential(-abs(z)))
    return max(z, z * 0) + rest


@exact_kernel
def matching_delta(z: Array, a: Array, y: Array, delta: Array) -> None:  # noqa: ARG001 - all deltas take the same
    outputs, targets, deltas = flat(a), flat(y), flat(delta)
    for i in range(outputs.shape[0]):
        deltas[i] = outputs[i] - targets[i]


@exact_kernel
def squared_error_slope(z: Array, a: Array, y: Array, delta: Array) -> None:  # noqa: ARG001 - as all of its kind
    outputs, targets, slopes = flat(a), flat(y), flat(delta)
    for i in range(outputs.shape[0]):
        slopes[i] = (outputs[i] - targets[i]) + (outputs[i] - targets[i])


@exact_kernel
def sigmoid_cross_entropy_delta(z: Array, a: Array, y: Array, delta: Array) -> None:  # noqa: ARG001 - as all of its kind
    one = z.dtype.type(1)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            e = exponential(-abs(z[i, j]))
            share = one / (one + e)
            delta[i, j] = -y[i, j] * (e * share if z[i, j] >= 0 else share)  # -y (1 - a) = -y σ(-z)


@exact_kernel
def softmax_binary_cross_entropy_delta(z: Array, a: Array, y: Array, delta: Array) -> None:
    # a_k - y_k - Σ_(j≠k) (1 - y_j) a_j · a_k/(1 - a_j) + a_k Σ_(j≠k) y_j, as in the equation of this name
    one = z.dtype.type(1)
    units = z.shape[1]
    for i in range(z.shape[0]):
        largest, _, log_others = log_sums(z[i])
        targets = z.dtype.type(0)
        for j in range(units):
            targets += y[i, j]
        for k in range(units):
            delta[i, k] = a[i, k] - y[i, k] + a[i, k] * (targets - y[i, k])
        for j in range(units):
            weight = (one - y[i, j]) * a[i, j]
            for k in range(units):
                if k != j:
                    share = np.exp(z[i, k] - z[i, largest] - log_others) if j == largest else a[i, k] / (one - a[i, j])
                    delta[i, k] -= weight * share


@dataclass(frozen=True)
class Output:
    """The kernels of a pair: the cost, ∂C₀/∂a or δ, and whether a pullback has yet to make δ of it."""

    cost: Any
    delta: Any
    needs_pullback: bool = False


def output_of(pair: OutputPair) -> Output:
    """The kernels of a cost together with the activation of the output layer."""
    names = (pair.cost_function.name, pair.activation.name)
    if names in _FROM_SCORES:
        return _FROM_SCORES[names]
    return Output(*_FROM_OUTPUTS[pair.cost_function.name], needs_pullback=not pair.matching)


_FROM_SCORES = {
    ("cross_entropy", "softmax"): Output(softmax_cross_entropy, matching_delta),
    ("cross_entropy", "sigmoid"): Output(sigmoid_cross_entropy, sigmoid_cross_entropy_delta),
    ("binary_cross_entropy", "sigmoid"): Output(sigmoid_binary_cross_entropy, matching_delta),
    ("binary_cross_entropy", "softmax"): Output(softmax_binary_cross_entropy, softmax_binary_cross_entropy_delta),
}
"""The kernels of the pairs whose cost and δ are made straight from z."""
_FROM_OUTPUTS = {
    "squared_error": (squared_error, squared_error_slope),
    "half_squared_error": (half_squared_error, matching_delta),
}
"""The kernels of the costs that are made from a, whatever the activation: the cost, and ∂C₀/∂a."""
