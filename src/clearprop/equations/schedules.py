"""Learning-rate schedules: the learning rate η_t of update t = 0, 1, …, T − 1, from the one that was asked for.

t is one number, or an array of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.equations.equation import Equation, equation
from clearprop.equations.tables import lookup

WARM_UP_SHARE = 0.1
"""The share of all updates over which `warm-up` rises."""


@equation("eta_t = eta", "The same learning rate from the first update to the last.", source="definition")
def constant(eta: float, t: Array, T: int) -> Array:  # noqa: ARG001 - every schedule takes the same arguments
    return eta + 0.0 * t


@equation(
    "eta_t = eta / 10 ** floor(3 * t / T)",
    "Divide the learning rate by ten after each third of the run.",
    source="common practice",
)
def step(eta: float, t: Array, T: int) -> Array:
    return eta / 10.0 ** (3 * t // T)


@equation(
    "eta_t = eta * (1 + cos(pi * t / T)) / 2",
    "Lower the learning rate along half a cosine wave, to almost nothing at the end.",
    source="Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts",
)
def cosine(eta: float, t: Array, T: int) -> Array:
    return eta * (1 + _namespace(t).cos(math.pi * t / T)) / 2


@equation(
    "eta_t = eta * min((t + 1) / ceil(T / 10), 1)",
    "Raise the learning rate in equal steps over the first tenth of the run, then keep it.",
    source="Goyal et al. 2017, Accurate, large minibatch SGD",
)
def warm_up(eta: float, t: Array, T: int) -> Array:
    return eta * _namespace(t).minimum((t + 1) / math.ceil(WARM_UP_SHARE * T), 1.0)


def _namespace(t: Array) -> Any:
    return t.__array_namespace__() if hasattr(t, "__array_namespace__") else np


SCHEDULES: dict[str, Equation[[float, Array, int], Array]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "warm-up": warm_up,
}


def schedule_named(name: str) -> Equation[[float, Array, int], Array]:
    """The schedule of that name; ArgumentError for an unknown one."""
    return lookup(SCHEDULES, name, "schedule")
