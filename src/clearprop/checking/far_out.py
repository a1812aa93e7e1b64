"""Points far out, where right formulas overflow if they are computed as they stand."""

from __future__ import annotations

import numpy as np

from clearprop.checking.conventions import Layout
from clearprop.checking.mistakes.catalogue import CATALOGUE
from clearprop.checking.points import counts, far_out
from clearprop.checking.report import HARMLESS, Mistake
from clearprop.checking.running.learner import call_all
from clearprop.checking.trial import Trial
from clearprop.checking.trying import Subject


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
