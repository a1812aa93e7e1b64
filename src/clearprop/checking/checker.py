"""`check`: a learner's own function against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clearprop.checking.conventions import EXAMPLES, WEIGHTS, Layout
from clearprop.checking.kinds import Kind, kind_named
from clearprop.checking.points import distinct
from clearprop.checking.report import CheckReport, Mistake
from clearprop.checking.running.learner import Learner
from clearprop.checking.running.sandbox import MIB, Limits
from clearprop.checking.trying import Run, Subject, fitting_layouts, run_all, with_network
from clearprop.checking.unseen import not_seen
from clearprop.checking.verdicts import Verdict, verdict_on
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError
from clearprop.network import Network

SEARCHED = 3
"""So many layouts in which nothing is right are searched for mistakes."""


def check(
    function: Callable[..., Any],
    *,
    layers: Sequence[int],
    activations: Sequence[str],
    cost: str,
    kind: str = "backprop",
    examples: str | None = None,
    weights: str | None = None,
    seconds: float = 10.0,
    memory: int = 2048,
) -> CheckReport:
    """Whether hand-written code is right, and if not, which mistake it makes, with the proof.

    `kind` says what the function is: "backprop" `(weights, biases, x, y)` gives gradients for weights and biases, two
    lists, first layer first; "forward" `(weights, biases, x)` gives the outputs, or the activations of all layers;
    "cost" `(output, y)` gives the cost; "step" `(weights, biases, x, y, learning_rate)` gives new weights and biases,
    or changes them in place. `layers` are all sizes, inputs first; `activations` has one name for each layer of
    weights. How the function takes its arrays is found by trying, unless `examples` ("rows", "columns", "single") or
    `weights` ("out_in", "in_out") say it. It runs in a process of its own for at most `seconds`, with `memory` MiB.

    >>> import numpy as np
    >>> def backprop(weights, biases, x, y):
    ...     a = 1 / (1 + np.exp(-(weights[0] @ x + biases[0])))
    ...     delta = a - y
    ...     return [np.outer(delta, x)], [delta]
    >>> check(backprop, layers=[3, 2], activations=["sigmoid"], cost="binary_cross_entropy").ok
    True
    >>> check(backprop, layers=[3, 2], activations=["sigmoid"], cost="half_squared_error").mistakes[0].id
    'act-deriv-missing-output'
    """
    network = described(layers, activations, cost)
    subject = Subject(Learner.of(function), kind_named(kind), network, limits_of(seconds, memory))
    return examine(subject, examples, weights)


def limits_of(seconds: float, memory: int) -> Limits:
    """Limits from an argument's numbers."""
    if not seconds > 0 or not memory > 0:
        raise ArgumentError(f"seconds and memory: expected numbers above 0, got {seconds!r} and {memory!r}.")
    return Limits(seconds=float(seconds), memory=int(memory) * MIB)


def described(layers: Sequence[int], activations: Sequence[str], cost: str) -> Network:
    """The network that is described; ArgumentError for a description of none."""
    names = [activations] if isinstance(activations, str) else list(activations)
    if len(names) != len(layers) - 1:
        raise ArgumentError(
            f"activations: expected one for each of {len(layers) - 1} layers of weights, got {len(names)}."
        )
    return Network.initialize(layers, hidden=names[:-1], output=names[-1], cost=cost, precision="float64")


@dataclass(frozen=True)
class Examined:
    """A layout with its numbers and the verdict on them."""

    run: Run
    verdict: Verdict


def examine(subject: Subject, examples: str | None, weights: str | None) -> CheckReport:
    """The report on a function."""
    if examples is not None:
        lookup(dict.fromkeys(EXAMPLES), examples, "examples")
    if weights is not None:
        lookup(dict.fromkeys(WEIGHTS), weights, "weights")
    examined, not_checked = _examined(subject, examples, weights)
    return _report(subject, examined, not_checked)


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
        examined.append(Examined(run, verdict_on(subject.kind, run.points)))
        if not examined[-1].verdict.mistakes:
            break
    best = min(examined, key=lambda each: each.verdict.rank)
    return _single_if_it_is_right(subject, best, [run for run in good if run.layout.single])


def _different(runs: Sequence[Run]) -> list[Run]:
    """One run of each orientation: whether a bias is flat or a column makes no difference where both went well."""
    return list({(run.layout.examples, run.layout.weights): run for run in reversed(runs)}.values())[::-1]


def _single_if_it_is_right(subject: Subject, best: Examined, single: Sequence[Run]) -> Examined:
    """Code for one example may take several by chance: then nothing is summed, and it is judged by single examples."""
    ids = {mistake.id for mistake in best.verdict.mistakes}
    by_chance = best.verdict.chosen is None or (best.verdict.summed and ids == {"db-not-reduced"})
    if best.run.layout.single or not by_chance:
        return best
    for run in _different(single):
        verdict = verdict_on(subject.kind, run.points)
        if not verdict.mistakes:
            return Examined(run, verdict)
    return best


def _report(subject: Subject, examined: Examined, not_checked: Sequence[str]) -> CheckReport:
    run, verdict = examined.run, examined.verdict
    sizes = "-".join(map(str, subject.network.sizes))
    names = ", ".join(layer.activation for layer in subject.network.layers)
    return CheckReport(
        title=f"{subject.learner.name}: {subject.kind.name} of {sizes} ({names}), {subject.network.cost}",
        mistakes=verdict.mistakes,
        conventions=(*_conventions(subject.kind, run.layout), *verdict.conventions),
        not_checked=(*not_checked, *not_seen(subject.kind.name, verdict.mistakes)),
        printed=run.printed,
    )


def _conventions(kind: Kind, layout: Layout) -> list[str]:
    told = layout.told()
    return [part for part in told if kind.name != "cost" or not part.startswith("weights")]
