"""One step of a setup's training, by the equations, in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.setup import Examples, Setup
from clearprop.equations.step import TRUE_RULES, Step, Update
from clearprop.equations.updates import Slots
from clearprop.network import Network
from clearprop.targets import one_hot

LayerSlots = list[tuple[Slots, Slots]]


def empty_slots(setup: Setup, network: Network) -> LayerSlots:
    """The optimizer's memory before the first update."""
    names = setup.settings.rule.slots
    return [
        (dict.fromkeys(names, np.zeros(W.shape)), dict.fromkeys(names, np.zeros(b.shape)))
        for W, b in zip(network.weights, network.biases, strict=True)
    ]


def step_of(
    setup: Setup,
    network: Network,
    examples: Examples,
    *,
    parameters: tuple[Sequence[FloatArray], Sequence[FloatArray]] | None = None,
    slots: LayerSlots | None = None,
    update: int = 1,
) -> Step:
    """The step that the setup makes on these examples: forward, back, and update number `update`; with other
    `parameters` (weights, biases) than the network's where they are given."""
    settings = setup.settings
    weights, biases = parameters or (network.weights, network.biases)
    return Step(
        TRUE_RULES,
        examples.x.astype(np.float64),
        one_hot(examples.y, setup.sizes[-1]) if setup.classes else examples.y,
        [W.astype(np.float64) for W in weights],
        [b.astype(np.float64) for b in biases],
        network.activations,
        network.output_pair,
        update=Update(settings.rule, settings.all_optimizer_options(), settings.learning_rate, update, settings.l2),
        slots=slots or empty_slots(setup, network),
    )
