"""`check`: a learner's own function against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clearprop.checking.calls_again import (
    aliasing,
    changed_arguments,
    changes_from_call_to_call,
    why_it_changes,
    with_changed_parameters,
)
from clearprop.checking.conventions import EXAMPLES, WEIGHTS, Layout
from clearprop.checking.describing import activations_of, cost_of, described
from clearprop.checking.edges import overflow, small_batches
from clearprop.checking.kinds import Kind, kind_named
from clearprop.checking.lines import Traced
from clearprop.checking.points import distinct
from clearprop.checking.report import WRONG, CheckReport, Mistake
from clearprop.checking.running.learner import Learner
from clearprop.checking.running.sandbox import MIB, Limits
from clearprop.checking.trying import Run, Subject, fitting_layouts, follow, run_all, with_network
from clearprop.checking.unseen import not_seen
from clearprop.checking.variants import variants
from clearprop.checking.verdicts import Verdict, is_right, verdict_on
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError
from clearprop.network import Network

SECONDS, MEMORY = 10.0, 2048
"""What the learner's code may take: seconds, MiB."""

SEARCHED = 3
"""So many layouts in which nothing is right are searched for mistakes."""


def check(
    function: Callable[..., Any],
    *,
    layers: Sequence[int],
    activations: Sequence[str] | None = None,
    cost: str | None = None,
    kind: str = "backprop",
    examples: str | None = None,
    weights: str | None = None,
    forward: Callable[..., Any] | None = None,
    cost_function: Callable[..., Any] | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> CheckReport:
    """Whether hand-written code is right, and if not, which mistake it makes, with the proof.

    `kind` says what the function is: "backprop" `(weights, biases, x, y)` gives gradients for weights and biases, two
    lists, first layer first; "forward" `(weights, biases, x)` gives the outputs, or the activations of all layers;
    "cost" `(output, y)` gives the cost; "step" `(weights, biases, x, y, learning_rate)` gives new weights and biases,
    or changes them in place. `layers` are all sizes, inputs first; `activations` has one name for each layer of
    weights; they may be left out when `forward`, and `cost` when `cost_function`, are functions of the learner's from
    which they are found out. How the function takes its arrays is found by trying, unless `examples` ("rows",
    "columns", "single") or `weights` ("out_in", "in_out") say it. It runs in a process of its own for at most
    `seconds`, with `memory` MiB.

    >>> import numpy as np
    >>> def backprop(weights, biases, x, y):
    ...     a = 1 / (1 + np.exp(-(weights[0] @ x + biases[0])))
    ...     delta = a - y
    ...     return [np.outer(delta, x)], [delta]
    >>> network = {"layers": [3, 2], "activations": ["sigmoid"]}
    >>> check(backprop, **network, cost="binary_cross_entropy").ok
    True
    >>> check(backprop, **network, cost="half_squared_error").mistakes[0].id
    'act-deriv-missing-output'
    """
    return check_learner(
        Learner.of(function),
        layers=layers,
        activations=activations,
        cost=cost,
        kind=kind,
        examples=examples,
        weights=weights,
        forward=None if forward is None else Learner.of(forward, "forward"),
        cost_function=None if cost_function is None else Learner.of(cost_function, "cost_function"),
        limits=limits_of(seconds, memory),
    )


def check_function_in(
    path: Path,
    name: str,
    *,
    forward: str | None,
    cost_function: str | None,
    seconds: float,
    memory: int,
    **description: Any,
) -> CheckReport:
    """The same for a function in a file, and others in that file by their names."""
    return check_learner(
        Learner.in_file(path, name),
        forward=None if forward is None else Learner.in_file(path, forward),
        cost_function=None if cost_function is None else Learner.in_file(path, cost_function),
        limits=limits_of(seconds, memory),
        **description,
    )


def check_learner(
    learner: Learner,
    *,
    layers: Sequence[int],
    activations: Sequence[str] | None,
    cost: str | None,
    kind: str,
    examples: str | None,
    weights: str | None,
    forward: Learner | None,
    cost_function: Learner | None,
    limits: Limits,
) -> CheckReport:
    """The report on a function, wherever it comes from."""
    for name, value, allowed in (("examples", examples, EXAMPLES), ("weights", weights, WEIGHTS)):
        if value is not None:
            lookup(dict.fromkeys(allowed), value, name)
    names = activations_of(forward, layers, limits) if activations is None and forward else activations
    if names is None:
        raise ArgumentError("activations: expected one for each layer of weights, or a forward function, got neither.")
    if cost is None:
        cost = cost_of(cost_function, layers, names, limits) if cost_function else _any_cost(kind)
    subject = Subject(learner, kind_named(kind), described(layers, names, cost), limits)
    examined, not_checked = _examined(subject, examples, weights)
    return _report(subject, examined, not_checked)


def _any_cost(kind: str) -> str:
    """A cost for what has none."""
    if kind != "forward":
        raise ArgumentError("cost: expected the name of a cost, or a cost function, got neither.")
    return "half_squared_error"


def limits_of(seconds: float, memory: int) -> Limits:
    """Limits from an argument's numbers."""
    if not seconds > 0 or not memory > 0:
        raise ArgumentError(f"seconds and memory: expected numbers above 0, got {seconds!r} and {memory!r}.")
    return Limits(seconds=float(seconds), memory=int(memory) * MIB)


@dataclass(frozen=True)
class Examined:
    """A layout with its numbers and the verdict on them."""

    run: Run
    verdict: Verdict
    between_calls: tuple[Mistake, ...] = ()
    """What shows only when the function is called again."""


def _examined(subject: Subject, examples: str | None, weights: str | None) -> tuple[Examined, list[str]]:
    """The best layout, at widths that all differ if the function takes such."""
    sizes = list(subject.network.sizes)
    if distinct(sizes) == sizes or subject.kind.name == "cost":
        return _best(subject, examples, weights), []
    try:
        wider = _best(with_network(subject, widened(subject.network)), examples, weights)
    except ArgumentError:
        return _best(subject, examples, weights), [HIDDEN_BY_EQUAL_WIDTHS]
    if wider.verdict.chosen is not None:
        return wider, []
    return _best(subject, examples, weights), [HIDDEN_BY_EQUAL_WIDTHS]


HIDDEN_BY_EQUAL_WIDTHS = (
    "what layers of equal width hide: a transposed matrix (dW-transposed, backprop-untransposed) and the activation of "
    "another layer (dW-own-activation, backprop-wrong-layer-index) may have the right shape by chance"
)


def widened(network: Network) -> Network:
    """The same network with widths that all differ."""
    names = [layer.activation for layer in network.layers]
    return described(distinct(network.sizes), names, network.cost)


def _best(subject: Subject, examples: str | None, weights: str | None) -> Examined:
    """The layout in which the function is right, or else the one whose mistakes are fewest."""
    troubles, examined = list[str](), list[Examined]()
    runs = [run_all(subject, layout) for layout in fitting_layouts(subject, examples, weights)]
    good = [run for run in runs if isinstance(run, Run)]
    troubles += [run for run in runs if isinstance(run, str)]
    if not good:
        raise ArgumentError(f"{subject.learner.name}: {troubles[0]}.")
    batches = [run for run in good if not run.layout.single]
    for run in _different(batches or good)[:SEARCHED]:
        examined.append(_judged(subject, run))
        if not examined[-1].verdict.mistakes:
            break
    best = min(examined, key=lambda each: each.verdict.rank)
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
    """The verdict for the activations as they are named, or for another form of them in which all is right."""
    verdict = verdict_on(kind, run.points)
    if verdict.mistakes:
        for told, points in variants(run.points):
            other = verdict_on(kind, points) if is_right(kind, points) else None
            if other is not None:
                return replace(other, conventions=(*other.conventions, told))
    return verdict


def _different(runs: Sequence[Run]) -> list[Run]:
    """One run of each orientation: whether a bias is flat or a column makes no difference where both went well."""
    return list({(run.layout.examples, run.layout.weights, run.layout.labels): run for run in reversed(runs)}.values())[
        ::-1
    ]


def _single_if_that_is_meant(subject: Subject, best: Examined, single: Sequence[Run]) -> Examined:
    """Code for one example may take several by chance: then nothing is summed over them, and single ones judge it."""
    ids = {mistake.id for mistake in best.verdict.mistakes}
    unsummed = best.verdict.summed and "db-not-reduced" in ids
    if best.run.layout.single or not (unsummed or best.verdict.chosen is None):
        return best
    for run in _different(single):
        if not unsummed and not is_right(subject.kind, run.points):
            continue
        examined = _judged(subject, run)
        found = {mistake.id for mistake in examined.verdict.mistakes}
        if examined.verdict.chosen is not None and (not found or found < ids):
            return examined
    return best


def title_of(name: str, network: Network) -> str:
    """`backprop: 3-4-2 (sigmoid, softmax), cross_entropy`"""
    sizes = "-".join(map(str, network.sizes))
    names = ", ".join(layer.activation for layer in network.layers)
    return f"{name}: {sizes} ({names}), {network.cost}"


def _report(subject: Subject, examined: Examined, not_checked: Sequence[str]) -> CheckReport:
    run, verdict = examined.run, examined.verdict
    followed = follow(subject, run.layout) if verdict.mistakes else None
    found = (*examined.between_calls, *_with_lines(verdict, followed), *aliasing(subject, run))
    if not any(mistake.severity == WRONG for mistake in found):
        found = (*found, *overflow(subject, run.layout))
        if verdict.chosen is not None:
            found = (*found, *small_batches(subject, run.layout, verdict.chosen))
    return CheckReport(
        title=title_of(f"{subject.learner.name} ({subject.kind.name})", subject.network),
        mistakes=found,
        right=tuple(followed.right_lines()) if followed and verdict.chosen is None else (),
        conventions=(*_conventions(subject.kind, run.layout), *verdict.conventions),
        not_checked=(*not_checked, *not_seen(subject.kind.name, verdict.mistakes)),
        printed=run.printed,
    )


def _with_lines(verdict: Verdict, followed: Traced | None) -> tuple[Mistake, ...]:
    """The mistakes with the lines that make them, where these can be told."""
    if followed is None or verdict.chosen is None:
        return verdict.mistakes
    return tuple(followed.with_line(mistake, verdict.chosen.changes) for mistake in verdict.mistakes)


def _conventions(kind: Kind, layout: Layout) -> list[str]:
    told = layout.told()
    return [part for part in told if kind.name != "cost" or not part.startswith("weights")]
