"""`check`: a learner's own function against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clearprop.checking.calls_again import aliasing
from clearprop.checking.conventions import EXAMPLES, WEIGHTS, Layout
from clearprop.checking.describing import activations_of, cost_of, described
from clearprop.checking.edges import overflow, small_batches
from clearprop.checking.examining import Examined, examined
from clearprop.checking.kinds import Kind, kind_named
from clearprop.checking.lines import Traced
from clearprop.checking.report import WRONG, CheckReport, Mistake
from clearprop.checking.running.learner import Learner
from clearprop.checking.running.sandbox import MIB, Limits
from clearprop.checking.trying import Subject, follow
from clearprop.checking.unseen import not_seen
from clearprop.checking.verdicts import Verdict
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError
from clearprop.network import Network

SECONDS, MEMORY = 10.0, 2048
"""What the learner's code may take: seconds, MiB."""


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
    found, not_checked = examined(subject, examples, weights)
    return _report(subject, found, not_checked)


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


def title_of(name: str, network: Network) -> str:
    """`backprop: 3-4-2 (sigmoid, softmax), cross_entropy`"""
    sizes = "-".join(map(str, network.sizes))
    names = ", ".join(layer.activation for layer in network.layers)
    return f"{name}: {sizes} ({names}), {network.cost}"


def _report(subject: Subject, judged: Examined, not_checked: Sequence[str]) -> CheckReport:
    run, verdict = judged.run, judged.verdict
    followed = follow(subject, run.layout) if verdict.mistakes else None
    found = (*judged.between_calls, *_with_lines(verdict, followed), *aliasing(subject, run))
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
