"""Calling the learner's function: which layouts it takes, and what it gives at every test point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.comparing import tolerance_of
from clearprop.checking.conventions import Layout, layouts
from clearprop.checking.hypotheses import Point
from clearprop.checking.kinds import Kind, Theirs
from clearprop.checking.lines import Traced, traced
from clearprop.checking.points import counts, distinct, draw
from clearprop.checking.running.learner import (
    CONTAINERS,
    TO_THE_END,
    Call,
    Learner,
    Outcome,
    Session,
    call_all,
)
from clearprop.checking.running.sandbox import Limits
from clearprop.checking.trial import Key, Trial
from clearprop.errors import ArgumentError
from clearprop.network import Network

SINGLE_POINTS = 6
"""So many examples are looked at where a function takes one at a time."""

COST_POINTS = 8
SESSIONS = 2
"""So many times the trying of layouts goes on after a call that did not come back."""


@dataclass(frozen=True)
class Subject:
    """What is checked: the function, its kind, the network that it is about, and the limits."""

    learner: Learner
    kind: Kind
    network: Network
    limits: Limits

    def call(self, layout: Layout, trial: Trial, **how: bool) -> Call:
        """A call at a point; `how` as the fields of `Call`."""
        return Call(self.kind.arguments(layout, trial), layout.container, **how)

    def read(self, layout: Layout, trial: Trial, outcome: Outcome) -> Theirs | str:
        if outcome.error:
            return outcome.error
        return self.kind.read(layout, trial, outcome)

    def trials(self, layout: Layout) -> list[Trial]:
        """The test points of a layout."""
        if layout.single:
            number = COST_POINTS if self.kind.name == "cost" else SINGLE_POINTS
            return [draw(self.network, 1, seed) for seed in range(number)]
        sizes = counts(self.network.sizes)
        if self.kind.name == "cost":
            sizes = [sizes[place % len(sizes)] for place in range(COST_POINTS)]
        return [draw(self.network, count, seed) for seed, count in enumerate(sizes)]


@dataclass(frozen=True)
class Run:
    """What a function gave in one layout at the test points, and at the first of them after another call."""

    layout: Layout
    points: Sequence[Point]
    outcomes: Sequence[Outcome]
    again: Outcome | None
    printed: str


@dataclass
class Failure:
    """The most telling reason why no layout went well; `final` if nothing else needs to be tried, `loading` if the
    function was not even there to be called."""

    message: str = "it gave back nothing"
    line: int = -1
    final: bool = False
    loading: bool = False

    def consider(self, message: str, line: int) -> None:
        """Keeps the one that came furthest in the learner's file."""
        if line > self.line and not self.final:
            self.message, self.line = message, line

    def end(self, message: str) -> None:
        """Keeps what did not come back."""
        self.message, self.final = message, True


def fitting_layouts(subject: Subject, examples: str | None, weights: str | None) -> list[Layout]:
    """The layouts in which a first call gives arrays of the right shapes; ArgumentError, with the reason, if none."""
    failure = Failure()
    for container, labels in product(CONTAINERS, _labels(subject)):
        waiting = [layout for each in labels for layout in layouts(examples, weights, container, each)]
        if subject.kind.name == "cost":  # it takes no weights
            waiting = [layout for layout in waiting if layout.weights == "out_in"]
        if fitting := _fitting(subject, waiting, failure):
            return fitting
        if failure.final:
            break
    raise ArgumentError(_refusal(subject, failure))


def _labels(subject: Subject) -> tuple[tuple[str, ...], ...]:
    """What targets may be, in the order in which it is tried."""
    if subject.kind.name == "forward":  # which takes none
        return (("as outputs",),)
    return (("as outputs", "flat"),) if subject.network.sizes[-1] == 1 else (("as outputs",), ("index",))


