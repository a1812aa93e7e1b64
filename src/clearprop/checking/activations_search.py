"""The search for mistakes in a function that only goes forward."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from clearprop.checking.hypotheses import Change, Hypothesis, Point
from clearprop.checking.mistakes.forward import ACTIVATED, LAYER_LEFT_OUT, WEIGHTED_INPUTS
from clearprop.checking.search import GRADIENTS, MOST, Search, cost

GRADIENTS_OWN = "dW-unactivated-input"
"""A name that says more of gradients than of a way forward; an activation that is left out gives the same outputs."""

BLIND = 2
"""So many mistakes together are looked for where only the outputs are known."""


@dataclass(frozen=True)
class ForwardSearch:
    """The points and the activations that were given back there: of all layers, or of the last one."""

    points: Sequence[Point]
    layers: int

    def explanations(self) -> list[Hypothesis]:
        """The smallest sets of mistakes that give these activations."""
        everywhere = len(self.points[0].theirs) == self.layers
        true = Hypothesis(self.points)
        for budget in range((MOST if everywhere else BLIND) + 1):
            found = self._up(true, 1, budget) if everywhere else filter(self._explains, self._blindly(true, budget))
            if explanations := list(found):
                return sorted(explanations, key=lambda each: (len(each.changes), GRADIENTS_OWN in each.ids))
        return []

    def _up(self, start: Hypothesis, layer: int, budget: int) -> Iterator[Hypothesis]:
        """What explains this layer's activations and those of the layers after it."""
        if cost(start) > budget:
            return
        if layer > self.layers:
            yield start
        elif start.agrees(("a", layer)):
            yield from self._up(start, layer + 1, budget)
        else:
            for changes in self._in_layer(layer):
                here = start.with_changes(changes)
                if here.agrees(("a", layer)):
                    yield from self._up(here, layer + 1, budget)

    def _in_layer(self, layer: int) -> Iterator[tuple[Change, ...]]:
        trial = self.points[0].trial
        inputs, activated = (
            [Change(layer, each) for each in table if each.where(trial, layer)]
            for table in (WEIGHTED_INPUTS, ACTIVATED)
        )
        yield from ((change,) for change in (*inputs, *activated))
        yield from product(inputs, activated)

    def _blindly(self, true: Hypothesis, size: int) -> Iterator[Hypothesis]:
        """So many mistakes together, wherever they may be."""
        if size == 0:
            yield true
            return
        ways = Search(self.points, GRADIENTS, self.layers)
        yield from (true.with_changes(changes) for changes in ways.ways_forward(size))
        if size == 1:
            yield true.with_changes([Change(self.layers, LAYER_LEFT_OUT)])

    def _explains(self, hypothesis: Hypothesis) -> bool:
        return all(hypothesis.agrees(key) for key in self.points[0].theirs)
