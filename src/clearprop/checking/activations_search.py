"""The search for mistakes in a function that only goes forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clearprop.checking.hypotheses import Change, Hypothesis, Point
from clearprop.checking.mistakes.forward import LAYER_LEFT_OUT
from clearprop.checking.search import GRADIENTS, MOST, Search


@dataclass(frozen=True)
class ForwardSearch:
    """The points and the activations that were given back there: of all layers, or of the last one."""

    points: Sequence[Point]
    layers: int

    def explanations(self) -> list[Hypothesis]:
        """The smallest sets of mistakes that give these activations."""
        true = Hypothesis(self.points)
        if self._explains(true):
            return [true]
        ways = Search(self.points, GRADIENTS, self.layers)
        for size in range(1, MOST + 1):
            found = [true.with_changes(changes) for changes in ways.ways_forward(size)]
            if size == 1:
                found.append(true.with_changes([Change(self.layers, LAYER_LEFT_OUT)]))
            if fitting := [each for each in found if self._explains(each)]:
                return sorted(fitting, key=lambda each: len(each.changes))
        return []

    def _explains(self, hypothesis: Hypothesis) -> bool:
        return all(hypothesis.agrees(key) for key in self.points[0].theirs)
