"""The network of a training as it is asked for: before its weights are drawn, or with given ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clearprop.equations.initializations import initialization_named
from clearprop.equations.outputs import output_pair
from clearprop.network import COST, HIDDEN, INITIALIZATION, OUTPUT, Network


@dataclass(frozen=True)
class Shape:
    """The network of a training: all but its numbers, or with them where it starts from given ones."""

    sizes: tuple[int, ...]
    hidden: tuple[str, ...]
    output: str
    cost: str
    initialization: str
    start: Network | None = None


def shape_of(network: Network) -> Shape:
    """The shape of a network that the training starts from."""
    *hidden, output = (layer.activation for layer in network.layers)
    return Shape(network.sizes, tuple(hidden), output, network.cost, INITIALIZATION, network)


def shape_from(
    layers: Sequence[int],
    hidden: str | Sequence[str] = HIDDEN,
    output: str = OUTPUT,
    cost: str = COST,
    initialization: str = INITIALIZATION,
) -> Shape:
    """The shape of networks whose weights are drawn. A softmax of one unit is allowed here, for it can be what is
    wrong; ArgumentError for anything else that cannot be a network."""
    # zeros cost no time to draw; the output is checked with its cost
    network = Network.initialize(layers, hidden=hidden, output="sigmoid", cost="squared_error", initialization="zeros")
    output_pair(cost, output)
    initialization_named(initialization, output)
    return Shape(network.sizes, shape_of(network).hidden, output, cost, initialization)
