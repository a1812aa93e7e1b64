"""Where numbers that no catalogued mistake gives first go wrong, and how they differ from the right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.comparing import apart
from clearprop.checking.hypotheses import Change, Hypothesis, Point
from clearprop.checking.mistakes.replacement import replacement
from clearprop.checking.naming import evidence_of, mistakes_of
from clearprop.checking.report import WRONG, Mistake
from clearprop.checking.search import MOST, Search
from clearprop.checking.trial import Key, Trial
from clearprop.equations.activations import ACTIVATIONS, Activation
from clearprop.equations.step import TRUE_RULES

NAMES = {"given_W": "∂C/∂W", "given_b": "∂C/∂b", "new_W": "the new W", "new_b": "the new b", "a": "a", "cost": "C"}

UNKNOWN = "Nothing in the catalogue gives these numbers, so this is where they go wrong, without a name."


def located(search: Search) -> list[Mistake]:
    """What can be named layer by layer, and the first quantity that cannot."""
    start = _best_start(search)
    for layer in range(search.layers, 0, -1):
        ways = list(search.ways(start, layer, MOST))
        if ways:
            start = min(ways, key=lambda each: (len(each.ids), len(each.changes)))
            continue
        named = _named(search, start, range(layer + 1, search.layers + 1))
        return [*named, _unnamed(search, start, layer)]
    return _named(search, start, range(1, search.layers + 1))


def _best_start(search: Search) -> Hypothesis:
    """The mean or the sum, whichever agrees with more of the last layer."""
    starts = [start for start, _ in search.plain_starts(0)]
    keys = [(name, search.layers) for name in search.observed]
    return max(starts, key=lambda start: sum(start.agrees(key) for key in keys))


def _named(search: Search, found: Hypothesis, layers: range) -> list[Mistake]:
    keys = [(name, layer) for layer in layers for name in search.observed]
    return mistakes_of(found, [], keys) if keys else []


def _unnamed(search: Search, start: Hypothesis, layer: int) -> Mistake:
    """The first wrong quantity of a layer."""
    names = search.observed
    wrong = [name for name in names if not start.agrees((name, layer))]
    alone = len(wrong) == 1
    key = (wrong[0] if alone else names.biases, layer)
    quantity = NAMES[key[0]] if alone else "δ"
    other = names.biases if key[0] == names.weights else names.weights
    forward = ", or what it is made of on the way forward" if layer == search.layers else ""
    because = (
        f"In this layer {NAMES[other]} is right, and so is the error δ in it; only {NAMES[key[0]]} is not."
        if alone
        else f"Both gradients of this layer differ from the right ones, so its error δ does{forward}."
    )
    return Mistake(
        id=None,
        severity=WRONG,
        layers=(layer,),
        quantity=quantity,
        message=f"{UNKNOWN} {because}\n{how_it_differs(start, key)}",
        fix=_FIXES.get(quantity, ""),
        evidence=evidence_of(from_right=start.largest_difference([key])),
    )


_FIXES = {
    "∂C/∂W": "∂C/∂W = δ times the activation of the layer before, for each example, and their mean.",
    "∂C/∂b": "∂C/∂b = δ for each example, and their mean.",
    "δ": "δ = ∂C/∂a times the slope of the activation; in hidden layers ∂C/∂a is Wᵀδ of the layer above.",
}


def how_it_differs(right: Hypothesis, key: Key) -> str:
    """How numbers differ from the right ones, at every point in the same way; else by how much."""
    for told, same in _WAYS:
        if all(_holds(same, point, right.value(place, key), key) for place, point in enumerate(right.points)):
            return told
    factors = [_constant(point.theirs[key], right.value(place, key)) for place, point in enumerate(right.points)]
    if all(factor is not None for factor in factors):
        return _factor_told(factors, right)
    if known := _known_factor(right, key) or _other_activation(right, key):
        return known
    return _told_by_example(right, key)


Same = Callable[[FloatArray, FloatArray], bool]


def _close(first: FloatArray, second: FloatArray) -> bool:
    difference = apart(first, second)
    return difference is not None and bool(np.all(difference <= 1e-5 * max(np.abs(second).max(initial=0.0), 1e-300)))


def _holds(same: Same, point: Point, ours: FloatArray, key: Key) -> bool:
    return bool(same(point.theirs[key], np.asarray(ours)))


def _rows_permuted(theirs: FloatArray, ours: FloatArray) -> bool:
    if theirs.shape != ours.shape or theirs.ndim == 0 or len(theirs) < 2:
        return False
    return not _close(theirs, ours) and _close(_sorted_rows(theirs), _sorted_rows(ours))


def _sorted_rows(array: FloatArray) -> FloatArray:
    columns = array.reshape(len(array), -1).T
    return array[np.lexsort(columns[::-1])]


def _same_but_order(theirs: FloatArray, ours: FloatArray) -> bool:
    return theirs.size == ours.size > 1 and _close(np.sort(theirs, axis=None), np.sort(ours, axis=None))


def _all_zero(theirs: FloatArray, ours: FloatArray) -> bool:
    return bool(np.all(theirs == 0)) and bool(np.any(ours != 0))


def _other_shape(theirs: FloatArray, ours: FloatArray) -> bool:
    shape = np.squeeze(ours).shape
    return np.squeeze(theirs).shape not in (shape, shape[::-1])


def _transposed(theirs: FloatArray, ours: FloatArray) -> bool:
    return ours.ndim == 2 and _close(theirs, ours.T)


_WAYS: tuple[tuple[str, Same], ...] = (
    ("Some of its numbers are not numbers (NaN or infinity).", lambda t, o: not bool(np.isfinite(t).all())),
    ("It has another shape than it ought to have.", _other_shape),
    ("All of it is 0.", _all_zero),
    ("It is the transpose of the right one: row and column have changed places.", _transposed),
    ("It holds the right rows in another order.", _rows_permuted),
    ("It holds the right numbers in another order.", _same_but_order),
)


def _constant(theirs: FloatArray, ours: FloatArray) -> float | None:
    """The one factor between the two, if there is one."""
    theirs, ours = np.squeeze(theirs), np.squeeze(np.asarray(ours))
    if theirs.shape != ours.shape or theirs.size < 2 or not np.any(ours):
        return None
    factor = float(theirs.ravel() @ ours.ravel() / (ours.ravel() @ ours.ravel()))
    return factor if _close(theirs, factor * ours) else None


def _factor_told(factors: list[float | None], right: Hypothesis) -> str:
    numbers = [factor for factor in factors if factor is not None]
    if np.allclose(numbers, numbers[0], rtol=1e-4):
        return f"It is {numbers[0]:.5g} times the right one."
    counts = [len(point.trial.x) for point in right.points]
    if np.allclose(numbers, counts, rtol=1e-4):
        return "It is the right one times the number of examples."
    return f"It is a multiple of the right one, and another multiple each time ({numbers[0]:.4g}, {numbers[1]:.4g}, …)."


def _known(trial: Trial, layer: int) -> Iterator[tuple[str, FloatArray]]:
    """Quantities of single examples that a gradient may have too much or too little of, by what they are called."""
    yield "f′(z)", trial.slope[layer]
    yield "a", trial.a[layer]
    yield "1 − a", 1 - trial.a[layer]


def _known_factor(right: Hypothesis, key: Key) -> str | None:
    """A factor for each neuron that is a known quantity; it can be told where points have one example."""
    if not all(len(point.trial.x) == 1 for point in right.points) or key[0] != "given_b":
        return None
    for name in ("f′(z)", "a", "1 − a"):
        for times, word in ((1, "times"), (-1, "divided by")):
            if all(
                _is_multiple(point, right.value(place, key), key, name, times)
                for place, point in enumerate(right.points)
            ):
                return f"It is the right one {word} {name}, neuron by neuron."
    return None


def _is_multiple(point: Point, ours: FloatArray, key: Key, name: str, times: int) -> bool:
    factor = dict(_known(point.trial, key[1]))[name][0]
    with np.errstate(all="ignore"):
        return point.agrees(key, np.ravel(ours) * factor**times)


def _other_activation(right: Hypothesis, key: Key) -> str | None:
    """Activations that come out when one layer has another function than the one that was named."""
    if key[0] != "a":
        return None
    named = right.points[0].trial.activations
    for layer, activation in product(range(1, key[1] + 1), ACTIVATIONS.values()):
        if activation is not named[layer] and all(
            _comes_out(point, {**named, layer: activation}, key) for point in right.points
        ):
            return f"It is what comes out with {activation.name} in layer {layer}, where {named[layer].name} was named."
    return None


def _comes_out(point: Point, activations: Mapping[int, Activation], key: Key) -> bool:
    return point.agrees(key, point.trial.with_activations(activations).value(*key))


def _told_by_example(right: Hypothesis, key: Key) -> str:
    theirs, ours = np.squeeze(right.points[0].theirs[key]), np.squeeze(np.asarray(right.value(0, key)))
    if theirs.shape != ours.shape:
        return f"Its shape is {theirs.shape}; it ought to be {ours.shape}."
    if not ours.ndim:
        return f"It is {theirs:.5g} and ought to be {ours:.5g}."
    rows = _wrong_rows(theirs, ours)
    place = np.unravel_index(int(np.argmax(np.abs(theirs - ours))), ours.shape)
    at = ", ".join(str(int(number) + 1) for number in place)
    told = f"The largest difference: number {at} is {theirs[place]:.5g} and ought to be {ours[place]:.5g}."
    return f"{rows} {told}" if rows else told


def _wrong_rows(theirs: FloatArray, ours: FloatArray) -> str:
    """Which rows are wrong, where the others are right."""
    if ours.ndim == 0:
        return ""
    size = float(np.abs(ours).max(initial=0.0))
    off = np.abs(theirs - ours).reshape(len(ours), -1).max(axis=1) > 1e-5 * size
    if off.all() or not off.any():
        return ""
    numbers = [str(place + 1) for place in np.flatnonzero(off)]
    shown = ", ".join(numbers[:6]) + (", …" if len(numbers) > 6 else "")
    return f"Only row{'s' * (len(numbers) > 1)} {shown} of {len(ours)} {'are' if len(numbers) > 1 else 'is'} wrong."


_MEAN_COST = replacement(
    "form", "cost", "C = C", lambda step, layer: np.mean(TRUE_RULES.everywhere["cost"](step, layer))
)
"""One number for all examples, as most programs have it."""


def located_simply(points: Sequence[Point], keys: Sequence[Key]) -> Mistake:
    """The first of these quantities that is wrong, where each is computed from right ones of its own."""
    right = Hypothesis(points)
    if keys[0][0] == "cost" and points[0].theirs[keys[0]].size == 1:
        right = right.with_changes([Change(keys[0][1], _MEAN_COST)])
    key = next((key for key in keys if not right.agrees(key)), keys[-1])
    quantity = NAMES[key[0]]
    return Mistake(
        id=None,
        severity=WRONG,
        layers=(key[1],) if key[0] != "cost" else (),
        quantity=quantity,
        message=f"{UNKNOWN} {quantity} is the first that is wrong.\n{how_it_differs(right, key)}",
        fix="",
        evidence=evidence_of(from_right=right.largest_difference([key])),
    )
