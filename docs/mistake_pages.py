"""The pages of the mistakes: how each looks, its formula and the right one with numbers, what training does with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from clearprop.checking.describing import described
from clearprop.checking.fitting import with_share
from clearprop.checking.hypotheses import IMPOSSIBLE
from clearprop.checking.mistakes.catalogue import ENTRIES, SAME_NUMBERS
from clearprop.checking.mistakes.entry import Entry, Worked
from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.mistakes.tables import REPLACEMENTS
from clearprop.checking.naming import QUANTITIES, right_formula
from clearprop.checking.points import draw
from clearprop.checking.trial import Trial
from clearprop.equations.activations import ACTIVATIONS
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


L2_TURNED = with_share(-0.1, "given_W")
"""The mistake whose number is only known from a learner's gradients, with a number."""


@dataclass(frozen=True)
class Shown:
    """A replacement in a network where it shows: the layers in which it can stand, and what it changes in the last."""

    replacement: Replacement
    network: Network
    layers: tuple[int, ...]


def shown(id: str, sizes: Sequence[int] = SIZES, count: int = 3) -> Shown | None:  # noqa: A002 - as the catalogue
    """The first replacement of a mistake that changes something, and where; None for mistakes that are none."""
    for candidates in _candidates(id):
        for network in _networks(sizes) if candidates else ():
            trial = draw(network, count, 0)
            for replacement in candidates:
                layers = tuple(layer for layer in range(1, trial.layers + 1) if _changes(trial, replacement, layer))
                if layers:
                    return Shown(replacement, network, layers)
    return None


def _networks(sizes: Sequence[int]) -> Iterator[Network]:
    """The networks with these sizes, and then those that can have one output with one."""
    for activations, cost in NETWORKS:
        yield described(sizes, activations, cost)
    for activations, cost in NETWORKS:
        if activations[-1] != "softmax":
            yield described([*sizes[:-1], 1], activations, cost)


def _candidates(id: str) -> tuple[list[Replacement], list[Replacement]]:  # noqa: A002
    """The replacements of a mistake, and those of them that are in the cost; one about biases is shown on biases."""
    own = [each for each in (*REPLACEMENTS, L2_TURNED) if each.id == id]
    if "bias" in id:
        own.sort(key=lambda each: each.quantity != "db")
    return [each for each in own if each.quantity != "cost"], [each for each in own if each.quantity == "cost"]


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


def short(network: Network) -> str:
    """`3-4-4-2 (sigmoid, sigmoid, softmax), cross_entropy`"""
    return repr(network).removeprefix("Network ").rsplit(", ", 1)[0]


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
    measured = json.loads(MEASURED.read_text())
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
    if entry.worked:
        yield from _worked(entry, entry.worked)
    if entry.unseen:
        yield f"Numbers that come out of a function do not show it: {entry.unseen}.\n"
    if others := [name for name, same in SAME_NUMBERS.items() if entry.id in same]:
        links = ", ".join(f"[{name}]({name}.md)" for name in others)
        yield f"It leaves the same numbers as {links}: only the code tells which of them it is.\n"
    yield f"**What training does under it:** {training_under(entry, measured)}\n"
    yield "[All mistakes](../mistakes.md)\n"


def _formulas(found: Shown) -> Iterator[str]:
    layer, quantity = found.layers[-1], found.replacement.quantity
    trial = draw(found.network, 3, 0)
    wrong, right = values(trial, found.replacement, layer)
    yield f"With numbers, in layer {layer} of {short(found.network)}:\n"
    for word, formula, numbers in (
        ("Wrong", found.replacement.formula, wrong),
        ("Right", right_formula(quantity, trial, layer), right),
    ):
        yield f"{word}: $${formula.spell(LATEX, {'l': layer})}$$\n"
        yield f"{QUANTITIES[quantity]} = {_numbers(numbers)}\n"


