"""Making steps: an equation, a place in the network, and the numbers that stand there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.equations.equation import Equation
from clearprop.equations.formula import Formula
from clearprop.equations.notation import TEXT
from clearprop.explaining.explanation import Nudge, Step, Summed
from clearprop.explaining.putting_in import Key, PutIn
from clearprop.explaining.quantities import Quantities

WITHOUT_LAYER = frozenset({"lead", "input_lead"})
"""Quantities whose first index is no layer."""


@dataclass
class Writer:
    """Writes steps and remembers which quantity each has computed, so that later ones can refer to it.

    `terms` is how many terms a long sum writes out.
    """

    quantities: Quantities
    terms: int
    made: dict[Key, str] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def step(
        self,
        equation: Equation[..., Any],
        indices: Mapping[str, int],
        over: Mapping[str, int] | None = None,
        *,
        formula: Formula | None = None,
        local: Mapping[Key, float] | None = None,
        arrays: Mapping[str, FloatArray] | None = None,
        sources: Mapping[Key, str] | None = None,
        result: float | None = None,
        key: Key | None = None,
        terms: FloatArray | None = None,
        nudge: Nudge | None = None,
        neuron: int | None = None,
        of: Key | None = None,
        wanted: int | None = None,
    ) -> Step:
        """One step. `over` says how many numbers each letter of a sum runs over.

        `local` and `arrays` give the numbers of symbols that mean something else in every step, such as θ, and
        `sources` the steps that they come from; `key` and `result` say what is computed where it is no quantity of the
        pass, `of` which parameter it belongs to; `terms` are the values of a sum's terms, where they are known, and
        `wanted` is the place of one that is shown in any case.
        """
        formula, local, arrays = formula or equation.formula, local or {}, arrays or {}
        numbers: dict[Key, float] = {}

        def number(asked: Key) -> float:
            name, at = asked
            if name in arrays:
                numbers[asked] = float(arrays[name][at])
            else:
                numbers[asked] = local[asked] if asked in local else self.quantities.number(asked)
            return numbers[asked]

        ranges = self._ranges(formula, indices, over or {}, lambda *asked: number(asked), terms, wanted)
        numbers.clear()
        shown = {letter: part.shown if isinstance(part, Summed) else part for letter, part in ranges.items()}
        formula.spell_right(PutIn(TEXT, lambda asked: str(number(asked)), 0), indices, shown)
        key = key or self.left_key(formula, indices)
        known = {**self.made, **(sources or {})}
        return Step(
            id=self._remember(key),
            equation=equation,
            formula=formula,
            indices=dict(indices),
            ranges=ranges,
            numbers=numbers,
            result=self.quantities.number(key) if result is None else result,
            inputs=tuple(dict.fromkeys(known[asked] for asked in numbers if asked in known)),
            layer=indices.get("l"),
            neuron=neuron,
            nudge=nudge,
            of=of,
        )

    def left_key(self, formula: Formula, indices: Mapping[str, int]) -> Key:
        """The quantity that stands on the left-hand side."""
        found: list[Key] = []

        def keep(key: Key) -> str:
            found.append(key)
            return ""

        formula.spell_left(PutIn(TEXT, keep, 0), indices)
        return found[0]

    def gradient_of(self, name: str, at: tuple[int, ...]) -> str | None:
        """The step that computed the slope of a parameter: over the batch if there is one."""
        mean, own = (f"dC_mean/d{name}", at), (f"dC/d{name}", at)
        return self.made.get(mean if len(self.quantities.step.x) > 1 else own)

    def _remember(self, key: Key) -> str:
        """The id of the step that computes this quantity, `z.2.1`; of the next one for the same, `delta.2.1~2`."""
        name, at = key
        layered = 0 if name in WITHOUT_LAYER else 1
        places = [str(place if number < layered else place + 1) for number, place in enumerate(at)]
        own = ".".join([name, *places])
        self.made.setdefault(key, own)
        count = self.times[own] = self.times.get(own, 0) + 1
        return own if count == 1 else f"{own}~{count}"

    def _ranges(
        self,
        formula: Formula,
        indices: Mapping[str, int],
        over: Mapping[str, int],
        lookup: Any,
        terms: FloatArray | None,
        wanted: int | None,
    ) -> dict[str, Sequence[int] | Summed]:
        ranges: dict[str, Sequence[int] | Summed] = {letter: range(count) for letter, count in over.items()}
        long = [letter for letter in formula.summed if over[letter] > self.terms + 1]
        if long:
            letter = long[0]
            whole = {name: range(count) for name, count in over.items()}
            values = np.asarray(formula.terms(lookup, indices, whole)) if terms is None else terms
            ranges[letter] = summed(values, self.terms, wanted)
        return ranges


def summed(values: FloatArray, count: int, wanted: int | None = None) -> Summed:
    """The largest terms of a sum, and one that is wanted in any case; all others as one number.

    >>> summed(np.array([1.0, -9.0, 2.0, 5.0]), 2)
    Summed(shown=(1, 3), count=2, rest=3.0)
    """
    size = np.abs(values)
    count = max(1, min(count, int(np.count_nonzero(size))))
    largest = np.argpartition(-size, count - 1)[:count]
    shown = [int(place) for place in largest[np.lexsort((largest, -size[largest]))]]
    if wanted is not None and wanted not in shown:
        shown.append(wanted)
    rest = math.fsum(np.delete(values, shown))
    return Summed(tuple(shown), len(values) - len(shown), rest)
