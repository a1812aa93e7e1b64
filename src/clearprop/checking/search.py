"""The search for the smallest set of mistakes under which our numbers are theirs.

It goes as the error does: from the last layer to the first. What explains a layer's gradients is found before the layer
below is looked at, so that mistakes in different layers are found one after another and not in all combinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np

from clearprop.checking.fitting import fitted
from clearprop.checking.hypotheses import Change, Hypothesis, Point
from clearprop.checking.mistakes.errors_down import DELTAS, HANDED_DOWN
from clearprop.checking.mistakes.forward import ACTIVATED, WEIGHTED_INPUTS
from clearprop.checking.mistakes.parameters import BIAS_GRADIENTS, WEIGHT_GRADIENTS
from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.mistakes.scales import BETWEEN_LAYERS, FACTORS, SUM
from clearprop.checking.mistakes.slopes import SLOPES
from clearprop.checking.mistakes.updates import NEW_BIASES, NEW_WEIGHTS
from clearprop.checking.trial import Key
from clearprop.checking.written import FORMS, as_thresholds

MOST = 3
"""So many different mistakes together are looked for."""

ENOUGH = 12
"""So many explanations of the same size are told apart, and no more."""


class Observed(NamedTuple):
    """What is compared in each layer: `given_W` and `given_b`, or `new_W` and `new_b`."""

    weights: str
    biases: str


GRADIENTS, PARAMETERS = Observed("given_W", "given_b"), Observed("new_W", "new_b")


@dataclass(frozen=True)
class Search:
    """The points and what was given back there."""

    points: Sequence[Point]
    observed: Observed
    layers: int

    def explanations(self) -> list[Hypothesis]:
        """The smallest sets of mistakes that explain all numbers, the most plausible first; empty if none does."""
        for budget in range(MOST + 1):
            if found := self.within(budget):
                return sorted(found, key=lambda each: (len(each.ids), self._cancels(each), len(each.changes)))
        return []

    def within(self, budget: int) -> list[Hypothesis]:
        """The explanations with so many mistakes.

        Of more than BOTH_WAYS mistakes, none on the way forward is looked for where others explain the numbers already.
        """
        found = list(islice(self._explaining(self.plain_starts(budget), budget), ENOUGH))
        if not found or budget <= BOTH_WAYS:
            found += islice(self._explaining(self._forward_starts(budget), budget), ENOUGH)
        return found

    def _explaining(self, starts: Iterable[tuple[Hypothesis, bool]], budget: int) -> Iterator[Hypothesis]:
        for start, more in starts:
            if more or all(start.agrees((name, self.layers)) for name in self.observed):
                yield from self._down(start, self.layers, budget)

    def plain_starts(self, budget: int) -> Iterator[tuple[Hypothesis, bool]]:
        """The right way forward with every common factor, those that cost a mistake last; and whether the last layer
        may have mistakes of its own besides."""
        factors = self._conventions()
        yield from ((factor, True) for factor in factors)
        if not budget:
            thresholds = as_thresholds(self.points[0].trial)
            yield from ((factor.with_changes(thresholds), False) for factor in factors)
        elif not self._agrees_above(factors):
            yield from ((factor, True) for factor in self._wrong_factors())

    def _forward_starts(self, budget: int) -> Iterator[tuple[Hypothesis, bool]]:
        """The same with mistakes on the way forward."""
        factors = self._conventions()
        if self._agrees_above(factors):
            return
        for size in range(1, min(budget, 2) + 1):
            for changes in self.ways_forward(size):
                for form in FORMS if any(change.replacement.quantity == "f" for change in changes) else FORMS[:1]:
                    there = [*changes, *form(self.points[0].trial)]
                    yield from ((factor.with_changes(there), size == 1) for factor in factors)
                    if size == 1 < budget:
                        yield from ((factor.with_changes(there), False) for factor in self._wrong_factors())

    def _conventions(self) -> list[Hypothesis]:
        """The mean and the sum."""
        true = Hypothesis(self.points)
        return [true, self._scaled(true, SUM)]

    def _wrong_factors(self) -> list[Hypothesis]:
        true = Hypothesis(self.points)
        return [self._scaled(true, factor) for factor in FACTORS if self._fits(factor, self.layers)]

    def _agrees_above(self, factors: Iterable[Hypothesis]) -> bool:
        """Whether one of the last layer's gradients is right: then the way forward and the factor are."""
        keys = [(name, self.layers) for name in self.observed]
        return any(start.agrees(key) for start in factors for key in keys)

    def _scaled(self, start: Hypothesis, factor: Replacement) -> Hypothesis:
        if not self._fits(factor, self.layers):
            return start
        return start.with_changes(Change(layer, factor) for layer in range(1, self.layers + 1))

    def _fits(self, replacement: Replacement, layer: int) -> bool:
        return replacement.where(self.points[0].trial, layer)

    def ways_forward(self, size: int) -> Iterator[tuple[Change, ...]]:
        """So many mistakes on the way forward together: each in one layer, or in all layers."""
        single: list[tuple[Change, ...]] = []
        for each in (*WEIGHTED_INPUTS, *ACTIVATED):
            fitting = [Change(layer, each) for layer in range(1, self.layers + 1) if self._fits(each, layer)]
            single += [tuple(fitting)] if len(fitting) > 1 else []
            single += [(change,) for change in fitting]
        for chosen in combinations(single, size):
            changes = tuple(change for part in chosen for change in part)
            places = {(change.replacement.quantity, change.layer) for change in changes}
            if len({change.id for change in changes}) == size and len(places) == len(changes):
                yield changes

    def _down(self, start: Hypothesis, layer: int, budget: int) -> Iterator[Hypothesis]:
        if cost(start) > budget:
            return
        if layer == 0:
            yield start
            return
        for here in self.ways(start, layer, budget):
            yield from self._down(here, layer - 1, budget)

    def ways(self, start: Hypothesis, layer: int, budget: int) -> Iterator[Hypothesis]:
        """The hypotheses that explain a layer's gradients, given what explains the layers above."""
        plain = self._closed(start, layer, budget)
        agreeing = [name for name in self.observed if start.agrees((name, layer))]
        yield from plain
        if agreeing:
            # what gives one of the two its right numbers is right itself
            yield from () if plain else self._closed(start, layer, budget, with_fitted=True)
            return
        chains: list[Hypothesis] = []
        nothing: list[Hypothesis] = []
        for chain in self._chains(start, layer, budget):
            (nothing if self._adds_up_to_nothing(chain, layer) else chains).append(chain)
        found = self._closed_chains(chains, layer, budget)
        if plain or found:  # beside another explanation of the same zeros it is one too
            found += self._closed_chains(nothing, layer, budget)
        yield from found or ([] if plain else self._closed(start, layer, budget, with_fitted=True))

    def _closed_chains(self, chains: Iterable[Hypothesis], layer: int, budget: int) -> list[Hypothesis]:
        possible = (chain for chain in chains if self._possible(chain, layer, budget))
        return [each for chain in possible for each in self._closed(chain, layer, budget)]

    def _chains(self, start: Hypothesis, layer: int, budget: int) -> Iterator[Hypothesis]:
        """Every mistake on the way to the layer's δ that the budget allows, and pairs of them."""
        deltas, slopes, downs = (
            [Change(layer, each) for each in table if self._fits(each, layer)]
            for table in ((*DELTAS, *BETWEEN_LAYERS), SLOPES, HANDED_DOWN)
        )
        pairs = [(down, other) for down in downs for other in (*slopes, *deltas)]
        for changes in [*((each,) for each in (*slopes, *deltas, *downs)), *pairs]:
            hypothesis = start.with_changes(changes)
            if cost(hypothesis) <= budget:
                yield hypothesis

    def _possible(self, chain: Hypothesis, layer: int, budget: int) -> bool:
        """A quick look at one point: whether a gradient of the layer can follow from this δ."""
        if chain.agrees_at(0, (self.observed.biases, layer)) or chain.agrees_at(0, (self.observed.weights, layer)):
            return True
        if budget == cost(chain):
            return False
        key = (self.observed.biases, layer)
        return any(
            self._fits(ending, layer) and chain.agrees_with_ending(0, ending, key) for ending in _ENDINGS[key[0]]
        )

    def _cancels(self, found: Hypothesis) -> bool:
        return any(self._adds_up_to_nothing(found, layer) for layer in range(1, self.layers))

    @staticmethod
    def _adds_up_to_nothing(chain: Hypothesis, layer: int) -> bool:
        """Whether what is handed down cancels, as the δ of a softmax do: that proves nothing, for all that gives 0
        would be proven by it."""
        summed = [change for change in chain.changes if (change.layer, change.replacement.quantity) == (layer, "da")]
        handed = chain.value(0, ("da", layer)) if summed else None
        return handed is not None and bool(np.all(np.abs(handed) <= NOTHING))

    def _closed(self, start: Hypothesis, layer: int, budget: int, *, with_fitted: bool = False) -> list[Hypothesis]:
        """The ways in which the gradients of weights and biases follow from the layer's δ."""
        weights, biases = (
            self.endings(start, layer, name, budget - cost(start), with_fitted=with_fitted) for name in self.observed
        )
        found = [start.with_changes((*first, *second)) for first in weights for second in biases]
        return [each for each in found if cost(each) <= budget]

    def endings(
        self, start: Hypothesis, layer: int, name: str, budget: int, *, with_fitted: bool = True
    ) -> list[tuple[Change, ...]]:
        """The replacements of one gradient of a layer that give their numbers: none if the right rule does."""
        if start.agrees((name, layer)):
            return [()]
        known = set(start.ids)
        candidates = [*_ENDINGS[name], *(fitted(start, layer, name) if with_fitted else ())]
        allowed = [each for each in candidates if (budget > 0 or each.id in known) and self._fits(each, layer)]
        return [(Change(layer, each),) for each in allowed if self._agrees_with(start, each, (name, layer))]

    def _agrees_with(self, start: Hypothesis, ending: Replacement, key: Key) -> bool:
        return all(start.agrees_with_ending(place, ending, key) for place in range(len(self.points)))


_ENDINGS: dict[str, tuple[Replacement, ...]] = {
    "given_W": WEIGHT_GRADIENTS,
    "given_b": BIAS_GRADIENTS,
    "new_W": (*WEIGHT_GRADIENTS, *NEW_WEIGHTS),
    "new_b": (*BIAS_GRADIENTS, *NEW_BIASES),
}

NOTHING = 1e-12
"""What is left of numbers around 1 that cancel."""

BOTH_WAYS = 2
"""So many mistakes are looked for on the way forward as well where others explain the numbers: what gives the same
numbers is told."""

FREE = frozenset({"sum", "form", "threshold"})
"""What is no mistake but a convention or another way to write the same."""


def cost(hypothesis: Hypothesis) -> int:
    """How many different mistakes are in it."""
    return len(set(hypothesis.ids) - FREE)
