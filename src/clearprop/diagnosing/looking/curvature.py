"""How sharply the cost bends, by power iteration."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.looking.layers import probes
from clearprop.diagnosing.looking.steps import step_of
from clearprop.diagnosing.setup import Setup
from clearprop.network import Network

ITERATIONS = 12
NUDGE = 1e-4


def curvature(setup: Setup, network: Network) -> float:
    """The largest curvature of the cost around the network: plain descent overshoots along that direction when the
    learning rate is above 2 divided by it. The product of curvature and direction is the difference of two gradients.
    """
    examples = probes(setup, network)
    parameters = [array.astype(np.float64) for array in (*network.weights, *network.biases)]
    count = len(network.layers)

    def gradient(moved: Sequence[FloatArray]) -> list[FloatArray]:
        step = step_of(setup, network, examples, parameters=(moved[:count], moved[count:]))
        step.backward()
        layers = range(1, count + 1)
        return [*(step.dW[layer] for layer in layers), *(step.db[layer] for layer in layers)]

    rng = np.random.default_rng(0)
    direction, size = [rng.standard_normal(array.shape) for array in parameters], 0.0
    with np.errstate(all="ignore"):
        for _ in range(ITERATIONS):
            length = _length(direction)
            if not math.isfinite(length) or length == 0:
                break
            unit = [part / length for part in direction]
            ahead, behind = (
                gradient([array + by * part for array, part in zip(parameters, unit, strict=True)])
                for by in (NUDGE, -NUDGE)
            )
            direction = [(a - b) / (2 * NUDGE) for a, b in zip(ahead, behind, strict=True)]
            size = _length(direction)
    return size


def _length(arrays: Sequence[FloatArray]) -> float:
    return math.sqrt(sum(float(np.vdot(array, array)) for array in arrays))
