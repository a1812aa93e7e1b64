"""One step of training, as quantities that rules compute.

A rule says how one quantity of one layer comes about from the others: `rule(step, layer) -> array`. A step
computes a quantity when it is first asked for and keeps it. So a mistake is one rule replaced, for all
layers or for one, and it may read anything that a step holds: a wrong source, a weight that was
updated too early, the activation of the wrong layer.

Layers are numbered as in the books: `step.a[0]` is x, `step.W[1]` leads from it to layer 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from clearprop.arrays import Array
from clearprop.equations.activations import Activation
from clearprop.equations.layers import (
    bias_gradient,
    input_gradient,
    mean_bias_gradient,
    mean_weight_gradient,
    weight_gradient,
    weighted_input,
)
from clearprop.equations.outputs import OutputPair
from clearprop.equations.regularization import dropout_draw, dropout_keep, l2_gradient
from clearprop.equations.updates import OPTIMIZERS, Optimizer, Slots

Rule = Callable[["Step", int], Any]


@dataclass(frozen=True)
class Rules:
    """The rule of every quantity, and the replacements for single layers."""

    everywhere: Mapping[str, Rule]
    replaced: Mapping[tuple[str, int], Rule] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, quantity: str, layer: int) -> Rule:
        return self.replaced.get((quantity, layer)) or self.everywhere[quantity]

    def replace(self, quantity: str, rule: Rule, layer: int | None = None) -> Rules:
        """These rules with another one for a quantity, in one layer or in all."""
        if quantity not in self.everywhere:
            raise KeyError(quantity)
        if layer is None:
            return Rules({**self.everywhere, quantity: rule}, self.replaced)
        return Rules(self.everywhere, {**self.replaced, (quantity, layer): rule})


class Quantity:
    """One quantity of a step, by layer: `step.delta[2]`."""

    def __init__(self, step: Step, name: str) -> None:
        self._step, self._name = step, name

    def __getitem__(self, layer: int) -> Any:
        return self._step.value(self._name, layer)


@dataclass(frozen=True)
class Update:
    """How the parameters move: the rule, its options, the learning rate, the count of this update from 1."""

    optimizer: Optimizer = OPTIMIZERS["sgd"]
    options: Mapping[str, float] = field(default_factory=dict)
    learning_rate: Array = 0.0
    t: Array = 1
    l2: float = 0.0


@dataclass(frozen=True)
class Dropout:
    """The share p of each hidden layer that is switched off, and where in the run this step stands."""

    p: float
    seed: int
    step: Array
    first_row: Array = 0


class Step:
    """Everything that one step holds, each a `Quantity` by layer l = 1..L (a and da from 0).

    | name | shape | meaning |
    |---|---|---|
    | W, b | (n_l, n_l-1), (n_l,) | the parameters before the update |
    | z | (n, n_l) | weighted inputs |
    | f | (n, n_l) | f(z), before dropout |
    | keep | (n, n_l) | what dropout multiplies by |
    | a | (n, n_l) | activations |
    | cost | (n,) | C₀ of each example, at layer L |
    | da | (n, n_l) | ∂C₀/∂a |
    | delta | (n, n_l) | ∂C₀/∂z |
    | dW_each, db_each | (n, …) | the gradients of each example |
    | dW, db | as W, b | the gradients of the mean cost, L2 included |
    | move_W, move_b | | the updated parameter and the optimizer's slots, a pair |
    | new_W, new_b | as W, b | the parameters after the update |
    """

    def __init__(
        self,
        rules: Rules,
        x: Array,
        y: Array,
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[Activation],
        output: OutputPair,
        *,
        example_weight: Array | None = None,
        dropout: Dropout | None = None,
        update: Update | None = None,
        slots: Sequence[tuple[Slots, Slots]] | None = None,
    ) -> None:
        self.rules, self.x, self.y = rules, x, y
        self.layers = len(weights)
        self.activations = dict(enumerate(activations, 1))
        self.output = output
        self.example_weight, self.dropout = example_weight, dropout
        self.update, self.slots = update or Update(), slots
        self._values: dict[tuple[str, int], Any] = {("a", 0): x}
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True), 1):
            self._values["W", layer], self._values["b", layer] = W, b

    def value(self, quantity: str, layer: int) -> Any:
        key = (quantity, layer)
        if key not in self._values:
            self._values[key] = self.rules.of(quantity, layer)(self, layer)
        return self._values[key]

    def __getattr__(self, name: str) -> Quantity:
        if name in ("W", "b") or name in self.rules.everywhere:
            return Quantity(self, name)
        raise AttributeError(name)

    def forward(self) -> Array:
        """The activations of the output layer."""
        for layer in range(1, self.layers + 1):
            self.value("a", layer)
        return self.value("a", self.layers)

    def backward(self) -> None:
        """Computes every delta, from the last layer to the first."""
        self.forward()
        for layer in range(self.layers, 0, -1):
            self.value("delta", layer)


def _keep(step: Step, layer: int) -> Array | None:
    if step.dropout is None or step.dropout.p == 0 or layer == step.layers:
        return None
    where = step.dropout
    draw = dropout_draw(step.z[layer], where.seed, where.step, layer, where.first_row)
    return draw.__array_namespace__().asarray(dropout_keep(draw, where.p), dtype=step.z[layer].dtype)


def _kept(step: Step, layer: int, value: Array) -> Array:
    keep = step.keep[layer] if layer > 0 else None
    return value if keep is None else value * keep


def _counted(step: Step, value: Array) -> Array:
    """A quantity of each example times the example's weight."""
    if step.example_weight is None:
        return value
    return value * (step.example_weight if value.ndim == 1 else step.example_weight[:, None])


