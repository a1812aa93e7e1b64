"""What makes a healthy training sick: functions of the arguments of `cp.diagnose`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import clearprop as cp

from .bases import Arguments, Base

Sicken = Callable[[Arguments], Arguments]
Numbers = np.ndarray[Any, Any]


def with_(**changed: Any) -> Sicken:
    """Other arguments in place of the base's."""
    return lambda base: {**base, **changed}


def both(*sickenings: Sicken) -> Sicken:
    def sicken(base: Arguments) -> Arguments:
        for one in sickenings:
            base = one(base)
        return base

    return sicken


def inputs(change: Callable[[Numbers], Numbers]) -> Sicken:
    return lambda base: {**base, "x": change(base["x"])}


def targets(change: Callable[[Numbers], Numbers]) -> Sicken:
    return lambda base: {**base, "y": change(base["y"])}


@inputs
def holes(x: Numbers) -> Numbers:
    """One number in a hundred is missing."""
    return np.where(np.random.default_rng(1).random(x.shape) < 0.01, np.nan, x)


@targets
def shuffled(y: Numbers) -> Numbers:
    return np.random.default_rng(1).permutation(y)


@targets
def label_of_the_row_before(y: Numbers) -> Numbers:
    return np.roll(y, 1)


@targets
def label_of_the_row_after(y: Numbers) -> Numbers:
    return np.roll(y, -1)


def sorted_rows(base: Arguments) -> Arguments:
    order = np.argsort(base["y"], kind="stable")
    return {**base, "x": base["x"][order], "y": base["y"][order], "shuffle": False}


def twice_labelled(base: Arguments) -> Arguments:
    """Every row a second time, with the next class."""
    x, y = base["x"], base["y"]
    return {**base, "x": np.concatenate([x, x]), "y": np.concatenate([y, (y + 1) % base["layers"][-1]])}


def counted(times: float) -> Sicken:
    """Every example counts so many times."""
    return lambda base: {**base, "sample_weight": np.full(len(base["y"]), times)}


def tested(base: Base) -> Base:
    """The last fifth of the rows as test rows: no sickness yet."""
    x, y = base.arguments["x"], base.arguments["y"]
    rows = len(y) * 4 // 5
    return base.but(x=x[:rows], y=y[:rows], test=(x[rows:], y[rows:]))


def test_inputs(change: Callable[[Numbers], Numbers]) -> Sicken:
    return lambda base: {**base, "test": (change(base["test"][0]), base["test"][1])}


def test_labels_up(base: Arguments) -> Arguments:
    x, y = base["test"]
    return {**base, "test": (x, (y + 1) % base["layers"][-1])}


Draw = Callable[[np.random.Generator, tuple[int, int]], Numbers]


def start(weight: Draw, bias: float = 0.0, output_bias: float = 0.0) -> Sicken:
    """A network with given numbers: weights by shape, the same bias everywhere in the hidden layers."""

    def sicken(base: Arguments) -> Arguments:
        rng, kept = np.random.default_rng(3), dict(base)
        sizes = kept.pop("layers")
        hidden, output = kept.pop("hidden", "relu"), kept.pop("output", "softmax")
        kept.pop("initialization", None)
        network = cp.Network.of(
            [weight(rng, shape) for shape in zip(sizes[1:], sizes, strict=False)],
            [np.full(n, bias) for n in sizes[1:-1]] + [np.full(sizes[-1], output_bias)],
            activations=[hidden] * (len(sizes) - 2) + [output],
            cost=kept.pop("cost", "cross_entropy"),
        )
        return {**kept, "network": network}

    return sicken


def usual(rng: np.random.Generator, shape: tuple[int, int]) -> Numbers:
    return rng.standard_normal(shape) / np.sqrt(shape[1])


def spread(by: float) -> Draw:
    """Weights around 0 that do not care how many inputs there are."""
    return lambda rng, shape: by * rng.standard_normal(shape)


def positive(size: float) -> Draw:
    """Weights between 0 and `size`."""
    return lambda rng, shape: size * rng.random(shape)


def equal(rng: np.random.Generator, shape: tuple[int, int]) -> Numbers:  # noqa: ARG001
    return np.full(shape, 0.5)


def sure(cost: str, bias: float) -> Sicken:
    """Sigmoid outputs that start near 1 for every class, and this cost."""
    return both(with_(output="sigmoid", cost=cost), start(usual, output_bias=bias))
