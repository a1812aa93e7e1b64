"""From replacements to words: what is wrong where, what was right, how serious it is, and what proves it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from clearprop.checking.hypotheses import Change, Hypothesis
from clearprop.checking.mistakes.catalogue import CATALOGUE, SAME_NUMBERS
from clearprop.checking.report import HARMLESS, WRONG, Mistake
from clearprop.checking.search import FREE
from clearprop.checking.trial import Key, Trial
from clearprop.equations.activations import elementwise_pullback, softmax_pullback
from clearprop.equations.formula import Formula
from clearprop.equations.layers import mean_bias_gradient, mean_weight_gradient, weighted_input
from clearprop.equations.notation import TEXT
from clearprop.equations.outputs import matching_delta

QUANTITIES = {
    "z": "z",
    "f": "a",
    "a": "a",
    "slope": "f′(z)",
    "delta": "δ",
    "da": "∂C/∂a",
    "dW": "∂C/∂W",
    "db": "∂C/∂b",
    "factor": "all gradients",
    "new_W": "the new W",
    "new_b": "the new b",
    "cost": "C",
}
"""What a learner calls the quantity of a rule."""

NEVER_WRONG = frozenset({"cost-scale-mismatch", "softmax-overflow", "log-zero"})
"""What leaves the training as it is, or shows only far out."""

UNEVEN = (
    "Some gradients are stretched by a factor that the others do not have. Together they no longer point where "
    "the cost falls fastest.",
    "Take the factor out, or give it to all gradients.",
)
"""What is said, and what to do, where `batch-scale` is not one factor on everything."""

_FORMULAS = {
    "z": weighted_input.formula,
    "dW": mean_weight_gradient.formula,
    "db": mean_bias_gradient.formula,
    "new_W": Formula("W_new[l, j, k] = W[l, j, k] - eta * d(C_mean, W[l, j, k])"),
    "new_b": Formula("b_new[l, j] = b[l, j] - eta * d(C_mean, b[l, j])"),
    "da": Formula("d(C, a[l, k]) = sum(j, W[l + 1, j, k] * delta[l + 1, j])"),
    "factor": Formula("factor = 1"),
}


def mistakes_of(
    chosen: Hypothesis, others: Sequence[Hypothesis], keys: Sequence[Key], right: Hypothesis | None = None
) -> list[Mistake]:
    """The mistakes of an explanation, the last layer's first, with the names that the other explanations give.

    `right` is what their numbers ought to be, if that is not the plain pass.
    """
    groups: dict[str, list[Change]] = {}
    for change in chosen.changes:
        if change.id not in FREE:
            groups.setdefault(change.id, []).append(change)
    evidence = evidence_of(
        from_right=(right or _convention_of(chosen)).largest_difference(keys),
        with_this_change=chosen.largest_difference(keys),
    )
    rivals = {id: _rivals(id, chosen, others) for id in groups}  # noqa: A001 - as the catalogue calls it
    trial = chosen.points[0].trial
    return [_mistake(id, changes, trial, evidence, rivals[id]) for id, changes in groups.items()]  # noqa: A001 - as the catalogue calls it


def evidence_of(**differences: float) -> dict[str, float]:
    """Differences that prove something; where shapes differ, there is none."""
    return {name: float(value) for name, value in differences.items() if np.isfinite(value)}


def _convention_of(chosen: Hypothesis) -> Hypothesis:
    """The right pass in the convention of an explanation: the sum over the examples, if theirs is one."""
    return Hypothesis(chosen.points).with_changes(change for change in chosen.changes if change.id in FREE)


_NO_RIVALS = ("sign-ascent", "batch-scale")
"""A factor of −1 is a factor, but says less than that it climbs."""


def _rivals(id: str, chosen: Hypothesis, others: Sequence[Hypothesis]) -> tuple[str, ...]:  # noqa: A002 - as the catalogue calls it
    """Names that other explanations of the same size have in the place of this one."""
    found = list(SAME_NUMBERS.get(id, ()))
    for other in others:
        missing = set(chosen.ids) - set(other.ids)
        if id in missing:
            found += [name for name in other.ids if name not in chosen.ids and (id, name) != _NO_RIVALS]
    return tuple(name for name in dict.fromkeys(found) if name not in FREE)


def _mistake(
    id: str,  # noqa: A002 - as the catalogue calls it
    changes: Sequence[Change],
    trial: Trial,
    evidence: dict[str, float],
    also: tuple[str, ...],
) -> Mistake:
    severity = severity_of(id, changes, trial)
    sentence, fix = CATALOGUE[id].sentence, CATALOGUE[id].fix
    if id == "batch-scale" and severity == WRONG:
        (sentence, fix), also = UNEVEN, ()
    first = changes[0]
    everywhere = first.replacement.quantity == "factor"
    layers = () if everywhere else tuple(sorted({change.layer for change in changes}))
    return Mistake(
        id=id,
        severity=severity,
        layers=layers,
        quantity=QUANTITIES[first.replacement.quantity],
        message="\n".join([sentence, *_formulas(first, trial)]),
        fix=fix,
        evidence=evidence,
        also=also,
    )


def _formulas(change: Change, trial: Trial) -> Iterable[str]:
    """The wrong and the right formula of a layer."""
    right = right_formula(change.replacement.quantity, trial, change.layer)
    for word, formula in (("yours: ", change.replacement.formula), ("right: ", right)):
        yield f"  {word} {formula.spell(TEXT, {'l': change.layer})}"


def right_formula(quantity: str, trial: Trial, layer: int) -> Formula:
    """What a rule ought to be in a layer."""
    activation = trial.activations[layer]
    if quantity == "slope":
        return activation.slope.formula
    if quantity in ("f", "a"):
        return activation.value.formula
    if quantity == "cost":
        return trial.output.cost_function.value.formula
    if quantity == "da" and layer == trial.layers:
        return trial.output.cost_function.slope.formula
    if quantity == "delta":
        if layer == trial.layers and trial.output.matching:
            return matching_delta.formula
        return softmax_pullback.formula if activation.couples else elementwise_pullback.formula
    return _FORMULAS[quantity]


def severity_of(id: str, changes: Sequence[Change], trial: Trial) -> str:  # noqa: A002 - as the catalogue calls it
    """Whether a training suffers from it."""
    quantities = {change.replacement.quantity for change in changes}
    if id in NEVER_WRONG or (id == "batch-scale" and quantities == {"factor"}):
        return HARMLESS
    if id == "batch-scale" and quantities == {"dW", "db"}:
        return HARMLESS if _alike_everywhere(changes, trial) else WRONG
    if id == "reg-gradient" and quantities == {"dW"} and _pulls_to_zero(changes, trial):
        return HARMLESS
    names = trial.output.cost_function.name, trial.output.activation.name
    if id == "softmax-loss-pair-mismatch" and names == ("cross_entropy", "sigmoid"):
        return HARMLESS
    return WRONG


def _alike_everywhere(changes: Sequence[Change], trial: Trial) -> bool:
    """Whether one positive factor stretches every gradient."""
    return _one_positive_number(changes, 2 * trial.layers)


def _pulls_to_zero(changes: Sequence[Change], trial: Trial) -> bool:
    """Whether it is the same positive share of the weights in every layer: L2 as it ought to be."""
    return _one_positive_number(changes, trial.layers)


def _one_positive_number(changes: Sequence[Change], count: int) -> bool:
    numbers = [change.replacement.number for change in changes if change.replacement.number is not None]
    return len(numbers) == count and min(numbers) > 0 and bool(np.allclose(numbers, numbers[0], rtol=1e-3))
