"""What shows only when a function is called again: sums that go on, randomness, arrays of the caller that were
changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.arrays import Array, FloatArray
from clearprop.checking.conventions import Layout
from clearprop.checking.hypotheses import IMPOSSIBLE, Point
from clearprop.checking.kinds import Theirs
from clearprop.checking.mistakes.catalogue import CATALOGUE, SAME_NUMBERS
from clearprop.checking.points import trial_of
from clearprop.checking.report import WRONG, Mistake
from clearprop.checking.running.learner import Outcome, Session, call_all
from clearprop.checking.trial import Trial
from clearprop.checking.trying import Run, Subject, other, same_answer
from clearprop.equations.layers import mean_weight_gradient, weighted_input
from clearprop.equations.step import Step

CLOSE = 1e-6


def changes_from_call_to_call(subject: Subject, run: Run) -> bool:
    """Whether a call gives other numbers after another one."""
    if run.again is None:
        return True
    again = subject.read(run.layout, run.points[0].trial, run.again)
    return isinstance(again, str) or not same_answer(run.points[0].theirs, again)


def why_it_changes(subject: Subject, layout: Layout) -> Mistake:
    """The mistake by which numbers change from call to call, if two calls prove one."""
    if _is_random(subject, layout):
        return _named("numeric-check-noise", "all numbers")
    trials = _two_trials(subject, layout)
    alone = [_answers(subject, layout, [trial])[0] for trial in trials]
    second = _answers(subject, layout, trials)[1]
    if alone[0] is None or alone[1] is None or second is None:
        return _unnamed()
    for id, quantity, predicted in _predictions(subject, trials, alone[0], alone[1]):  # noqa: A001 - as the catalogue
        if predicted is not None and _same(second, predicted):
            return _named(id, quantity)
    return _unnamed()


def _two_trials(subject: Subject, layout: Layout) -> list[Trial]:
    """Two different points of the same shapes."""
    first = subject.trials(layout)[0]
    return [other(subject, first), first]


def _answers(subject: Subject, layout: Layout, trials: Sequence[Trial]) -> list[Theirs | None]:
    """What a fresh process gives for these points, one after another."""
    session = call_all(subject.learner, [subject.call(layout, trial) for trial in trials], subject.limits)
    return _read(subject, layout, trials, session)


def _read(subject: Subject, layout: Layout, trials: Sequence[Trial], session: Session) -> list[Theirs | None]:
    read = [subject.read(layout, trial, outcome) for trial, outcome in zip(trials, session.outcomes, strict=False)]
    answers: list[Theirs | None] = [None if isinstance(each, str) else each for each in read]
    return answers + [None] * (len(trials) - len(answers))


def _is_random(subject: Subject, layout: Layout) -> bool:
    """Whether the numbers stay when the random numbers start anew before each call."""
    return not _repeats(subject, layout, seeded=False) and _repeats(subject, layout, seeded=True)


def _repeats(subject: Subject, layout: Layout, *, seeded: bool) -> bool:
    """Whether two equal calls give equal numbers."""
    trial = subject.trials(layout)[0]
    session = call_all(subject.learner, [subject.call(layout, trial, seeded=seeded)] * 2, subject.limits)
    first, second = _read(subject, layout, [trial, trial], session)
    return first is not None and second is not None and _same(first, second)


def _same(first: Theirs, second: Theirs) -> bool:
    return first.keys() == second.keys() and all(_close(first[key], second[key]) for key in first)


def _close(first: FloatArray, second: FloatArray) -> bool:
    first, second = np.squeeze(first), np.squeeze(second)
    return first.shape == second.shape and bool(
        np.allclose(first, second, rtol=0, atol=CLOSE * max(np.abs(second).max(initial=0.0), 1e-12))
    )


def _predictions(
    subject: Subject, trials: Sequence[Trial], first: Theirs, second: Theirs
) -> list[tuple[str, str, Theirs | None]]:
    """What the second call gives if a sum goes on, or if activations of the first are used."""
    added: Theirs = {key: first[key] + second[key] for key in second if first[key].shape == second[key].shape}
    if subject.kind.name == "backprop":
        return [
            ("accumulator-not-reset", "all gradients", added),
            *(("stale-cache", "a", _with_old_activations(trials, second, inputs=each)) for each in (True, False)),
        ]
    if subject.kind.name == "cost":
        return [("cost-sum-wrong", "C", added)]
    if subject.kind.name == "forward":
        return [("stale-state", "z", _with_old(trials, second, name)) for name in ("a", "z")]
    return []


def _with_old(trials: Sequence[Trial], answer: Theirs, name: str) -> Theirs | None:
    """The second pass when each z starts from the first pass's a or z."""
    old, new = trials

    def going_on(step: Step, layer: int) -> Array:
        return weighted_input(step.a[layer - 1], step.W[layer], step.b[layer]) + old.value(name, layer)

    moved = new.replacing([("z", layer, going_on) for layer in range(1, new.layers + 1)])
    return _values(moved, answer)


