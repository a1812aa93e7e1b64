"""A replacement: one rule of a pass with one term changed, which is what a mistake is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clearprop.arrays import Array
from clearprop.equations.formula import Formula
from clearprop.equations.step import Rule, Step

Condition = Callable[[Step, int], bool]


def anywhere(step: Step, layer: int) -> bool:
    return True


def output(step: Step, layer: int) -> bool:
    return layer == step.layers


def hidden(step: Step, layer: int) -> bool:
    return layer < step.layers


@dataclass(frozen=True, eq=False)
class Replacement:
    """A rule that takes the place of the right one in a layer.

    `id` is the mistake of the catalogue that it belongs to, `formula` says for one neuron what `rule` computes, `where`
    says in which layers of which networks it can stand.
    """

    id: str
    quantity: str
    rule: Rule
    formula: Formula
    where: Condition = anywhere
    number: float | None = None
    """A number in it that was fitted to the learner's."""


def replacement(
    id: str,  # noqa: A002 - as the catalogue calls it
    quantity: str,
    formula: str,
    rule: Rule,
    where: Condition = anywhere,
    number: float | None = None,
) -> Replacement:
    return Replacement(id, quantity, rule, Formula(formula), where, number)


def both(first: Condition, second: Condition) -> Condition:
    return lambda step, layer: first(step, layer) and second(step, layer)


def of_activation(*names: str) -> Condition:
    """The layer's activation is one of these."""
    return lambda step, layer: step.activations[layer].name in names


def elementwise(step: Step, layer: int) -> bool:
    return not step.activations[layer].couples


def of_cost(*names: str) -> Condition:
    """The output layer of a network with one of these costs."""
    return lambda step, layer: layer == step.layers and step.output.cost_function.name in names


def same_shape(value: Array, like: Array) -> Array:
    """The value, or ValueError where it would only fit by being stretched: a program would have stopped there."""
    if value.shape != like.shape:
        raise ValueError(f"{value.shape} is not {like.shape}")
    return value
