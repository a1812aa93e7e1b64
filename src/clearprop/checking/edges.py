"""Edges: a batch of one, examples of one class, and points far out, where formulas overflow as they stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clearprop.checking.comparing import tolerance_of
from clearprop.checking.conventions import Layout
from clearprop.checking.hypotheses import Change, Hypothesis, Point
from clearprop.checking.mistakes.catalogue import CATALOGUE
from clearprop.checking.points import counts, draw, far_out, of_one_class
from clearprop.checking.report import HARMLESS, WRONG, Mistake
from clearprop.checking.running.learner import call_all
from clearprop.checking.search import FREE
from clearprop.checking.trial import Trial
from clearprop.checking.trying import Subject


def small_batches(subject: Subject, layout: Layout, chosen: Hypothesis) -> list[Mistake]:
    """Findings where a function that is right for several examples is not for one, or not for those of one class."""
    if layout.single or subject.kind.name == "cost":
        return []
    several = counts(subject.network.sizes)[0]
    drawn = draw(subject.network, 1, EDGE_SEED), of_one_class(subject.network, several, EDGE_SEED)
    # in the form in which the others were right: a leaky ReLU may have another leak
    alone, alike = (trial.with_activations(chosen.points[0].trial.activations) for trial in drawn)
    cases = {"a batch of one example": alone, "examples that all have the same class": alike}
    calls = [subject.call(layout, trial, apart=True) for trial in cases.values()]
    session = call_all(subject.learner, calls, subject.limits)
    conventions = [change for change in chosen.changes if change.id in FREE]
    found = []
    for (case, trial), outcome in zip(cases.items(), session.outcomes, strict=False):
        theirs = subject.read(layout, trial, outcome)
        if isinstance(theirs, str):
            found.append(_edge(case, HARMLESS, f"it stops: {theirs}."))
        elif not _agrees(Point(trial, theirs, tolerance_of(theirs.values(), single=outcome.single)), conventions):
            found.append(_edge(case, WRONG, "its numbers are not the right ones, though they are for other batches."))
    return found


EDGE_SEED = 11


def _agrees(point: Point, conventions: Sequence[Change]) -> bool:
    right = Hypothesis([point]).with_changes(conventions)
    return all(right.agrees(key) for key in point.theirs)


def _edge(case: str, severity: str, told: str) -> Mistake:
    return Mistake(None, severity, (), f"the answer for {case}", f"With {case} {told}", "")


def overflow(subject: Subject, layout: Layout) -> list[Mistake]:
    """A remark where all z of a softmax are 1000 larger, so that its shares stay, and what comes back is no number."""
    if subject.kind.name == "cost":
        return _log_of_zero(subject, layout)
    if subject.network.layers[-1].activation != "softmax":
        return []
    trial = far_out(subject.network, 1 if layout.single else counts(subject.network.sizes)[0], 0)
    told = _what_comes(subject, layout, trial)
    if not told:
        return []
    return [_remark("softmax-overflow", trial.layers, "a", f"With z = 1000 {told}")]


def _log_of_zero(subject: Subject, layout: Layout) -> list[Mistake]:
    """Outputs that are exactly 0 and 1 and exactly right: their cost is 0."""
    if "entropy" not in subject.network.cost:
        return []
    trial = subject.trials(layout)[0]
    exact = trial.replacing([("f", trial.layers, lambda step, layer: step.y)])
    told = _what_comes(subject, layout, exact)
    return [_remark("log-zero", trial.layers, "C", f"With outputs that are exactly the targets {told}")] if told else []


def _what_comes(subject: Subject, layout: Layout, trial: Trial) -> str:
    """What is no number in the answer, in words; empty if all is well."""
    session = call_all(subject.learner, [subject.call(layout, trial)], subject.limits)
    if session.trouble or not session.outcomes:
        return "it does not come back."
    read = subject.read(layout, trial, session.outcomes[0])
    if isinstance(read, str):
        return f"it stops: {read}."
    finite = all(np.isfinite(array).all() for array in read.values())
    return "" if finite else "some of the numbers that come back are not numbers (NaN or infinity)."


def _remark(id: str, layer: int, quantity: str, told: str) -> Mistake:  # noqa: A002 - as the catalogue calls it
    entry = CATALOGUE[id]
    return Mistake(id, HARMLESS, (layer,), quantity, f"{told} {entry.sentence}", entry.fix)