def _da(step: Step, layer: int) -> Array:
    if layer == step.layers:
        return _counted(step, step.output.cost_function.slope(step.a[layer], step.y))
    return input_gradient(step.delta[layer + 1], step.W[layer + 1])


def _delta(step: Step, layer: int) -> Array:
    if layer == step.layers:
        return _counted(step, step.output.delta(step.z[layer], step.y))
    return step.activations[layer].pullback(_kept(step, layer, step.da[layer]), step.z[layer])


def _dW(step: Step, layer: int) -> Array:
    gradient = mean_weight_gradient(step.delta[layer], step.a[layer - 1])
    return gradient + l2_gradient(step.W[layer], step.update.l2) if step.update.l2 else gradient


def _move(step: Step, layer: int, theta: Array, g: Array, which: int) -> tuple[Array, Slots]:
    update = step.update
    slots = step.slots[layer - 1][which] if step.slots else {}
    # decay pulls on weights alone, as L2 does
    options = {**update.options, "decay": 0.0} if which and "decay" in update.options else update.options
    return update.optimizer.update(theta, g, slots, t=update.t, eta=update.learning_rate, options=options)


TRUE_RULES = Rules(
    MappingProxyType(
        {
            "z": lambda step, layer: weighted_input(step.a[layer - 1], step.W[layer], step.b[layer]),
            "f": lambda step, layer: step.activations[layer](step.z[layer]),
            "keep": _keep,
            "a": lambda step, layer: _kept(step, layer, step.f[layer]),
            "cost": lambda step, layer: _counted(step, step.output.cost(step.z[layer], step.y)),
            "da": _da,
            "delta": _delta,
            "dW_each": lambda step, layer: weight_gradient(step.delta[layer], step.a[layer - 1]),
            "db_each": lambda step, layer: bias_gradient(step.delta[layer]),
            "dW": _dW,
            "db": lambda step, layer: mean_bias_gradient(step.delta[layer]),
            "move_W": lambda step, layer: _move(step, layer, step.W[layer], step.dW[layer], 0),
            "move_b": lambda step, layer: _move(step, layer, step.b[layer], step.db[layer], 1),
            "new_W": lambda step, layer: step.move_W[layer][0],
            "new_b": lambda step, layer: step.move_b[layer][0],
        }
    )
)
"""Backpropagation as the books have it."""
