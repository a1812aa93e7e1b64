"""A trial: one pass under rules of which some may be replaced.

The rules are those of `equations/step.py`, with what a learner's program keeps apart added as quantities of its own:
the slope f′(z), and the gradients as they are given back: with a factor, which is the number of examples for a sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from clearprop.arrays import Array
from clearprop.equations.activations import Activation
from clearprop.equations.outputs import matching_delta
from clearprop.equations.step import TRUE_RULES, Rule, Rules, Step
from clearprop.equations.updates import descend

Key = tuple[str, int]
"""A quantity and its layer."""


def _slope(step: Step, layer: int) -> Array:
    """f′(z), (n, n_l); for softmax the slope of each share by its own z, the diagonal of the Jacobian."""
    activation = step.activations[layer]
    return step.a[layer] * (1 - step.a[layer]) if activation.couples else activation.slope(step.z[layer])


def _delta(step: Step, layer: int) -> Array:
    if layer == step.layers and step.output.matching:
        return matching_delta(step.a[layer], step.y)
    if step.activations[layer].couples:
        # softmax_pullback with the shares as they are, so that a wrong a is carried on
        a, g = step.a[layer], step.da[layer]
        return a * (g - (g * a).sum(axis=-1, keepdims=True))
    return step.da[layer] * step.slope[layer]


RULES = Rules(
    MappingProxyType(
        {
            **TRUE_RULES.everywhere,
            "a": lambda step, layer: step.f[layer],
            "slope": _slope,
            "delta": _delta,
            "factor": lambda step, layer: 1.0,
            "given_delta": lambda step, layer: step.factor[layer] * step.delta[layer],
            "signed_delta": lambda step, layer: math.copysign(1.0, step.factor[layer]) * step.delta[layer],
            "given_W": lambda step, layer: step.factor[layer] * step.dW[layer],
            "given_b": lambda step, layer: step.factor[layer] * step.db[layer],
            "new_W": lambda step, layer: descend(step.W[layer], step.given_W[layer], step.update.learning_rate),
            "new_b": lambda step, layer: descend(step.b[layer], step.given_b[layer], step.update.learning_rate),
        }
    )
)
"""Backpropagation as the books have it, in the pieces in which it is written by hand."""


class Trial(Step):
    """A step that knows which quantities each was made of, so that a trial with one rule replaced computes again only
    what depends on it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(RULES, *given, **named)
        self._reading: list[Key] = []
        self._used_by: dict[Key, set[Key]] = {}

    def with_numbers(self, weights: Sequence[Array], biases: Sequence[Array], x: Array, y: Array) -> Trial:
        """The right pass of the same network with other parameters and examples."""
        activations = [self.activations[layer] for layer in range(1, self.layers + 1)]
        return Trial(x, y, weights, biases, activations, self.output, update=self.update)

    def with_activations(self, activations: Mapping[int, Activation]) -> Trial:
        """The right pass through the same parameters and examples with other activations, by layer."""
        numbers = range(1, self.layers + 1)
        output = replace(self.output, activation=activations[self.layers], exact_cost=None, exact_delta=None)
        kept = output if activations[self.layers] is not self.activations[self.layers] else self.output
        weights, biases = [self.W[n] for n in numbers], [self.b[n] for n in numbers]
        return Trial(self.x, self.y, weights, biases, [activations[n] for n in numbers], kept, update=self.update)

    def value(self, quantity: str, layer: int) -> Array:
        key = (quantity, layer)
        if self._reading:
            self._used_by.setdefault(key, set()).add(self._reading[-1])
        if key not in self._values:
            self._reading.append(key)
            try:
                self._values[key] = self.rules.of(quantity, layer)(self, layer)
            finally:
                self._reading.pop()
        return self._values[key]

    def replacing(self, rules: Iterable[tuple[str, int, Rule]]) -> Trial:
        """The same step with these rules in the place of others."""
        changed = object.__new__(Trial)
        changed.__dict__.update(self.__dict__)
        stale: set[Key] = set()
        for quantity, layer, rule in rules:
            changed.rules = changed.rules.replace(quantity, rule, layer)
            stale.add((quantity, layer))
        gone = self._resting_on(stale)
        changed._values = {key: value for key, value in self._values.items() if key not in gone}
        changed._used_by = {key: users - gone for key, users in self._used_by.items()}
        changed._reading = []
        return changed

    def _resting_on(self, stale: set[Key]) -> set[Key]:
        """These quantities, and all that were made of them."""
        found, waiting = set(stale), list(stale)
        while waiting:
            part = waiting.pop()
            for key in self._used_by.get(part, ()):
                if key not in found:
                    found.add(key)
                    waiting.append(key)
        return found
