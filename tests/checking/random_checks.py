"""Random checks without a process: numbers that a program would give, and what the check says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.checking.comparing import tolerance_of
from clearprop.checking.describing import described
from clearprop.checking.hypotheses import IMPOSSIBLE, Change, Point
from clearprop.checking.kinds import KINDS
from clearprop.checking.mistakes.errors_down import DELTAS, HANDED_DOWN
from clearprop.checking.mistakes.forward import ACTIVATED, WEIGHTED_INPUTS
from clearprop.checking.mistakes.parameters import BIAS_GRADIENTS, WEIGHT_GRADIENTS
from clearprop.checking.mistakes.scales import SUM
from clearprop.checking.mistakes.slopes import SLOPES
from clearprop.checking.points import counts, draw
from clearprop.checking.report import Mistake
from clearprop.checking.search import GRADIENTS
from clearprop.checking.trial import Trial
from clearprop.checking.verdicts import Verdict, verdict_on
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS
from clearprop.network import Network

TABLES = (SLOPES, DELTAS, HANDED_DOWN, WEIGHT_GRADIENTS, BIAS_GRADIENTS, WEIGHTED_INPUTS, ACTIVATED)
REPLACEMENTS = [each for table in TABLES for each in table if each.id != "stale-weights"]
KINDS_OF_WRONG = ("noise", "one number", "one row", "swapped", "random factor", "random term", "random error")


def random_network(rng: np.random.Generator) -> Network:
    """One to three layers of weights with widths that differ, any activations, any cost that goes with the output."""
    layers = int(rng.integers(1, 4))
    sizes = rng.permutation(np.arange(2, 9))[: layers + 1].tolist()
    cost, output = list(PAIRS)[rng.integers(len(PAIRS))]
    hidden = [name for name in ACTIVATIONS if name != "softmax"]
    names = [hidden[rng.integers(len(hidden))] for _ in range(layers - 1)] + [output]
    return described(sizes, names, cost)


def true_trials(network: Network, rng: np.random.Generator) -> list[Trial]:
    seeds = rng.integers(2**31, size=3)
    return [draw(network, count, int(seed)) for count, seed in zip(counts(network.sizes), seeds, strict=True)]


def numbers_of(trial: Trial) -> dict[tuple[str, int], np.ndarray]:
    """The gradients that a program under the trial's rules gives."""
    with np.errstate(all="ignore"):
        return {
            (name, layer): np.array(trial.value(name, layer))
            for layer in range(1, trial.layers + 1)
            for name in GRADIENTS
        }


def points_of(trials: Sequence[Trial], numbers: Sequence[dict[Any, Any]], *, single: bool = False) -> list[Point]:
    return [
        Point(trial, theirs, tolerance_of(theirs.values(), single=single))
        for trial, theirs in zip(trials, numbers, strict=True)
    ]


@dataclass(frozen=True)
class Outcome:
    """A random check: what was done, and what was said of it."""

    network: Network
    done: tuple[Any, ...]
    verdict: Verdict

    @property
    def names(self) -> list[tuple[str, ...]]:
        """For each finding with a name, all names that are given for it."""
        return [(each.id, *each.also) for each in self.verdict.mistakes if each.id]

    @property
    def wrong(self) -> list[Mistake]:
        return [each for each in self.verdict.mistakes if each.severity == "wrong"]


def right_program(seed: int) -> Outcome:
    """A right program in a random convention: mean or sum, float32 or float64, rounded or not."""
    rng = np.random.default_rng([1, seed])
    network = random_network(rng)
    trials = true_trials(network, rng)
    summed, how = bool(rng.integers(2)), ("float64", "float32", "rounded")[rng.integers(3)]
    made = [
        _with(trial, [Change(layer, SUM) for layer in range(1, trial.layers + 1)] if summed else []) for trial in trials
    ]
    numbers = [numbers_of(trial) for trial in made]
    if how == "float32":
        numbers = [
            {key: _in_single(trial, key, summed) for key in theirs}
            for trial, theirs in zip(trials, numbers, strict=True)
        ]
    if how == "rounded":
        digits = int(rng.integers(2, 6))
        numbers = [{key: array.round(digits) for key, array in theirs.items()} for theirs in numbers]
    points = points_of(trials, numbers, single=how == "float32")
    return Outcome(network, (summed, how), verdict_on(KINDS["backprop"], points))


def _in_single(trial: Trial, key: tuple[str, int], summed: bool) -> np.ndarray:
    """A gradient that was computed in float32 from the start."""
    layers = range(1, trial.layers + 1)
    single = [array.astype(np.float32) for array in (trial.x, trial.y)]
    weights, biases = ([trial.value(name, layer).astype(np.float32) for layer in layers] for name in "Wb")
    activations = [trial.activations[layer] for layer in layers]
    made = Trial(*single, weights, biases, activations, trial.output, update=trial.update)
    return np.asarray(made.value(*key) * np.float32(len(trial.x) if summed else 1), dtype=np.float32).astype(np.float64)


def _with(trial: Trial, changes: Sequence[Change]) -> Trial:
    return trial.replacing([(each.replacement.quantity, each.layer, each.replacement.rule) for each in changes])


def pair_of_mistakes(seed: int) -> Outcome | None:
    """Two different mistakes in random layers; None where the draw makes no program, or two that undo each other."""
    rng = np.random.default_rng([2, seed])
    network = random_network(rng)
    trials = true_trials(network, rng)
    changes = _two_changes(trials[0], rng)
    if changes is None:
        return None
    try:
        numbers = [numbers_of(_with(trial, changes)) for trial in trials]
        shown = [numbers_of(_with(trial, [change])) for change in changes for trial in trials[:1]]
    except IMPOSSIBLE:
        return None
    if not all(np.isfinite(array).all() for theirs in numbers for array in theirs.values()):
        return None
    if any(_alike(numbers[0], each) for each in (*shown, numbers_of(trials[0]))):
        return None  # only one of them shows
    return Outcome(network, tuple(changes), verdict_on(KINDS["backprop"], points_of(trials, numbers)))


