"""Initializations: how widely the first weights scatter around 0.

σ is the standard deviation of the weights into a layer with n_in inputs and n_out neurons. Biases start at 0,
except with `normal`, which draws them too, as Nielsen's chapter 1 does.
"""

from __future__ import annotations

import math

from clearprop.equations.activations import NIELSEN
from clearprop.equations.equation import Equation, equation
from clearprop.equations.tables import lookup


@equation("sigma = 0", "All weights are 0: all neurons of a layer stay alike for ever.", source="definition")
def zeros(n_in: int, n_out: int) -> float:  # noqa: ARG001 - every initialization takes the same arguments
    return 0.0


@equation(
    "sigma = 1",
    "Weights and biases scatter around 0 by about 1, however many inputs there are.",
    source=f"{NIELSEN}, chapter 1",
)
def normal(n_in: int, n_out: int) -> float:  # noqa: ARG001
    return 1.0


@equation(
    "sigma = sqrt(2 / (n_in + n_out))",
    "So that signals keep their size on the way forward and errors theirs on the way back.",
    source="Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
)
def xavier(n_in: int, n_out: int) -> float:
    return math.sqrt(2 / (n_in + n_out))


@equation(
    "sigma = sqrt(2 / n_in)",
    "As lecun, doubled under the root, because relu turns half of the signals into 0.",
    source="He et al. 2015, Delving deep into rectifiers",
)
def he(n_in: int, n_out: int) -> float:  # noqa: ARG001
    return math.sqrt(2 / n_in)


@equation(
    "sigma = sqrt(1 / n_in)",
    "So that a weighted input is about as large as one of its inputs.",
    source="LeCun et al. 1998, Efficient BackProp",
)
def lecun(n_in: int, n_out: int) -> float:  # noqa: ARG001
    return math.sqrt(1 / n_in)


INITIALIZATIONS: dict[str, Equation[[int, int], float]] = {f.name: f for f in (zeros, normal, xavier, he, lecun)}
AUTO = {
    "identity": xavier,
    "sigmoid": xavier,
    "tanh": xavier,
    "softmax": xavier,
    "relu": he,
    "leaky_relu": he,
    "gelu": he,
}
"""What `auto` takes for a layer of each activation."""


def initialization_named(name: str, activation: str) -> Equation[[int, int], float]:
    """The initialization of that name for a layer of that activation; ArgumentError for an unknown one."""
    return lookup({"auto": AUTO[activation], **INITIALIZATIONS}, name, "initialization")
