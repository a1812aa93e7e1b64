"""What every peer takes and gives: the same network, the same rows in the same order, the same steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Options = Mapping[str, Any]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Adam's options, the same for all."""


NEGATIVES = ", negatives"
"""What is said of work on the images' negatives."""

MUCH = 3e8


def said(threads: int) -> str:
    return f"{threads} thread{'s' * (threads > 1)}"


@dataclass(frozen=True)
class Variant:
    """A way to write the same work: options for the peer's class, and variables of its process."""

    options: Options = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A training: softmax and cross-entropy after hidden layers of one activation, float32.

    A peer makes `span` steps in one call. `cosine` lets the learning rate fall along half a cosine wave over so many
    steps; 0 keeps it constant. `negative`: the inputs are the images' negatives, most of which are not 0.
    """

    name: str
    sizes: tuple[int, ...]
    batch: int
    optimizer: str
    learning_rate: float
    span: int
    hidden: str = "relu"
    cosine: int = 0
    negative: bool = False

    @property
    def weights(self) -> list[int]:
        """The number of weights of each layer."""
        return [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]

    @property
    def arithmetic(self) -> int:
        """Floating-point operations that one example needs: a multiplication and an addition for each weight in the
        forward pass, in the weight's gradient, and in the gradient of the layer's input, which no one needs of x."""
        return 6 * sum(self.weights) - 2 * self.weights[0]

    @property
    def threads(self) -> tuple[int, ...]:
        """The numbers of threads worth trying: a step with so much arithmetic is never done sooner by one."""
        return (1, 2) if self.arithmetic * self.batch < MUCH else (2,)

    @property
    def shape(self) -> str:
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch}, {self.optimizer}{NEGATIVES * self.negative}"

    def rates(self, first: int, steps: int) -> Floats:
        """The learning rates of the steps first, first + 1, …"""
        t = np.arange(first, first + steps)
        falling = (1 + np.cos(np.pi * t / self.cosine)) / 2 if self.cosine else np.ones(steps)
        return (self.learning_rate * falling).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Parameters:
    """The numbers of a network, float32: W as (n_out, n_in), b as (n_out,)."""

    weights: list[Floats]
    biases: list[Floats]


@dataclass(frozen=True, eq=False)
class Digits:
    """Rows x (n, inputs) from 0 to 1, float32, and their classes y (n,)."""

    x: Floats
    y: Ints


class Trainer(Protocol):
    """Trains; made from (work, digits, options)."""

    def restart(self, start: Parameters) -> None:
        """Stand at these numbers, the optimizer's memory empty, no step made."""

    def run(self, order: Ints) -> None:
        """Make len(order) / batch steps: step i takes the rows order[i · batch : (i + 1) · batch]. The work is done
        when it returns."""

    def parameters(self) -> Parameters:
        """Where it stands."""

    def classes(self, x: Floats) -> Ints:
        """The class of each row, as the network stands."""


class Labeller(Protocol):
    """Labels; made from (parameters, options), the hidden layers ReLU."""

    def placed(self, x: Floats) -> Any:
        """The rows x (n, inputs) where the peer likes them best, before the clock starts."""

    def many(self, x: Any) -> Ints:
        """The class of each placed row."""

    def one(self, row: Floats) -> int:
        """The class of one row (inputs,), through the shortest call that the peer has."""


def tiles(rows: int, size: int) -> list[slice]:
    """Pieces of at most `size` rows that cover all."""
    return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]
