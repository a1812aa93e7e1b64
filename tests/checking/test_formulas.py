"""Every replacement computes what its formula says."""

from __future__ import annotations

import ast
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.checking.describing import described
from clearprop.checking.hypotheses import IMPOSSIBLE
from clearprop.checking.mistakes.catalogue import CATALOGUE, ENTRIES, SAME_NUMBERS
from clearprop.checking.mistakes.errors_down import bias_first, bias_last
from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.mistakes.tables import REPLACEMENTS
from clearprop.checking.points import draw
from clearprop.checking.trial import Trial
from clearprop.equations.activations import LEAK

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "docs"))
from mistake_pages import NETWORKS

EXAMPLES = 4
BESIDES_ARITHMETIC = ("truncated", "last_term")
"""What formulas name that no arithmetic of theirs computes."""
SIZES = ((3, 4, 4, 2), (3, 4, 2, 1), (4, 4, 4, 4))


def places() -> list[tuple[Replacement, Trial, int]]:
    """Each replacement with a network and a layer in which it can stand."""
    trials = [
        draw(described(list(sizes), activations, cost), EXAMPLES, 0)
        for sizes in SIZES
        for activations, cost in (*NETWORKS, (["gelu", "gelu", "sigmoid"], "squared_error"))
        if not (sizes[-1] == 1 and activations[-1] == "softmax")
    ]
    return [(each, *place) for each in REPLACEMENTS if (place := _place(each, trials))]


def _place(each: Replacement, trials: list[Trial]) -> tuple[Trial, int] | None:
    for trial in trials:
        for layer in range(trial.layers, 0, -1):
            try:
                if each.where(trial, layer):
                    each.rule(trial, layer)
                    return trial, layer
            except IMPOSSIBLE:
                continue
    return None


PLACES = places()


class Numbers:
    """The numbers of a pass by the names and indices of formulas; without an index for it, the first example's."""

    def __init__(self, trial: Trial, layer: int) -> None:
        self.trial, self.layer = trial, layer
        width = len(trial.b[min(layer + 1, trial.layers)])
        self.indices = {"l": layer, "L": trial.layers, "n": EXAMPLES, "K": trial.y.shape[1], "N": len(trial.b[layer])}
        self.above = width

    def __call__(self, name: str, at: tuple[int, ...]) -> float:
        trial = self.trial
        if name in ("z", "a", "delta"):
            layer, *rest = at
            value = trial.value(name, layer)
            return float(value[tuple(rest)] if len(rest) == 2 else value[0, rest[0]])
        if name == "y":
            return float(trial.y[at] if len(at) == 2 else trial.y[0, at[0]])
        if name in ("W", "b"):
            return float(trial.value(name, at[0])[at[1:]])
        if name in ("dC/da", "da/dz"):
            return float(trial.value({"dC/da": "da", "da/dz": "slope"}[name], at[0])[0, at[1]])
        if name in ("dC_mean/dW", "dC_mean/db"):
            return float(trial.value("given_" + name[-1], at[0])[at[1:]])
        if name in ("bias_first", "bias_last"):
            return float({"bias_first": bias_first, "bias_last": bias_last}[name](trial, at[0])[at[1:]])
        scalars = {
            "n": EXAMPLES,
            "K": trial.y.shape[1],
            "N": len(trial.b[self.layer]),
            "N_before": trial.W[self.layer].shape[1],
            "alpha": LEAK,
            "eta": trial.update.learning_rate,
        }
        return float(scalars[name])

    def ranges(self, each: Replacement) -> dict[str, range]:
        """How many numbers each letter of the formula runs over."""
        found = {}
        for node in ast.walk(ast.parse(each.formula.source.replace(" = ", " == "))):
            if isinstance(node, ast.Subscript):
                places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                for place, part in enumerate(places):
                    if isinstance(part, ast.Name) and part.id in "ijkm":
                        found[part.id] = range(self._length(ast.unparse(node.value), places, place))
        return found

    def _length(self, name: str, places: list[Any], place: int) -> int:
        if name == "y":
            return int(self.trial.y.shape[place if len(places) == 2 else 1])
        layer = eval(ast.unparse(places[0]), {}, self.indices)  # noqa: S307 - an index of our own formula
        if name in ("W", "W_new", "bias_first", "bias_last"):
            return int(self.trial.W[layer].shape[place - 1])
        if name in ("b", "b_new"):
            return len(self.trial.b[layer]) if place == len(places) - 1 else EXAMPLES
        shape = self.trial.value("a", layer).shape
        return int(shape[place - 1] if len(places) == 3 else shape[1])


@pytest.mark.parametrize(
    ("each", "trial", "layer"), PLACES, ids=[f"{each.id}-{each.formula.source}" for each, _, _ in PLACES]
)
def test_a_replacement_computes_its_formula(each: Replacement, trial: Trial, layer: int) -> None:
    if any(word in each.formula.source for word in BESIDES_ARITHMETIC):
        pytest.skip("a formula with a word in it")
    numbers = Numbers(trial, layer)
    if each.quantity == "da":  # the sum runs over the layer above
        numbers.indices["N"] = numbers.above
    ranges = numbers.ranges(each)
    free = [letter for letter in ranges if letter in _left_letters(each)]
    with np.errstate(all="ignore"):
        value = np.asarray(each.rule(trial, layer))
    for at in product(*(ranges[letter] for letter in free)):
        indices = {**numbers.indices, **dict(zip(free, at, strict=True))}
        expected = each.formula.evaluate(numbers, indices, ranges)
        assert _entry(value, each, indices) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def _left_letters(each: Replacement) -> str:
    names = ast.walk(ast.parse(each.formula.left))
    return "".join(node.id for node in names if isinstance(node, ast.Name) and node.id in "ijkm")


def _entry(value: np.ndarray, each: Replacement, at: dict[str, int]) -> float:
    """The number of a rule's array that a formula's left-hand side stands for."""
    match each.quantity:
        case "factor":
            return float(value)
        case "cost":
            return float(value[0])
        case "dW" | "new_W":
            return float(value[at["j"], at["k"]])
        case "db" | "new_b":
            return float(value[at["i"], at["j"]] if "i" in _left_letters(each) else value[at["j"]])
        case "da":
            return float(value[0, at["k"]])
        case _:
            return float(value[0, at["j"]])


def test_every_replacement_can_stand_somewhere_and_has_an_entry() -> None:
    assert {id(each) for each, _, _ in PLACES} == {id(each) for each in REPLACEMENTS}
    assert {each.id for each in REPLACEMENTS} <= CATALOGUE.keys()


def test_ids_are_told_apart_and_known() -> None:
    assert len(CATALOGUE) == len(ENTRIES)
    assert {*SAME_NUMBERS, *(name for names in SAME_NUMBERS.values() for name in names)} <= CATALOGUE.keys()