def _worked(entry: Entry, worked: Worked) -> Iterator[str]:
    yield f"With numbers, from these on:\n\n```python\n{worked.given}\n```\n"
    calls = ["", *(f" in call {call}" for call in range(2, worked.calls + 1))]
    first = " in call 1" if worked.calls > 1 else ""
    yield "| | " + " | ".join(f"`{worked.shows}`{call or first}" for call in calls) + " |"
    yield "|---" * (worked.calls + 1) + "|"
    for word, code in (("Wrong", entry.wrong), ("Right", entry.right)):
        yield f"| {word} | " + " | ".join(map(_told, ran(worked, code))) + " |"
    yield ""


def ran(worked: Worked, code: str) -> list[Any]:
    """What an entry's code leaves to be seen at each call; the exception by which it stops."""
    sigmoid = ACTIVATIONS["sigmoid"]
    names = {"np": np, "self": SimpleNamespace(), "sigmoid": sigmoid, "sigmoid_prime": sigmoid.slope}
    seen = []
    with np.errstate(all="ignore"):
        exec(worked.given, names)  # noqa: S102 - our own page
        for _ in range(worked.calls):
            exec(code, names)  # noqa: S102 - our own page
            try:
                seen.append(np.array(eval(worked.shows, names)))  # noqa: S307 - our own page
            except ValueError as error:
                seen.append(error)
    return seen


def _told(value: Any) -> str:
    if isinstance(value, Exception):
        return f"stops: {str(value).strip()}"
    return np.array2string(value, precision=4, separator=", ").replace("\n", "")


def _numbers(array: np.ndarray) -> str:
    flat = array.ravel()
    more = ", …" if flat.size > SHOWN else ""
    told = ", ".join(f"{number + 0.0:.4f}".replace("-0.0000", "0.0000") for number in flat[:SHOWN])
    return f"{told}{more}" + (f" (shape {array.shape})" if array.ndim else "")


def training_under(entry: Entry, measured: dict[str, Any]) -> str:
    """Whether a network still learns with the mistake, and the figures."""
    if entry.trained:
        return f"the same as without it: {entry.trained}."
    same = next((name for name, others in SAME_NUMBERS.items() if entry.id in others), entry.id)
    name = entry.id if measured["mistakes"].get(entry.id) else same
    figures = measured["mistakes"][name]
    data = "the built-in digits" + (", odd or even" if _outputs(figures) == 1 else "")
    where = f"{figures['network']}, on {data} (`benchmarks/mistake_training.py`)"
    parts = [] if name == entry.id else [f"Its numbers are those of [{name}]({name}.md), and so is its training:"]
    if figures.get("same_by_hand"):
        parts.append(
            "Gradients that are written by hand do not read the cost: the weights are the same to the last bit. Where "
            "the gradient is taken of this cost, as automatic differentiation does:"
        )
    if figures["accuracy"] is None:
        return " ".join([*parts, f"{verdict(figures)}: after a step the shapes no longer fit; {where}."])
    rates = ", ".join(map(str, figures["rates"]))
    starts = "one start" if len(figures["accuracy"]) == 1 else f"{len(figures['accuracy'])} starts"
    parts.append(
        f"{verdict(figures)}: {_shares(figures['accuracy'])} of the test images are right with the mistake, "
        f"{_shares(figures['right'])} without it; {where}, {measured['epochs']} epochs from "
        f"{starts}, at the best of the learning rates {rates}."
    )
    return " ".join(parts)


def verdict(figures: dict[str, Any]) -> str:
    """Whether it still learns, in words."""
    if figures["accuracy"] is None:
        return "it stops"
    chance = 1 / max(2, _outputs(figures))
    reached = np.mean(figures["accuracy"])
    if reached < chance + HARDLY:
        return "it does not learn"
    return "it learns as well" if reached >= min(figures["right"]) else "it learns, but worse"


HARDLY = 0.1
"""Who is right so little more often than by guessing has learned nothing."""


def _outputs(figures: dict[str, Any]) -> int:
    return int(figures["network"].split()[0].split("-")[-1])


def _shares(values: Sequence[float]) -> str:
    spread = f" ({min(values):.1%} to {max(values):.1%})" if len(values) > 1 else ""
    return f"{np.mean(values):.1%}{spread}"
