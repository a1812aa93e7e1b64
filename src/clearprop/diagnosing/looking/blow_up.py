"""Where the first number that no longer fits was born."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.diagnosing.looking.steps import empty_slots, step_of
from clearprop.diagnosing.setup import Setup, course
from clearprop.equations.step import Step

LARGEST = float(np.finfo(np.float32).max)
STEPS = 300
"""How many steps are made at most to find it."""
NAMES = {"z": "weighted input z", "a": "activation a", "delta": "error δ", "dW": "gradient ∂C/∂W", "new_W": "weight W"}


@dataclass(frozen=True)
class Birth:
    """The update (from 1), the quantity and the layer in which a number first was infinite, or none, in float32."""

    update: int
    quantity: str
    layer: int


def birth(setup: Setup, seed: int) -> Birth | None:
    """Make the first steps of a run with the equations and look at every number."""
    way = course(setup, seed)
    if not np.isfinite(way.examples.x).all():
        return Birth(1, "input x", 0)
    network = setup.network(seed)
    parameters, slots = (network.weights, network.biases), empty_slots(setup, network)
    size = min(way.settings.batch_size, len(way.examples))
    with np.errstate(all="ignore"):
        for number in range(STEPS):
            first = number * size % max(1, len(way.examples) - size + 1)
            batch = way.examples.of(slice(first, first + size))
            step = step_of(setup, network, batch, parameters=parameters, slots=slots, update=number + 1)
            step.backward()
            if found := _first(step):
                return Birth(number + 1, NAMES[found[0]], found[1])
            layers = range(1, step.layers + 1)
            parameters = [step.new_W[layer] for layer in layers], [step.new_b[layer] for layer in layers]
            slots = [(step.move_W[layer][1], step.move_b[layer][1]) for layer in layers]
    return None


def _first(step: Step) -> tuple[str, int] | None:
    """The first quantity of a step that does not fit, in the order in which they are computed."""
    up, down = range(1, step.layers + 1), range(step.layers, 0, -1)
    order = [
        *((name, layer) for layer in up for name in ("z", "a")),
        *((name, layer) for layer in down for name in ("delta", "dW")),
        *(("new_W", layer) for layer in up),
    ]
    for name, layer in order:
        if not (np.abs(step.value(name, layer)) <= LARGEST).all():
            return name, layer
    return None
