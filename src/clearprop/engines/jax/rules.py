"""The rules of a step, where something comes between the equations: rounding the factors of products, and bringing the
gradients of all devices together. No equation is written again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
from jax.flatten_util import ravel_pytree

from clearprop.arrays import Array
from clearprop.engines.jax.devices import AXIS
from clearprop.equations.step import Rules, Step

FACTORS = {"z": ("a", "W"), "da": ("delta", "W"), "dW": ("delta", "a")}
"""The quantities that are matrix products, with the two that are multiplied."""


def rounding(rules: Rules) -> Rules:
    """The same rules with the factors of all matrix products rounded to bfloat16. Nothing else is: sums, biases, L2
    and updates stay in float32."""
    for quantity, factors in FACTORS.items():
        rules = rules.replace(quantity, _rounded(rules, quantity, factors))
    return rules


def averaging(rules: Rules) -> Rules:
    """The same rules over many devices: a gradient is the mean of those that each device has found in its share of the
    examples. All gradients go over the network as one array: the wait is for the journey, not for the load."""

    def means(step: Step, _: int) -> list[Array]:
        layers = range(1, step.layers + 1)
        own = [rules.of(name, layer)(step, layer) for layer in layers for name in ("dW", "db")]
        together, apart = ravel_pytree(own)
        return list(apart(jax.lax.pmean(together, AXIS)))

    def mean(place: int) -> Callable[[Step, int], Array]:
        return lambda step, layer: step.means[0][2 * (layer - 1) + place]

    return Rules({**rules.everywhere, "means": means, "dW": mean(0), "db": mean(1)})


class _RoundedQuantity:
    def __init__(self, quantity: Any) -> None:
        self._quantity = quantity

    def __getitem__(self, layer: int) -> Array:
        return jax.lax.reduce_precision(self._quantity[layer], exponent_bits=8, mantissa_bits=7)


class _RoundedStep:
    """A step as a rule sees it whose factors are rounded."""

    def __init__(self, step: Step, factors: tuple[str, ...]) -> None:
        self._step, self._factors = step, factors

    def __getattr__(self, name: str) -> Any:
        quantity = getattr(self._step, name)
        return _RoundedQuantity(quantity) if name in self._factors else quantity


def _rounded(rules: Rules, quantity: str, factors: tuple[str, ...]) -> Callable[[Any, int], Array]:
    def rule(step: Step, layer: int) -> Any:
        if quantity == "da" and layer == step.layers:  # no product, but the slope of the cost
            return rules.of(quantity, layer)(step, layer)
        return rules.of(quantity, layer)(cast(Step, _RoundedStep(step, factors)), layer)

    return rule
