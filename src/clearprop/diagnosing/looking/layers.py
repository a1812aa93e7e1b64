"""What can be seen of a network, layer by layer, when some examples go through it, forward and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.looking.steps import step_of
from clearprop.diagnosing.setup import Examples, Setup
from clearprop.equations.step import Step
from clearprop.network import Network

PROBES = 128
"""Examples that are sent through."""
PROBE_NUMBERS = 20_000_000
"""Numbers that the gradients of single examples may take."""
FLAT = 0.01
"""A neuron whose slope is smaller than so much of the largest is saturated."""
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0}


@dataclass(frozen=True)
class LayerFacts:
    """One layer. Shares are of its neurons and examples.

    `saturated`: neurons whose slope is next to 0; `dead`: those that pass nothing on for any example; `alike`: those
    with the same weights as another; `delta`: the mean size of ∂C₀/∂z, `passed`: beside that of ∂C₀/∂a; `update`: how
    far the first step moves the weights, beside their size; `cancels`: how much of the examples' gradients cancels in
    their mean.
    """

    layer: int
    activation: str
    largest_z: float
    saturated: float
    dead: float
    alike: float
    delta: float
    passed: float
    weight_spread: float
    weight_mean: float
    bias_largest: float
    update: float
    cancels: float


def probes(setup: Setup, network: Network) -> Examples:
    """Some of the examples that are learned from, spread over all of them."""
    examples = setup.learned
    count = min(PROBES, len(examples), max(2, PROBE_NUMBERS // network.parameter_count))
    return examples.of(np.unique(np.linspace(0, len(examples) - 1, count).astype(np.intp)))


def layer_facts(setup: Setup, network: Network) -> tuple[LayerFacts, ...]:
    """Look at every layer of a network while the setup's examples go through it."""
    with np.errstate(all="ignore"):
        step = step_of(setup, network, probes(setup, network))
        step.backward()
        return tuple(_facts(step, layer) for layer in range(1, step.layers + 1))


def _facts(step: Step, layer: int) -> LayerFacts:
    activation = step.activations[layer]
    z, W = step.z[layer], step.W[layer]
    return LayerFacts(
        layer=layer,
        activation=activation.name,
        largest_z=float(np.abs(z).max()),
        saturated=_saturated(activation.name, step, layer),
        dead=float(np.mean(np.all(z <= 0, axis=0))) if activation.name == "relu" else 0.0,
        alike=1 - len({row.tobytes() for row in np.ascontiguousarray(W + 0.0)}) / len(W) if len(W) > 1 else 0.0,
        delta=float(np.mean(np.abs(step.delta[layer]))),
        passed=_ratio(float(np.mean(np.abs(step.delta[layer]))), float(np.mean(np.abs(step.da[layer])))),
        weight_spread=float(np.std(W)),
        weight_mean=float(np.mean(W)),
        bias_largest=float(np.abs(step.b[layer]).max()),
        update=_ratio(float(np.linalg.norm(step.new_W[layer] - W)), float(np.linalg.norm(W))),
        cancels=_cancelling(step.dW_each[layer]),
    )


def _saturated(name: str, step: Step, layer: int) -> float:
    if name == "softmax":
        return float(np.mean(np.max(step.a[layer], axis=1) > 1 - FLAT))
    if name not in STEEPEST:
        return 0.0
    return float(np.mean(step.activations[layer].slope(step.z[layer]) < FLAT * STEEPEST[name]))


def _cancelling(gradients: FloatArray) -> float:
    """1 − |mean| / mean of |…| over the examples: 0 when all point the same way, 1 when they add up to nothing."""
    flat = gradients.reshape(len(gradients), -1)
    lengths = float(np.mean(np.linalg.norm(flat, axis=1)))
    return 1 - _ratio(float(np.linalg.norm(flat.mean(axis=0))), lengths) if lengths else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
