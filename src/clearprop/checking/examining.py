"""Examining a function: the layout in which it is meant, and the verdict on its numbers there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clearprop.checking.calls_again import (
    changed_arguments,
    changes_from_call_to_call,
    why_it_changes,
    with_changed_parameters,
)
from clearprop.checking.describing import described
from clearprop.checking.kinds import Kind
from clearprop.checking.points import distinct
from clearprop.checking.report import Mistake
from clearprop.checking.trying import Run, Subject, fitting_layouts, run_all
from clearprop.checking.variants import variants
from clearprop.checking.verdicts import Verdict, is_right, verdict_on
from clearprop.errors import ArgumentError
from clearprop.network import Network

SEARCHED = 3
"""So many layouts in which nothing is right are searched for mistakes."""


@dataclass(frozen=True)
class Examined:
    """A layout with its numbers and the verdict on them."""

    run: Run
    verdict: Verdict
    between_calls: tuple[Mistake, ...] = ()
    """What shows only when the function is called again."""


def examined(subject: Subject, examples: str | None, weights: str | None) -> tuple[Examined, list[str]]:
    """The best layout, at widths that all differ if the function takes such."""
    sizes = list(subject.network.sizes)
    if distinct(sizes) == sizes or subject.kind.name == "cost":
        return _best(subject, examples, weights), []
    try:
        wider = _best(replace(subject, network=_widened(subject.network)), examples, weights)
    except ArgumentError:
        return _best(subject, examples, weights), [HIDDEN_BY_EQUAL_WIDTHS]
    if wider.verdict.chosen is not None:
        return wider, []
    return _best(subject, examples, weights), [HIDDEN_BY_EQUAL_WIDTHS]


HIDDEN_BY_EQUAL_WIDTHS = (
    "what layers of equal width hide: a transposed matrix (dW-transposed, backprop-untransposed) and the activation of "
    "another layer (dW-own-activation, backprop-wrong-layer-index) may have the right shape by chance"
)


def _widened(network: Network) -> Network:
    """The same network with widths that all differ."""
    names = [layer.activation for layer in network.layers]
    return described(distinct(network.sizes), names, network.cost)


def _best(subject: Subject, examples: str | None, weights: str | None) -> Examined:
    """The layout in which the function is right, or else the one whose mistakes are fewest."""
    runs = [run_all(subject, layout) for layout in fitting_layouts(subject, examples, weights)]
    good = [run for run in runs if isinstance(run, Run)]
    if not good:
        raise ArgumentError(f"{subject.learner.name}(): {runs[0]}.")
    batches = [run for run in good if not run.layout.single]
    judged = list[Examined]()
    for run in _different(batches or good)[:SEARCHED]:
        judged.append(_judged(subject, run))
        if not judged[-1].verdict.mistakes:
            break
    best = min(judged, key=lambda each: each.verdict.rank)
    return _single_if_that_is_meant(subject, best, [run for run in good if run.layout.single])


def _judged(subject: Subject, run: Run) -> Examined:
    """The verdict on a layout, and on what calls leave over for the next."""
    reason = why_it_changes(subject, run.layout) if changes_from_call_to_call(subject, run) else None
    if reason and reason.id == "numeric-check-noise":
        return Examined(run, Verdict((), None), (reason,))
    verdict = _best_form(subject.kind, run)
    if verdict.chosen is None and subject.kind.name != "step" and changed_arguments(subject, run).parameters:
        changed = verdict_on(subject.kind, with_changed_parameters(subject, run))
        verdict = changed if changed.chosen is not None else verdict
    return Examined(run, verdict, (reason,) if reason else ())


def _best_form(kind: Kind, run: Run) -> Verdict:
    """The verdict for the activations as they are named, or for another form of them in which all is right.

    Whether all is right is a quick look, so it comes before the search for mistakes.
    """
    if not is_right(kind, run.points):
        for told, points in variants(run.points):
            if is_right(kind, points):
                verdict = verdict_on(kind, points)
                return replace(verdict, conventions=(*verdict.conventions, told))
    return verdict_on(kind, run.points)


def _different(runs: Sequence[Run]) -> list[Run]:
    """One run of each orientation: whether a bias is flat or a column makes no difference where both went well."""
    kept: dict[tuple[str, ...], Run] = {}
    for run in runs:
        kept.setdefault((run.layout.examples, run.layout.weights, run.layout.labels), run)
    return list(kept.values())


def _single_if_that_is_meant(subject: Subject, best: Examined, single: Sequence[Run]) -> Examined:
    """Code for one example may take several by chance: then nothing is summed over them, and single ones judge it."""
    ids = {mistake.id for mistake in best.verdict.mistakes}
    unsummed = best.verdict.summed and "db-not-reduced" in ids
    if best.run.layout.single or not (unsummed or best.verdict.chosen is None):
        return best
    for run in _different(single):
        if not unsummed and not is_right(subject.kind, run.points):
            continue
        alone = _judged(subject, run)
        found = {mistake.id for mistake in alone.verdict.mistakes}
        if alone.verdict.chosen is not None and (not found or found < ids):
            told = (*alone.verdict.conventions, *([UNSUMMED] if unsummed else []))
            return replace(alone, verdict=replace(alone.verdict, conventions=told))
    return best


UNSUMMED = (
    "it takes several examples as well, but does not add up the gradients of the biases over them (db-not-reduced): if "
    "it is meant for several, name how it takes them with `examples`"
)
"""What is said of code that is right for one example, and would be wrong for more."""
