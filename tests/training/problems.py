"""Small trainings, and what it means that two of them are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clearprop import Network, Training, train
from clearprop.training import run

Matrix = np.ndarray[Any, Any]

EXAMPLES = 60
STEPS = 6
"""Updates in an epoch: 48 of 60 examples are learned from, 8 at a time."""


PRECISION_OF = {"cpu": "float32", "jax": "float32", "reference": "float64"}
"""What each engine computes in by itself."""


def network_of(sizes: tuple[int, ...] = (4, 8, 3), **changes: Any) -> Network:
    return Network.initialize(sizes, **{"hidden": "tanh", "seed": 1, "precision": "float64", **changes})


def examples(seed: int = 0, noise: float = 1.0) -> tuple[Matrix, Matrix]:
    """Three overlapping clouds, twenty examples each."""
    rng = np.random.default_rng(seed)
    y = np.arange(EXAMPLES) % 3
    return rng.standard_normal((EXAMPLES, 4)) * noise + np.eye(3, 4)[y] * 2, y


def trained(network: Network | None = None, **changes: Any) -> Training:
    """A training of a few short epochs."""
    x, y = examples()
    wanted = {"batch_size": 8, "epochs": 4, "learning_rate": 0.05, "validation": 0.2, **changes}
    return train(network_of() if network is None else network, wanted.pop("x", x), wanted.pop("y", y), **wanted)


def short_spans(patch: pytest.MonkeyPatch, steps: int = 1) -> None:
    """Makes every span `steps` updates long."""
    patch.setattr(run, "SPAN_SECONDS", 0.0)
    if steps > 1:
        patch.setattr(run, "steps_per_span", lambda *_: steps)


def bits(network: Network) -> list[bytes]:
    return [array.tobytes() for array in (*network.weights, *network.biases)]


def same(one: Training, other: Training) -> bool:
    """Whether two trainings ended with the same bits, clocks left out."""
    return (
        bits(one.network) == bits(other.network)
        and one.history.without_clocks() == other.history.without_clocks()
        and (one.stopped, one.message) == (other.stopped, other.message)
        and one.model.provenance == other.model.provenance
    )


def largest_cost_error(network: Network, x: Matrix) -> float:
    """A bound on what rounding, in the network's precision, makes of the mean cross-entropy of a network of tanh and
    softmax. A sum of n products is wrong by at most γₙ Σ|products| (Higham 2002, section 3.1), tanh passes an error on
    at most as large as it is and adds some units in the last place, and the cost moves by at most twice the error of z.
    """
    unit = float(np.finfo(network.precision).eps) / 2
    tanh_error = 4 * unit
    a, error = np.abs(x).astype(np.float64), np.abs(x) * unit
    for layer in network.layers:
        W, b = np.abs(layer.weight).astype(np.float64), np.abs(layer.bias).astype(np.float64)
        terms = W.shape[1] + 1
        gamma = terms * unit / (1 - terms * unit)
        error = error @ W.T + gamma * ((a + error) @ W.T + b) + tanh_error
        a = np.ones_like(error)
    return float(2 * error.max())
