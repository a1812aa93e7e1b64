"""Test points at which mistakes show: weights that are not small, biases that are not 0, z of both signs and away from
the kinks, several examples of several classes, widths that differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clearprop.checking.trial import Trial
from clearprop.equations.step import Update
from clearprop.network import Network

TRIES = 40
FAR_ENOUGH = 0.02
LEARNING_RATE = 0.5
WITH_KINK = frozenset({"relu", "leaky_relu"})
LARGE = 1000.0


def counts(widths: Sequence[int], batches: int = 3) -> list[int]:
    """How many examples the batches have: several, not as many as any layer has neurons, and not the same."""
    free = [count for count in range(4, 4 + len(widths) + batches + 1) if count not in widths]
    return free[:batches]


def draw(network: Network, count: int, seed: int) -> Trial:
    """The right pass for random parameters and `count` random examples, one row each."""
    rng = np.random.default_rng(seed)
    best = _random(network, count, rng)
    for _ in range(TRIES):
        if _distance_from_kinks(best) >= FAR_ENOUGH:
            break
        best = max(best, _random(network, count, rng), key=_distance_from_kinks)
    return best


def _random(network: Network, count: int, rng: np.random.Generator) -> Trial:
    weights = [rng.standard_normal(W.shape) * 1.2 / np.sqrt(W.shape[1]) for W in network.weights]
    biases = [0.6 * rng.standard_normal(b.shape) for b in network.biases]
    x = rng.standard_normal((count, network.sizes[0]))
    return trial_of(network, weights, biases, x, _targets(network.sizes[-1], count, rng))


def _targets(units: int, count: int, rng: np.random.Generator) -> np.ndarray:
    classes = (np.arange(count) + rng.integers(max(units, 2))) % max(units, 2)
    return classes[:, None].astype(np.float64) if units == 1 else np.eye(units)[classes]


def _distance_from_kinks(trial: Trial) -> float:
    """The smallest |z| of a layer with a kink; worse than any where all z of such a layer have one sign."""
    with_kink = [layer for layer in range(1, trial.layers + 1) if trial.activations[layer].name in WITH_KINK]
    distances = [np.abs(trial.z[layer]).min() for layer in with_kink]
    one_sided = any((trial.z[layer] > 0).all() or (trial.z[layer] < 0).all() for layer in with_kink)
    return float(min(distances, default=1.0)) - 10 * one_sided


def trial_of(
    network: Network,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    learning_rate: float = LEARNING_RATE,
) -> Trial:
    """The right pass with these numbers."""
    update = Update(learning_rate=learning_rate)
    return Trial(x, y, weights, biases, network.activations, network.output_pair, update=update)


def of_one_class(network: Network, count: int, seed: int) -> Trial:
    """A point where all examples have the first class (for one output: the class 1)."""
    trial = draw(network, count, seed)
    layers = range(1, trial.layers + 1)
    y = np.zeros_like(trial.y)
    y[:, 0] = 1.0
    return trial_of(network, [trial.W[layer] for layer in layers], [trial.b[layer] for layer in layers], trial.x, y)


def far_out(network: Network, count: int, seed: int) -> Trial:
    """A point where all z of the output layer are 1000 larger than usual, which changes no share of a softmax."""
    trial = draw(network, count, seed)
    layers = range(1, trial.layers + 1)
    biases = [trial.b[layer] + LARGE * (layer == trial.layers) for layer in layers]
    return trial_of(network, [trial.W[layer] for layer in layers], biases, trial.x, trial.y)


def distinct(widths: Sequence[int]) -> list[int]:
    """The widths with those raised that occur twice.

    >>> distinct([4, 4, 2]), distinct([3, 5, 2])
    ([4, 5, 2], [3, 5, 2])
    """
    found: list[int] = []
    for width in widths:
        while width in found or (width != widths[len(found)] and width in widths):
            width += 1
        found.append(width)
    return found
