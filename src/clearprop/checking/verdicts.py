"""The verdict on one layout: right, explained by mistakes, or located."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clearprop.checking.activations_search import ForwardSearch
from clearprop.checking.chords import chord
from clearprop.checking.cost_search import CostSearch
from clearprop.checking.hypotheses import Hypothesis, Point
from clearprop.checking.kinds import Kind
from clearprop.checking.locating import located, located_simply
from clearprop.checking.naming import mistakes_of
from clearprop.checking.report import Mistake
from clearprop.checking.search import FREE, GRADIENTS, Search
from clearprop.checking.written import one_after_another


@dataclass(frozen=True)
class Verdict:
    """What was found: the hypothesis behind it (None if the numbers are only located), and conventions in words."""

    mistakes: tuple[Mistake, ...]
    chosen: Hypothesis | None
    conventions: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Right before explained before located; fewer mistakes first."""
        return (self.chosen is None, len([m for m in self.mistakes if m.severity == "wrong"]), len(self.mistakes))

    @property
    def summed(self) -> bool:
        """Whether the gradients are sums over the examples."""
        return self.chosen is not None and "sum" in self.chosen.ids


def verdict_on(kind: Kind, points: Sequence[Point]) -> Verdict:
    """The verdict on what a function of this kind gave back at these points."""
    layers = points[0].trial.layers
    if kind.name == "forward":
        return _on_activations(points, layers)
    if kind.name == "cost":
        return _on_costs(points, layers)
    search = Search(points, kind.observed or GRADIENTS, layers)
    found = search.explanations()
    if not found:
        return _without_explanation(kind, search)
    keys = [(name, layer) for layer in range(1, layers + 1) for name in search.observed]
    chosen, others = found[0], found[1:]
    return Verdict(tuple(mistakes_of(chosen, others, keys)), chosen, _told(chosen, points))


def _on_updates_in_turn(points: Sequence[Point]) -> Verdict | None:
    """The verdict on parameters that were updated after each example: right, or none."""
    in_turn = Hypothesis(points).with_changes(one_after_another(points[0].trial))
    if not all(in_turn.agrees(key) for key in points[0].theirs):
        return None
    return Verdict((), in_turn, ("an update after each example, not one for all of them",))


def _without_explanation(kind: Kind, search: Search) -> Verdict:
    """The verdict on numbers that no set of replacements gives."""
    if kind.name == "step" and (in_turn := _on_updates_in_turn(search.points)):
        return in_turn
    numerical = chord(search.points) if kind.name == "backprop" else None
    return Verdict((numerical,) if numerical else tuple(located(search)), None)


def is_right(kind: Kind, points: Sequence[Point]) -> bool:
    """Whether all numbers are right, in some convention."""
    layers = points[0].trial.layers
    if kind.observed is None:
        return kind.name == "forward" and all(Hypothesis(points).agrees(key) for key in points[0].theirs)
    return bool(Search(points, kind.observed, layers).within(0))


def _told(chosen: Hypothesis, points: Sequence[Point]) -> tuple[str, ...]:
    told = ["biases are thresholds: z = Wa − b"] if "threshold" in chosen.ids else []
    scaled = any(change.replacement.quantity == "factor" and change.id not in FREE for change in chosen.changes)
    if any(len(point.trial.x) > 1 for point in points) and not scaled:
        told.append(f"gradients are the {'sum' if 'sum' in chosen.ids else 'mean'} over the examples")
    return tuple(told)


def _on_activations(points: Sequence[Point], layers: int) -> Verdict:
    keys = list(points[0].theirs)
    found = ForwardSearch(points, layers).explanations()
    if not found:
        return Verdict((located_simply(points, keys),), None)
    what = (
        "gives back the outputs alone" if len(keys) == 1 and layers > 1 else "gives back the activations of all layers"
    )
    return Verdict(tuple(mistakes_of(found[0], found[1:], keys)), found[0], (what,))


def _on_costs(points: Sequence[Point], layers: int) -> Verdict:
    keys = [("cost", layers)]
    found = CostSearch(points, layers).explanations()
    if not found:
        return Verdict((located_simply(points, keys),), None)
    chosen = found[0]
    others = [each.hypothesis for each in found[1:]]
    return Verdict(
        tuple(mistakes_of(chosen.hypothesis, others, keys, chosen.right)),
        chosen.hypothesis,
        (f"the cost is {chosen.convention}",),
    )
