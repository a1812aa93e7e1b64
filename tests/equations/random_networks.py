"""Random networks with examples, their gradients by automatic differentiation, and how far ours are from those.

The oracle shares no line with the equations: it writes its own forward pass with JAX's functions and lets JAX
differentiate it. A perturbation of 0 is added to every activation; the slopes with respect to the perturbations
are the activations' gradients.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from clearprop import Network, gradients
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS

HIDDEN = sorted(ACTIVATIONS)
OUTPUTS = sorted(PAIRS)

QUICK = {"xla_backend_optimization_level": 0}
"""Every network is compiled for one call: optimizing it would take longer than it saves."""

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": lambda z: jax.nn.leaky_relu(z, 0.01),
    "gelu": lambda z: jax.nn.gelu(z, approximate=True),
    "softmax": lambda z: jax.nn.softmax(z, axis=-1),
}
_COSTS: dict[str, Callable[[Any, Any], Any]] = {
    "squared_error": lambda a, y: jnp.sum((a - y) ** 2, axis=-1),
    "half_squared_error": lambda a, y: jnp.sum((a - y) ** 2, axis=-1) / 2,
    "cross_entropy": lambda a, y: -jnp.sum(y * jnp.log(a), axis=-1),
    "binary_cross_entropy": lambda a, y: -jnp.sum(y * jnp.log(a) + (1 - y) * jnp.log(1 - a), axis=-1),
}


@dataclass(frozen=True)
class Problem:
    """A network with examples for it."""

    network: Network
    x: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Slopes:
    """∂C/∂W and ∂C/∂b of each layer, and ∂C₀/∂a of each example for the activations a⁽⁰⁾ to a⁽ᴸ⁾."""

    weights: list[Any]
    biases: list[Any]
    activations: list[Any]


def random_problem(seed: int) -> Problem:
    """1 to 4 layers, widths that differ, 1 to 9 examples; the seeds go through all outputs and hidden activations.

    Weights scatter by 1/√n, so that no activation rounds to 0 or 1: there automatic differentiation of the
    written forms has no digits left to compare with.
    """
    rng = np.random.default_rng(seed)
    cost, output = OUTPUTS[seed % len(OUTPUTS)]
    sizes = [int(size) for size in rng.permutation(np.arange(1, 9))[: rng.integers(2, 6)]]
    if sizes[-1] == 1 and output == "softmax":
        sizes[-1] = 9
    hidden = [HIDDEN[(seed // len(OUTPUTS) + place) % len(HIDDEN)] for place in range(len(sizes) - 2)]
    weights = [rng.normal(0, 1 / np.sqrt(n_in), (n_out, n_in)) for n_in, n_out in itertools.pairwise(sizes)]
    biases = [rng.normal(0, 0.5, n_out) for n_out in sizes[1:]]
    network = Network.of(weights, biases, activations=[*hidden, output], cost=cost)
    n = int(rng.integers(1, 10))
    return Problem(network, rng.normal(size=(n, sizes[0])), _targets(rng, n, sizes[-1], cost))


def _targets(rng: np.random.Generator, n: int, units: int, cost: str) -> np.ndarray[Any, Any]:
    """One-hot rows or shares for the logarithmic costs, any numbers for the others."""
    if cost in ("squared_error", "half_squared_error"):
        return rng.normal(size=(n, units))
    if units == 1:
        return np.ones((n, 1)) if cost == "cross_entropy" else rng.uniform(size=(n, 1))
    return np.eye(units)[rng.integers(units, size=n)] if rng.random() < 0.5 else rng.dirichlet(np.ones(units), n)


def automatic_slopes(problem: Problem) -> Slopes:
    """The slopes by jitted automatic differentiation in float64."""
    network, n = problem.network, len(problem.x)
    activations = [_ACTIVATIONS[layer.activation] for layer in network.layers]
    cost = _COSTS[network.cost]

    def mean_cost(weights: Any, biases: Any, nudges: Any, x: Any, y: Any) -> Any:
        a = x + nudges[0]
        for W, b, f, nudge in zip(weights, biases, activations, nudges[1:], strict=True):
            a = f(jnp.dot(a, W.T) + b) + nudge
        return jnp.mean(cost(a, y))

    with jax.enable_x64(True):
        nudges = [np.zeros((n, size)) for size in network.sizes]
        differentiate = jax.jit(jax.grad(mean_cost, argnums=(0, 1, 2)), compiler_options=QUICK)
        found = differentiate(network.weights, network.biases, nudges, problem.x, problem.y)
        weights, biases, activation_slopes = jax.tree.map(np.asarray, found)
    return Slopes(weights, biases, [slope * n for slope in activation_slopes])


def our_slopes(problem: Problem) -> Slopes:
    """The slopes by backpropagation."""
    mean = gradients(problem.network, problem.x, problem.y)
    each = gradients(problem.network, problem.x, problem.y, per_example=True)
    return Slopes(mean.weights, mean.biases, [*each.inputs, each.outputs])


def disagreement(problem: Problem) -> float:
    """The largest difference between ours and the automatic, as a share of the largest entry of its array."""
    ours, automatic = our_slopes(problem), automatic_slopes(problem)
    pairs = [
        *zip(ours.weights, automatic.weights, strict=True),
        *zip(ours.biases, automatic.biases, strict=True),
        *zip(ours.activations, automatic.activations, strict=True),
    ]
    return max(_share(mine, theirs) for mine, theirs in pairs)


def _share(mine: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> float:
    assert mine.shape == theirs.shape
    difference, largest = float(np.max(np.abs(mine - theirs))), float(np.max(np.abs(theirs)))
    if difference == 0:
        return 0.0
    return difference / largest if largest else math.inf
