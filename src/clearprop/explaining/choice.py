"""What is shown of a network that is too large to show: which neurons, which weights, how many terms of a sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.errors import ArgumentError
from clearprop.explaining.quantities import Quantities

FEW = 4
"""A layer of so few neurons is shown whole, a sum of so few terms written out whole."""

TERMS = 3
"""Terms of a longer sum that are written out."""

HIDDEN_SHOWN, OUTPUTS_SHOWN, WEIGHTS_SHOWN = 1, 2, 1
"""Of a larger layer: neurons shown of a hidden one and of the last one, weights shown of each neuron."""

MOST_SHOWN = 50
"""Terms that may be asked for."""


@dataclass(frozen=True)
class Choice:
    """What the reader asked for. Layers count from 1; neurons and inputs count from 0 here, from 1 when asked for."""

    quantities: Quantities
    terms: int = TERMS
    layer: int | None = None
    neuron: int | None = None
    input: int | None = None

    @staticmethod
    def of(
        quantities: Quantities,
        terms: int | None,
        layer: int | None,
        neuron: Sequence[int] | None,
        weight: Sequence[int] | None,
    ) -> Choice:
        """What was asked for, checked: `neuron` (layer, neuron), `weight` (layer, neuron, input), all from 1."""
        sizes = quantities.network.sizes
        if sum(asked is not None for asked in (layer, neuron, weight)) > 1:
            raise ArgumentError(
                "expected one of layer, neuron and weight, got more; a weight names its neuron and layer."
            )
        terms = TERMS if terms is None else _whole("terms", terms, MOST_SHOWN)
        if weight is not None:
            asked, j, k = _place("weight", weight, 3, "layer, neuron and input, such as (1, 4, 300)")
            layer = _whole("weight", asked, len(sizes) - 1, "a layer")
            j = _whole("weight", j, sizes[layer], f"a neuron of layer {layer}")
            k = _whole("weight", k, sizes[layer - 1], f"an input of layer {layer}")
            return Choice(quantities, terms, layer, j - 1, k - 1)
        if neuron is not None:
            asked, j = _place("neuron", neuron, 2, "layer and neuron, such as (2, 7)")
            layer = _whole("neuron", asked, len(sizes) - 1, "a layer")
            return Choice(quantities, terms, layer, _whole("neuron", j, sizes[layer], f"a neuron of layer {layer}") - 1)
        return Choice(quantities, terms, None if layer is None else _whole("layer", layer, len(sizes) - 1))

    @property
    def narrowed(self) -> bool:
        """Whether one layer alone was asked for."""
        return self.layer is not None

    def layers(self) -> list[int]:
        """The layers that are shown."""
        return [self.layer] if self.layer is not None else list(range(1, self.quantities.last + 1))

    def neurons(self, layer: int) -> list[int]:
        """The neurons of a layer that are shown, the most telling first where they are not all."""
        size = self.quantities.network.sizes[layer]
        if layer == self.layer and self.neuron is not None:
            return [self.neuron]
        if size <= FEW:
            return list(range(size))
        if layer == self.quantities.last:
            return self._outputs()
        return _largest(self._importance(layer), HIDDEN_SHOWN)

    def inputs(self, layer: int, neuron: int) -> list[int]:
        """The inputs of a neuron whose weights are shown."""
        if layer == self.layer and self.input is not None:
            return [self.input]
        size = self.quantities.network.sizes[layer - 1]
        if size <= FEW:
            return list(range(size))
        a = self.quantities.row("a", layer - 1)
        return _largest(np.abs(a * self.quantities.step.W[layer][neuron]), WEIGHTS_SHOWN)

    def _importance(self, layer: int) -> FloatArray:
        """How much a hidden neuron had to say: its activation times what the cost makes of it."""
        a = np.abs(self.quantities.row("a", layer))
        return a if self.quantities.step.y is None else a * np.abs(self.quantities.row("da", layer))

    def _outputs(self) -> list[int]:
        """The likeliest outputs, and the target."""
        largest = _largest(self.quantities.outputs, OUTPUTS_SHOWN)
        if self.quantities.step.y is None:
            return largest
        target = int(np.argmax(self.quantities.step.y[self.quantities.example]))
        return list(dict.fromkeys([target, *largest]))[:OUTPUTS_SHOWN]


def _largest(values: FloatArray, count: int) -> list[int]:
    return [int(place) for place in np.argsort(-values, kind="stable")[:count]]


def _place(name: str, given: Sequence[int], parts: int, expected: str) -> Sequence[int]:
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != parts:
        raise ArgumentError(f"{name}: expected {expected}, counted from 1, got {given!r}.")
    return given


def _whole(name: str, value: object, most: int, what: str = "a whole number") -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        raise ArgumentError(f"{name}: expected {what} from 1 to {most}, got {value!r}.")
    return int(value)
