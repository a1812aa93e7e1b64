"""The user's own guess: a change of settings to put to the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from clearprop.diagnosing.change import Change, changed
from clearprop.diagnosing.setup import Setup
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.equations.initializations import INITIALIZATIONS
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError, nearest
from clearprop.settings import DEFAULTS, Settings

AVERAGING = "averaging"
ONE_BY_ONE = Change(
    "one example at a time, so that no gradients are averaged",
    "batch_size=1",
    lambda setup: setup.with_settings(batch_size=1),
)


@dataclass(frozen=True)
class Guess:
    """What the user suspects, as it was typed, and the change that puts it to the test."""

    name: str
    change: Change


def guesses_of(suspect: Any) -> list[Guess]:
    """One guess or a list of them, as they were typed."""
    texts = [suspect] if isinstance(suspect, str) else suspect
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise ArgumentError(
            f"suspect: expected 'averaging' or settings with values, such as 'learning-rate=0.1', got {suspect!r}."
        )
    return [guess_of(text) for text in texts]


def guess_of(text: str) -> Guess:
    """`averaging`, or settings with values, such as `learning-rate=0.1` or `output=softmax,cost=cross_entropy`."""
    if text.strip() == AVERAGING:
        return Guess(AVERAGING, ONE_BY_ONE)
    changes = [_change(part.strip()) for part in text.split(",") if part.strip()]
    if not changes:
        raise ArgumentError(f"suspect: expected 'averaging' or a setting with a value, got {text!r}.")
    what, write = " and ".join(change.what for change in changes), ", ".join(change.write for change in changes)
    return Guess(text.strip(), Change(what, write, lambda setup: changed(setup, changes)))


def _change(text: str) -> Change:
    name, equals, value = (part.strip() for part in text.partition("="))
    name = name.replace("-", "_")
    known = [*OF_THE_NETWORK, *SETTABLE]
    if not equals or not value:
        raise ArgumentError(
            f"suspect: expected 'averaging' or a setting with a value, such as learning-rate=0.1, got {text!r}."
        )
    if name not in known:
        raise ArgumentError(
            f"suspect: expected one of averaging, {', '.join(known)}, got {name!r}.{nearest(name, known)}"
        )
    if name in OF_THE_NETWORK:
        require, apply = OF_THE_NETWORK[name]
        require(value)
        return Change(f"{name} {value}", f"{name}={value!r}", lambda setup: apply(setup, value))
    parsed = _parsed(name, value)
    return Change(f"{name} {value}", f"{name}={parsed!r}", lambda setup: setup.with_settings(**{name: parsed}))


def _parsed(name: str, text: str) -> Any:
    """The value as its setting takes it; ArgumentError for one that it does not take."""
    value: Any = text
    if text in ("None", "none"):
        value = None
    elif text in ("True", "true", "False", "false"):
        value = text.lower() == "true"
    else:
        for kind in (int, float):
            try:
                value = kind(text)
                break
            except ValueError:
                continue
    try:
        Settings(**{name: value})
    except ArgumentError as error:
        raise ArgumentError(f"suspect: {error}") from None
    return value


def _hidden_sizes(setup: Setup, text: str) -> Setup:
    sizes = _sizes(text)
    activation = setup.hidden[0] if setup.hidden else "relu"
    return setup.with_layers(sizes, activation)


def _sizes(text: str) -> tuple[int, ...]:
    """Neurons of the hidden layers: `64x32`, or `none`."""
    parts = [] if text == "none" else text.split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ArgumentError(f"suspect: expected hidden layers such as layers=64 or layers=64x32, got {text!r}.")
    return tuple(map(int, parts))


def _activation(name: str) -> Any:
    return lookup(ACTIVATIONS, name, "suspect")


OF_THE_NETWORK: dict[str, tuple[Callable[[str], Any], Callable[[Setup, str], Setup]]] = {
    "activation": (_activation, lambda setup, value: setup.with_hidden(value)),
    "hidden": (_activation, lambda setup, value: setup.with_hidden(value)),
    "output": (_activation, lambda setup, value: setup.with_output(value, setup.cost)),
    "cost": (
        lambda value: lookup(COSTS, value, "suspect"),
        lambda setup, value: setup.with_output(setup.output, value),
    ),
    "initialization": (
        lambda value: lookup({"auto": None, **INITIALIZATIONS}, value, "suspect"),
        lambda setup, value: setup.redrawn(value),
    ),
    "layers": (_sizes, _hidden_sizes),
}
SETTABLE = tuple(
    setting.name
    for setting in fields(DEFAULTS)
    if setting.name not in ("seed", "engine", "precision", "optimizer_options")
)
