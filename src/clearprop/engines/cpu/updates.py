"""The update rules, one kernel each: the parameters theta and what the rule remembers of them, all of one length, given
the gradient g of the mean cost without L2. The equations stand in `equations/updates.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import kernel

RATES = (
    *("eta", "l2", "decay", "momentum", "epsilon"),
    *("beta_1", "new_1", "correction_1"),
    *("beta_2", "new_2", "correction_2"),
)
"""What the rules are told: η, λ of the cost, λ of the weight decay, μ, ε, and of both β: β itself, 1 - β and 1/(1 -
β^t), each rounded for itself, because 1 - β has few digits left once β is rounded."""


def rates_type(precision: str) -> np.dtype[Any]:
    """One number for each of RATES, as a record in the precision of the parameters."""
    return np.dtype([(name, precision) for name in RATES])


@kernel
def sgd(theta: Array, g: Array, first: Array, second: Array, rates: Any) -> None:  # noqa: ARG001 - all rules take the same
    for i in range(theta.shape[0]):
        theta[i] -= rates.eta * (g[i] + rates.l2 * theta[i])


@kernel
def momentum(theta: Array, g: Array, first: Array, second: Array, rates: Any) -> None:  # noqa: ARG001 - as all rules
    for i in range(theta.shape[0]):
        first[i] = rates.momentum * first[i] + (g[i] + rates.l2 * theta[i])
        theta[i] -= rates.eta * first[i]


@kernel
def nesterov(theta: Array, g: Array, first: Array, second: Array, rates: Any) -> None:  # noqa: ARG001 - as all rules
    for i in range(theta.shape[0]):
        slope = g[i] + rates.l2 * theta[i]
        first[i] = rates.momentum * first[i] + slope
        theta[i] -= rates.eta * (slope + rates.momentum * first[i])


@kernel
def rmsprop(theta: Array, g: Array, first: Array, second: Array, rates: Any) -> None:  # noqa: ARG001 - as all rules
    for i in range(theta.shape[0]):
        slope = g[i] + rates.l2 * theta[i]
        first[i] = rates.beta_2 * first[i] + rates.new_2 * (slope * slope)
        theta[i] -= rates.eta * (slope / (np.sqrt(first[i]) + rates.epsilon))


@kernel
def adam(theta: Array, g: Array, first: Array, second: Array, rates: Any) -> None:
    """adamw too: it decays, adam does not."""
    for i in range(theta.shape[0]):
        slope = g[i] + rates.l2 * theta[i]
        first[i] = rates.beta_1 * first[i] + rates.new_1 * slope
        second[i] = rates.beta_2 * second[i] + rates.new_2 * (slope * slope)
        mean, square = first[i] * rates.correction_1, second[i] * rates.correction_2
        theta[i] -= rates.eta * (mean / (np.sqrt(square) + rates.epsilon) + rates.decay * theta[i])


UPDATES = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "rmsprop": rmsprop, "adam": adam, "adamw": adam}
"""The kernel of every optimizer; it takes the optimizer's slots in their order."""
