"""A training that has not been made yet, as a value: an experiment is this value with one thing changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.arrays import BoolArray, FloatArray, IntArray, is_finite
from clearprop.network import Network
from clearprop.settings import Settings
from clearprop.targets import ClassName, count_of_classes

MOST_EPOCHS = 60
"""More epochs than so many are bundled where an epoch has few rows: each costs time between the steps."""
RESCALING_ROWS = 256
"""Rows by which the size of weighted inputs is measured."""
MOST_BUNDLED = 4_000_000
"""Numbers that the rows of a bundle hold at most, besides those that fill up mini-batches."""


@dataclass(frozen=True, eq=False)
class Examples:
    """x (n, inputs) and y: class indices (n,), or rows of real numbers (n, units)."""

    x: FloatArray
    y: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.x)

    def of(self, chosen: Any) -> Examples:
        """The chosen examples."""
        return Examples(self.x[chosen], self.y[chosen])


@dataclass(frozen=True, eq=False)
class Setup:
    """All that decides how a training ends, but the seed.

    `judged` (n,) marks the rows that are not trained on, by which the outcome is judged; None where there are too few
    rows to hold some back, and those trained on are the judges. `beside` holds each row's label as it stands in the row
    before and in the row after. `start` is a network with given numbers; without it weights are drawn.
    `classes` names the classes, None for real numbers.
    """

    examples: Examples
    classes: tuple[ClassName, ...] | None
    judged: BoolArray | None
    beside: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
    test: Examples | None
    sizes: tuple[int, ...]
    hidden: tuple[str, ...]
    output: str
    cost: str
    initialization: str
    start: Network | None
    settings: Settings
    class_weight: Mapping[Any, float] | str | None
    sample_weight: FloatArray | None
    rescaled: bool = False
    """Whether the first weights and biases are changed so that every layer's weighted inputs are of size 1 around 0."""
    shortened: float = 1.0
    """The share of the user's updates that an experiment makes."""

    @property
    def learned(self) -> Examples:
        """The examples that are trained on."""
        return self.examples if self.judged is None else self.examples.of(~self.judged)

    @property
    def judges(self) -> Examples:
        """The examples by which the outcome is judged."""
        return self.examples if self.judged is None else self.examples.of(self.judged)

    @property
    def class_count(self) -> int:
        return count_of_classes(self.sizes[-1])

    @property
    def always_one(self) -> bool:
        """Whether the output layer is a softmax of one unit, which answers 1 whatever its weights."""
        return self.output == "softmax" and self.sizes[-1] == 1

    @property
    def trainable(self) -> bool:
        """Whether there is anything to train: a network that can be made, on inputs that are numbers."""
        return not self.always_one and is_finite(self.examples.x)

    def network(self, seed: int) -> Network:
        """The network that the training starts from."""
        network = self.start or Network.initialize(
            self.sizes,
            hidden=self.hidden,
            output=self.output,
            cost=self.cost,
            initialization=self.initialization,
            seed=seed,
            precision=self.settings.precision or "float32",
        )
        return _rescaled(network, self.learned.x[:RESCALING_ROWS]) if self.rescaled else network

    def with_settings(self, **changed: Any) -> Setup:
        """The same with other settings of the training."""
        return replace(self, settings=replace(self.settings, **changed))

    def with_inputs(self, x: FloatArray) -> Setup:
        """The same rows with other inputs."""
        return replace(self, examples=replace(self.examples, x=x))

    def with_targets(self, y: np.ndarray[Any, Any]) -> Setup:
        """The same rows with other targets."""
        return replace(self, examples=replace(self.examples, y=y))

    def redrawn(self, initialization: str = "auto") -> Setup:
        """The same from a fresh start."""
        return replace(self, start=None, initialization=initialization)

    def with_layers(self, hidden_sizes: tuple[int, ...], activation: str) -> Setup:
        """The same with other hidden layers, whose weights must be drawn."""
        fresh = replace(self, initialization="auto") if self.start is not None else self
        return replace(
            fresh,
            start=None,
            sizes=(self.sizes[0], *hidden_sizes, self.sizes[-1]),
            hidden=(activation,) * len(hidden_sizes),
        )

    def with_hidden(self, activation: str) -> Setup:
        """The same with another activation in all hidden layers."""
        return self._as(hidden=(activation,) * len(self.hidden))

    def with_output(self, output: str, cost: str) -> Setup:
        """The same with another output activation and cost."""
        return self._as(output=output, cost=cost)

    def _as(self, **changed: Any) -> Setup:
        other = replace(self, **changed)
        if self.start is None:
            return other
        activations = (*other.hidden, other.output)
        start = Network.of(self.start.weights, self.start.biases, activations=activations, cost=other.cost)
        return replace(other, start=start)


def _rescaled(network: Network, x: FloatArray) -> Network:
    """The network with weights and biases under which the weighted inputs of every layer have mean 0 and spread 1."""
    weights, biases, a = [], [], x
    for layer, activation in zip(network.layers, network.activations, strict=True):
        z = a @ layer.weight.T + layer.bias
        spread = float(z.std(axis=0).mean()) or 1.0
        weights.append(layer.weight / spread)
        biases.append((layer.bias - z.mean(axis=0)) / spread)
        a = activation((z - z.mean(axis=0)) / spread)
    return network.with_parameters(weights, [b.astype(network.precision) for b in biases])


@dataclass(frozen=True, eq=False)
class Course:
    """The rows of a run in the form that it is made in, and its settings."""

    examples: Examples
    sample_weight: FloatArray | None
    settings: Settings


def course(setup: Setup, seed: int) -> Course:
    """How a run of the setup is made: with many epochs of few rows, several epochs make one, each in its own order."""
    settings = replace(setup.settings, seed=seed)
    if settings.patience is None:
        settings = replace(settings, validation=0.0)
    rows = np.arange(len(setup.examples)) if setup.judged is None else np.flatnonzero(~setup.judged)
    bundle = _bundle(setup, len(rows))
    if bundle > 1:
        epochs = math.ceil(settings.epochs_for(len(rows)) / bundle)
        batch = min(settings.batch_size, len(rows))
        rows = np.concatenate([_whole_batches(_order(rows, settings, epoch), batch) for epoch in range(bundle)])
        settings = replace(settings, epochs=epochs, batch_size=batch, shuffle=False)
    weight = None if setup.sample_weight is None else setup.sample_weight[rows]
    return Course(setup.examples.of(rows), weight, settings)


def _bundle(setup: Setup, rows: int) -> int:
    """How many epochs make one; where each of them is watched, one."""
    settings = setup.settings
    if settings.patience is not None:
        return 1
    room = MOST_BUNDLED // (rows * setup.sizes[0])
    return max(1, min(math.ceil(settings.epochs_for(rows) / MOST_EPOCHS), room))


def _whole_batches(rows: IntArray, batch: int) -> IntArray:
    """The rows, and so many of the first ones again that the last mini-batch is as large as the others: an epoch makes
    as many steps as ever."""
    return np.concatenate([rows, rows[: -len(rows) % batch]])


def _order(rows: IntArray, settings: Settings, epoch: int) -> IntArray:
    return np.random.default_rng([settings.seed, epoch]).permutation(rows) if settings.shuffle else rows
