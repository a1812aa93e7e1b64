"""The search for mistakes in a function that computes a cost: one number a point, so there are many points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.hypotheses import Change, Hypothesis, Point
from clearprop.checking.mistakes.costs import WRONG_COSTS
from clearprop.checking.mistakes.replacement import Replacement, replacement
from clearprop.equations.step import TRUE_RULES, Rule, Step

Reduce = Callable[[FloatArray, Step], FloatArray]

MEAN = "the mean over the examples"
CONVENTIONS: dict[str, Reduce] = {
    MEAN: lambda C, step: C.mean(),
    "the sum over the examples": lambda C, step: C.sum(),
    "one cost for each example": lambda C, step: C,
}

PARTS: tuple[tuple[str, str, Reduce], ...] = (
    ("cost-sum-wrong", "C[n - 1]", lambda C, step: C[-1]),
    ("cost-sum-wrong", "C[n - 1] / n", lambda C, step: C[-1] / len(C)),
    ("cost-sum-wrong", "C[0]", lambda C, step: C[0]),
)
"""Reductions that are wrong."""

RTOL = 1e-6


@dataclass(frozen=True)
class CostFound:
    """What a cost function computes: its reduction in words, and the change that explains it (None if it is right)."""

    convention: str
    hypothesis: Hypothesis
    right: Hypothesis
    """The right cost in the same reduction."""


@dataclass(frozen=True)
class CostSearch:
    """The points and the costs that were given back there."""

    points: Sequence[Point]
    layers: int

    def explanations(self) -> list[CostFound]:
        """What gives these costs: the right cost if it does, else every single mistake that does."""
        for candidates in (self._right(), self._scaled(), self._wrong()):
            if found := list(candidates):
                return found
        return []

    def _found(self, told: str, hypothesis: Hypothesis) -> CostFound:
        reduce = CONVENTIONS.get(told, CONVENTIONS[MEAN])
        right = replacement("form", "cost", "C = C", _reduced(TRUE_RULES.everywhere["cost"], reduce))
        return CostFound(told, hypothesis, self._with(right))

    def _right(self) -> Iterator[CostFound]:
        right = TRUE_RULES.everywhere["cost"]
        for told, reduce in CONVENTIONS.items():
            hypothesis = self._with(replacement("form", "cost", "C = C", _reduced(right, reduce)))
            if self._agrees(hypothesis):
                yield self._found(told, hypothesis)

    def _scaled(self) -> Iterator[CostFound]:
        right = TRUE_RULES.everywhere["cost"]
        for told, reduce in CONVENTIONS.items():
            factor = self._factor(_reduced(right, reduce))
            if factor is not None:
                id = "cost-scale-mismatch" if factor > 0 else "cost-formula"  # noqa: A001 - as the catalogue calls it
                named = self.points[0].trial.output.cost_function.value.formula.source.partition(" = ")[2]
                formula = f"C = {factor:.6g} * ({named})"
                rule = _times(factor, _reduced(right, reduce))
                yield self._found(told, self._with(replacement(id, "cost", formula, rule, number=factor)))
                return

    def _wrong(self) -> Iterator[CostFound]:
        right = TRUE_RULES.everywhere["cost"]
        for id, formula, part in PARTS:  # noqa: A001 - as the catalogue calls it
            yield from self._if_it_agrees(
                "a part of it", replacement(id, "cost", f"C = {formula}", _reduced(right, part))
            )
        for each in WRONG_COSTS:
            if each.where(self.points[0].trial, self.layers):
                for told, reduce in CONVENTIONS.items():
                    yield from self._up_to_a_factor(told, each, _reduced(each.rule, reduce))

    def _up_to_a_factor(self, told: str, each: Replacement, rule: Rule) -> Iterator[CostFound]:
        factor = self._factor(rule)
        if factor is None or factor <= 0:
            return
        yield self._found(
            told, self._with(Replacement(each.id, "cost", _times(factor, rule), each.formula, number=factor))
        )

    def _if_it_agrees(self, told: str, each: Replacement) -> Iterator[CostFound]:
        hypothesis = self._with(each)
        if self._agrees(hypothesis):
            yield self._found(told, hypothesis)

    def _with(self, each: Replacement) -> Hypothesis:
        return Hypothesis(self.points).with_changes([Change(self.layers, each)])

    def _agrees(self, hypothesis: Hypothesis) -> bool:
        return hypothesis.agrees(("cost", self.layers))

    def _factor(self, rule: Rule) -> float | None:
        """The one factor between their costs and those of a rule, if it is the same at every point."""
        factors = []
        for point in self.points:
            with np.errstate(all="ignore"):
                ours = np.ravel(rule(point.trial, self.layers))
            theirs = np.ravel(point.theirs["cost", self.layers])
            if ours.shape != theirs.shape or not np.all(np.isfinite(ours)) or not np.all(ours):
                return None
            factors += list(theirs / ours)
        middle = float(np.median(factors))
        share = self.points[0].tolerance.share
        same = middle != 0 and np.allclose(factors, middle, rtol=max(share, RTOL), atol=0)
        return middle if same else None


def _reduced(rule: Rule, reduce: Reduce) -> Rule:
    return lambda step, layer: reduce(rule(step, layer), step)


def _times(factor: float, rule: Rule) -> Rule:
    return lambda step, layer: factor * rule(step, layer)
