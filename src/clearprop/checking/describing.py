"""The network that a function is about: as it is described, or as a forward and a cost function show it to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from clearprop.checking.cost_search import CostSearch
from clearprop.checking.hypotheses import Point
from clearprop.checking.kinds import KINDS
from clearprop.checking.points import trial_of
from clearprop.checking.running.learner import Learner
from clearprop.checking.running.sandbox import Limits
from clearprop.checking.trial import Trial
from clearprop.checking.trying import Run, Subject, fitting_layouts, run_all
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.equations.outputs import PAIRS
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError
from clearprop.network import Network

DEEP = 3
"""In deeper networks all hidden layers are taken to have one activation."""


def described(layers: Sequence[int], activations: Sequence[str], cost: str) -> Network:
    """The network that is described; ArgumentError for a description of none."""
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise ArgumentError(f"layers: expected all sizes, inputs first, such as [2, 3, 2], got {layers!r}.")
    names = [activations] if isinstance(activations, str) else list(activations)
    if len(names) != len(layers) - 1:
        raise ArgumentError(
            f"activations: expected one for each of {len(layers) - 1} layers of weights, got {len(names)}."
        )
    for name in names:
        lookup(ACTIVATIONS, name, "activations")
    return Network.initialize(layers, hidden=names[:-1], output=names[-1], cost=cost, precision="float64")


def activations_of(forward: Learner, layers: Sequence[int], limits: Limits) -> list[str]:
    """The activations under which our outputs are those of a forward function."""
    plain = described(layers, ["identity"] * (len(layers) - 1), "half_squared_error")
    subject = Subject(forward, KINDS["forward"], plain, limits)
    for layout in fitting_layouts(subject, None, None):
        run = run_all(subject, layout)
        if isinstance(run, Run):
            for names in _choices(len(layers) - 1):
                if _reproduces(run.points, described(layers, names, "half_squared_error")):
                    return names
    raise ArgumentError(
        f"forward: expected a function whose outputs one of our activations gives ({', '.join(ACTIVATIONS)}), got one "
        f"that none does. Name the activations, and check it by itself with kind 'forward'."
    )


def _choices(count: int) -> Iterator[list[str]]:
    """Activations for every layer, the simplest guesses first."""
    for output in ACTIVATIONS:
        for hidden in ACTIVATIONS:
            yield [hidden] * (count - 1) + [output]
    if count <= DEEP:
        yield from map(list, product(ACTIVATIONS, repeat=count))


def _reproduces(points: Sequence[Point], network: Network) -> bool:
    return all(
        Point(_moved(point.trial, network), point.theirs, point.tolerance).agrees(
            key, _moved(point.trial, network).value(*key)
        )
        for point in points
        for key in point.theirs
    )


def _moved(trial: Trial, network: Network) -> Trial:
    """The same parameters and examples under a network with other activations."""
    numbers = range(1, trial.layers + 1)
    return trial_of(network, [trial.W[n] for n in numbers], [trial.b[n] for n in numbers], trial.x, trial.y)


def cost_of(function: Learner, layers: Sequence[int], activations: Sequence[str], limits: Limits) -> str:
    """The cost whose numbers, perhaps times a constant, are those of a cost function."""
    allowed = [name for name in COSTS if (name, activations[-1]) in PAIRS]
    for scaled in (False, True):
        for name in allowed:
            subject = Subject(function, KINDS["cost"], described(layers, activations, name), limits)
            for layout in fitting_layouts(subject, None, None):
                run = run_all(subject, layout)
                if isinstance(run, Run) and _is_cost(run.points, len(layers) - 1, scaled=scaled):
                    return name
    raise ArgumentError(
        f"cost_function: expected one of our costs ({', '.join(allowed)}), perhaps times a constant, got another. "
        f"Name the cost, and check it by itself with kind 'cost'."
    )


def _is_cost(points: Sequence[Point], layers: int, *, scaled: bool) -> bool:
    found = CostSearch(points, layers).explanations()
    ids = {"form", "cost-scale-mismatch"} if scaled else {"form"}
    return bool(found) and set(found[0].hypothesis.ids) <= ids