def _with_old_activations(trials: Sequence[Trial], answer: Theirs, *, inputs: bool) -> Theirs | None:
    """The second gradients when the activations are those of the first pass, of its `inputs` too or not."""
    old, new = trials

    def stale(step: Step, layer: int) -> Array:
        before = old.a[layer - 1] if layer > 1 or inputs else step.x
        return mean_weight_gradient(step.delta[layer], before)

    moved = new.replacing([("dW", layer, stale) for layer in range(1, new.layers + 1)])
    return _values(moved, answer)


def _values(trial: Trial, answer: Theirs) -> Theirs | None:
    try:
        return {key: np.asarray(trial.value(*key)) for key in answer}
    except IMPOSSIBLE:
        return None


def _named(id: str, quantity: str) -> Mistake:  # noqa: A002 - as the catalogue calls it
    entry = CATALOGUE[id]
    return Mistake(id, WRONG, (), quantity, entry.sentence, entry.fix, also=SAME_NUMBERS.get(id, ()))


def _unnamed() -> Mistake:
    return Mistake(
        None,
        WRONG,
        (),
        "the second call",
        "The same inputs give other numbers when the function is called again: something is left over from the call "
        "before. Below, every call had a fresh process.",
        "Set everything back at the start of the function.",
    )


@dataclass(frozen=True)
class Changed:
    """Which arguments a call changed."""

    parameters: bool
    data: bool


def changed_arguments(subject: Subject, run: Run) -> Changed:
    """Whether the caller's arrays are others after the first call."""
    point, outcome = run.points[0], run.outcomes[0]
    before = subject.kind.arguments(run.layout, point.trial)
    parameters = 2 if subject.kind.name != "cost" else 0
    changed = [not _unchanged(old, new) for old, new in zip(before, _after(outcome), strict=False)]
    return Changed(any(changed[:parameters]), any(changed[parameters:]))


def _after(outcome: Outcome) -> Sequence[object]:
    return outcome.after if isinstance(outcome.after, list) else []


def _unchanged(old: object, new: object) -> bool:
    if isinstance(old, list):
        return isinstance(new, (list, np.ndarray)) and all(map(_unchanged, old, new))
    if not isinstance(old, np.ndarray):
        return True
    return isinstance(new, np.ndarray) and new.shape == old.shape and bool(np.allclose(old, new, rtol=1e-6, atol=1e-9))


def with_changed_parameters(subject: Subject, run: Run) -> list[Point]:
    """The points as they are with the parameters that the function left behind."""
    return [
        _moved(subject, run.layout, point, outcome) for point, outcome in zip(run.points, run.outcomes, strict=True)
    ]


def _moved(subject: Subject, layout: Layout, point: Point, outcome: Outcome) -> Point:
    weights, biases = _after(outcome)[:2]
    trial = trial_of(
        subject.network,
        [layout.read_weight(np.asarray(W)) for W in weights],  # type: ignore[attr-defined] # they come back as lists
        [np.ravel(np.asarray(b)) for b in biases],  # type: ignore[attr-defined] # they come back as lists
        point.trial.x,
        point.trial.y,
    )
    return Point(trial, point.theirs, point.tolerance)


def aliasing(subject: Subject, run: Run) -> list[Mistake]:
    """Arrays of the caller that a function writes into although it only computes."""
    if subject.kind.name == "step":
        return []
    changed = changed_arguments(subject, run)
    if not (changed.parameters or changed.data):
        return []
    entry = CATALOGUE["aliasing"]
    what = "weights or biases" if changed.parameters else "examples or targets"
    message = f"{entry.sentence} Here: the {what} that it was given."
    return [Mistake("aliasing", WRONG if changed.parameters else "harmless", (), what, message, entry.fix)]