def _fitting(subject: Subject, waiting: list[Layout], failure: Failure) -> list[Layout]:
    """Those of the layouts that fit, each tried in a process of its own."""
    fitting = list[Layout]()
    probes = {single: draw(subject.network, 1 if single else counts(subject.network.sizes)[0], 0) for single in (0, 1)}
    for _ in range(SESSIONS):
        calls = [subject.call(layout, probes[layout.single], apart=True) for layout in waiting]
        session = call_all(subject.learner, calls, subject.limits)
        for layout, outcome in zip(waiting, session.outcomes, strict=False):
            read = subject.read(layout, probes[layout.single], outcome)
            if not isinstance(read, str):
                fitting.append(layout)
            elif not outcome.missing:
                failure.consider(read, outcome.line if outcome.error else TO_THE_END)
        waiting = waiting[len(session.outcomes) + 1 :]
        if fitting or session.trouble is None:
            break
        failure.end(session.trouble)
        if not session.loaded:
            failure.loading = True
            break
    return fitting


def _refusal(subject: Subject, failure: Failure) -> str:
    if failure.loading:
        return f"{subject.learner.name}(): {failure.message}."
    return (
        f"{subject.learner.name}(): called as {subject.learner.name}{subject.kind.signature} with examples as rows, as "
        f"columns and one at a time, and weights as (out, in) and (in, out): {failure.message}."
    )


def run_all(subject: Subject, layout: Layout) -> Run | str:
    """The function's numbers at all test points, each in a fresh process, or what went wrong.

    At last one point comes again after another: what was left over from that one shows then.
    """
    trials = subject.trials(layout)
    calls = [subject.call(layout, trial, apart=True) for trial in trials]
    calls += [subject.call(layout, trial) for trial in (other(subject, trials[0]), trials[0])]
    session = call_all(subject.learner, calls, subject.limits)
    if session.trouble and len(session.outcomes) < len(trials):
        return session.trouble
    return _run(subject, layout, trials, session)


OTHER_SEED = 97


def other(subject: Subject, trial: Trial) -> Trial:
    """Another point of the same shapes."""
    return draw(subject.network, len(trial.x), OTHER_SEED)


def _run(subject: Subject, layout: Layout, trials: Sequence[Trial], session: Session) -> Run | str:
    points = []
    for trial, outcome in zip(trials, session.outcomes, strict=False):
        theirs = subject.read(layout, trial, outcome)
        if isinstance(theirs, str):
            return theirs
        points.append(Point(trial, theirs, tolerance_of(theirs.values(), single=outcome.single)))
    again = session.outcomes[-1] if len(session.outcomes) == len(trials) + 2 else None
    return Run(layout, points, session.outcomes[: len(trials)], again, session.printed)


def follow(subject: Subject, layout: Layout) -> Traced | None:
    """The lines of one more call, in a small network if the function takes one; None where none can be followed."""
    for network in (_small(subject.network), subject.network):
        smaller = replace(subject, network=network)
        trial = smaller.trials(layout)[0]
        session = call_all(subject.learner, [smaller.call(layout, trial, traced=True)], subject.limits)
        if session.outcomes and session.outcomes[0].trace and not session.outcomes[0].error:
            return traced(session.outcomes[0], trial)
    return None


SMALL = 6
"""Layers that are wider than this are followed in a narrower network first: lines of loops are run many times."""


def _small(network: Network) -> Network:
    sizes = distinct([min(size, SMALL) for size in network.sizes])
    names = [layer.activation for layer in network.layers]
    return Network.initialize(sizes, hidden=names[:-1], output=names[-1], cost=network.cost, precision="float64")


def same_answer(first: Mapping[Key, FloatArray], second: Mapping[Key, FloatArray]) -> bool:
    """Whether two answers to the same call are the same, but for the last digits."""
    return first.keys() == second.keys() and all(
        first[key].shape == second[key].shape
        and np.allclose(first[key], second[key], rtol=1e-9, atol=1e-12, equal_nan=True)
        for key in first
    )