def with_mistakes(network: Network, done: Sequence[tuple[int, str]]) -> Outcome:
    """Mistakes that are chosen: the layer of each, and its formula."""
    changes = [
        Change(layer, next(each for each in REPLACEMENTS if each.formula.source == formula)) for layer, formula in done
    ]
    trials = true_trials(network, np.random.default_rng(0))
    numbers = [numbers_of(_with(trial, changes)) for trial in trials]
    return Outcome(network, tuple(changes), verdict_on(KINDS["backprop"], points_of(trials, numbers)))


def _two_changes(trial: Trial, rng: np.random.Generator) -> list[Change] | None:
    drawn: list[Change] = []
    for place in rng.permutation(len(REPLACEMENTS)):
        layer = int(rng.integers(1, trial.layers + 1))
        change = Change(layer, REPLACEMENTS[place])
        taken = {(each.replacement.quantity, each.layer) for each in drawn}
        known = {each.id for each in drawn}
        fits = change.replacement.where(trial, layer) and _works(trial, change)
        if fits and change.id not in known and (change.replacement.quantity, layer) not in taken:
            drawn.append(change)
        if len(drawn) == 2:
            return drawn
    return None


def _works(trial: Trial, change: Change) -> bool:
    try:
        numbers_of(_with(trial, [change]))
    except IMPOSSIBLE:
        return False
    return True


def _alike(first: dict[Any, np.ndarray], second: dict[Any, np.ndarray]) -> bool:
    return all(
        first[key].shape == second[key].shape and np.allclose(first[key], second[key], rtol=1e-4, atol=1e-7)
        for key in first
    )


def named_completely(outcome: Outcome) -> bool:
    """Whether each mistake's name is among those of a finding, and nothing is only located."""
    return all(any(change.id in names for names in outcome.names) for change in outcome.done) and not any(
        mistake.id is None for mistake in outcome.verdict.mistakes
    )


def wrong_names(outcome: Outcome) -> list[tuple[str, ...]]:
    """Findings of which no name is one of the mistakes that were made. A smaller set that gives the same numbers is no
    wrong name: nobody could tell them apart."""
    made = {change.id for change in outcome.done}
    if outcome.verdict.chosen is not None and len(outcome.names) <= len(made):
        keys = list(outcome.verdict.chosen.points[0].theirs)
        if outcome.verdict.chosen.largest_difference(keys) < 1e-6 and not made & {
            n for names in outcome.names for n in names
        }:
            return []
    return [names for names in outcome.names if not made & set(names)]


def wrong_gradients(seed: int) -> Outcome:
    """Gradients that are wrong in a way that no catalogue has."""
    rng = np.random.default_rng([3, seed])
    network = random_network(rng)
    trials = true_trials(network, rng)
    kind = KINDS_OF_WRONG[seed % len(KINDS_OF_WRONG)]
    layer = int(rng.integers(1, trials[0].layers + 1))
    state = rng.integers(2**31)
    numbers = [_SPOILT[kind](trial, layer, np.random.default_rng(state)) for trial in trials]
    return Outcome(network, (kind, layer), verdict_on(KINDS["backprop"], points_of(trials, numbers)))


def _spoil(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Callable[..., dict[Any, np.ndarray]]:
    def spoilt(trial: Trial, layer: int, rng: np.random.Generator) -> dict[Any, np.ndarray]:
        numbers = numbers_of(trial)
        key = ("given_W", layer)
        numbers[key] = change(numbers[key], rng)
        return numbers

    return spoilt


def _noise(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return array + 0.3 * np.abs(array).max() * rng.standard_normal(array.shape) + 0.01


def _one_number(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    array = array.copy()
    array[tuple(rng.integers(array.shape))] += 0.5 * np.abs(array).max() + 0.1
    return array


def _one_row(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    array = array.copy()
    array[rng.integers(len(array))] *= 1.5 + rng.random()
    array[rng.integers(len(array))] += 0.1
    return array


def _swapped(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.roll(array, 1, axis=int(rng.integers(2))) + 0.05 * np.roll(array, 1, axis=None) + 1e-3


def _factors(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return array * (1.2 + rng.random(array.shape)) + 1e-3


def _random_term(trial: Trial, layer: int, rng: np.random.Generator) -> dict[Any, np.ndarray]:
    """δ with a term that belongs to nothing."""
    term = rng.standard_normal(trial.z[layer].shape[1])

    def rule(step: Any, l: int) -> Any:
        return trial.delta[l] + 0.2 * term * np.cos(step.z[l])

    return numbers_of(trial.replacing([("delta", layer, rule)]))


def _random_error(trial: Trial, layer: int, rng: np.random.Generator) -> dict[Any, np.ndarray]:
    """δ times a function of z that is no slope."""
    power = 1.3 + rng.random()

    def rule(step: Any, l: int) -> Any:
        return trial.delta[l] * (0.3 + np.abs(step.z[l]) ** power)

    return numbers_of(trial.replacing([("delta", layer, rule)]))


_SPOILT = {
    "noise": _spoil(_noise),
    "one number": _spoil(_one_number),
    "one row": _spoil(_one_row),
    "swapped": _spoil(_swapped),
    "random factor": _spoil(_factors),
    "random term": _random_term,
    "random error": _random_error,
}
