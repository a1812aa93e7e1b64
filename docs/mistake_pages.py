"""The pages of the mistakes: how each looks, its formula and the right one with numbers, what training does with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.checking.describing import described
from clearprop.checking.hypotheses import IMPOSSIBLE
from clearprop.checking.mistakes.catalogue import ENTRIES, SAME_NUMBERS, Entry
from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.mistakes.tables import REPLACEMENTS
from clearprop.checking.naming import QUANTITIES, right_formula
from clearprop.checking.points import draw
from clearprop.checking.trial import Trial
from clearprop.equations.notation import LATEX
from clearprop.network import Network

MEASURED = Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "mistake_training.json"
SHOWN = 4
"""So many numbers of an array are shown."""

NETWORKS: tuple[tuple[list[str], str], ...] = (
    (["sigmoid", "sigmoid", "softmax"], "cross_entropy"),
    (["sigmoid", "sigmoid", "sigmoid"], "half_squared_error"),
    (["relu", "relu", "softmax"], "cross_entropy"),
    (["tanh", "tanh", "sigmoid"], "binary_cross_entropy"),
    (["leaky_relu", "leaky_relu", "softmax"], "cross_entropy"),
    (["sigmoid", "softmax", "softmax"], "cross_entropy"),
    (["sigmoid", "sigmoid", "softmax"], "half_squared_error"),
    (["sigmoid", "sigmoid", "softmax"], "binary_cross_entropy"),
    (["sigmoid", "sigmoid", "identity"], "half_squared_error"),
)
"""Networks to show a mistake in; the first in which it can stand is taken."""

SIZES = (3, 4, 4, 2)
"""The layer in the middle is square: it hides what only square weights hide."""


@dataclass(frozen=True)
class Shown:
    """A replacement in a network where it shows: the layers in which it can stand, and what it changes in the last."""

    replacement: Replacement
    network: Network
    layers: tuple[int, ...]


def shown(id: str, sizes: Sequence[int] = SIZES, count: int = 3) -> Shown | None:  # noqa: A002 - as the catalogue
    """The first replacement of a mistake that changes something, and where; None for mistakes that are none."""
    for activations, cost in NETWORKS:
        network = described(list(sizes), activations, cost)
        trial = draw(network, count, 0)
        for replacement in _candidates(id):
            layers = tuple(layer for layer in range(1, trial.layers + 1) if _changes(trial, replacement, layer))
            if layers:
                return Shown(replacement, network, layers)
    return None


def _candidates(id: str) -> list[Replacement]:  # noqa: A002
    """The replacements of a mistake; one that is about biases is shown on biases."""
    own = [each for each in REPLACEMENTS if each.id == id]
    return sorted(own, key=lambda each: each.quantity != "db") if "bias" in id else own


def _changes(trial: Trial, replacement: Replacement, layer: int) -> bool:
    try:
        if not replacement.where(trial, layer):
            return False
        wrong, right = values(trial, replacement, layer)
    except IMPOSSIBLE:
        return False
    return wrong.shape != right.shape or not np.allclose(wrong, right)


def values(trial: Trial, replacement: Replacement, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """What a replacement makes of its quantity, and what it ought to be."""
    quantity = replacement.quantity
    wrong = trial.replacing([(quantity, layer, replacement.rule)])
    with np.errstate(all="ignore"):
        return np.asarray(wrong.value(quantity, layer)), np.asarray(trial.value(quantity, layer))


def index_page(made: str) -> str:
    """All mistakes, one a line."""
    parts = [made, "# Mistakes in hand-written networks\n"]
    parts.append(
        "`clearprop check` names them; each name is given only where our own pass with that one change gives the same "
        "numbers. Every name leads to a page with the formula, numbers, what training does under it, and the fix.\n"
    )
    parts += [f"- [{entry.id}](mistakes/{entry.id}.md): {entry.title}" for entry in ENTRIES]
    return "\n".join(parts) + "\n"


def pages(made: str) -> Iterator[tuple[str, str]]:
    """Every page by its name."""
    yield "mistakes.md", index_page(made)
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    for entry in ENTRIES:
        yield f"mistakes/{entry.id}.md", "\n".join([made, *_parts(entry, measured)])


def _parts(entry: Entry, measured: dict[str, Any]) -> Iterator[str]:
    yield f"# {entry.title}\n"
    yield f"`{entry.id}`\n"
    yield f"{entry.sentence}\n"
    yield f"How it looks:\n\n```python\n{entry.wrong}\n```\n"
    yield f"Instead:\n\n```python\n{entry.right}\n```\n\n{entry.fix}\n"
    if found := shown(entry.id):
        yield from _formulas(found)
    if entry.unseen:
        yield f"Numbers that come out of a function do not show it: {entry.unseen}.\n"
    if others := [name for name, same in SAME_NUMBERS.items() if entry.id in same]:
        links = ", ".join(f"[{name}]({name}.md)" for name in others)
        yield f"It leaves the same numbers as {links}: only the code tells which of them it is.\n"
    if figures := measured.get("mistakes", {}).get(entry.id):
        yield _training(figures, measured)
    yield "[All mistakes](../mistakes.md)\n"


def _formulas(found: Shown) -> Iterator[str]:
    layer, quantity = found.layers[-1], found.replacement.quantity
    trial = draw(found.network, 3, 0)
    wrong, right = values(trial, found.replacement, layer)
    names = ", ".join(each.activation for each in found.network.layers)
    yield f"With numbers, in layer {layer} of {'-'.join(map(str, SIZES))} ({names}), {found.network.cost}:\n"
    for word, formula, numbers in (
        ("Wrong", found.replacement.formula, wrong),
        ("Right", right_formula(quantity, trial, layer), right),
    ):
        yield f"{word}: $${formula.spell(LATEX, {'l': layer})}$$\n"
        yield f"{QUANTITIES[quantity]} = {_numbers(numbers)}\n"


def _numbers(array: np.ndarray) -> str:
    flat = array.ravel()
    more = ", …" if flat.size > SHOWN else ""
    told = ", ".join(f"{number + 0.0:.4f}".replace("-0.0000", "0.0000") for number in flat[:SHOWN])
    return f"{told}{more}" + (f" (shape {array.shape})" if array.ndim else "")


def _training(figures: dict[str, Any], measured: dict[str, Any]) -> str:
    if figures["accuracy"] is None:
        return (
            f"**What training does under it:** {figures['network']} on the built-in digits: after a step the shapes no "
            f"longer fit, and it stops (`benchmarks/mistake_training.py`).\n"
        )
    return (
        f"**What training does under it:** {figures['network']} on the built-in digits, {measured['epochs']} epochs, "
        f"the best of {measured['rates']}: {figures['accuracy']:.1%} of the test images right with the mistake, "
        f"{figures['right']:.1%} without (`benchmarks/mistake_training.py`).\n"
    )
