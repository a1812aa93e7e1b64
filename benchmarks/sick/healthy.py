"""Healthy trainings that nothing may be claimed of: variants of the bases, and recipes on many data sets.

scikit-learn's diabetes data is not among them: over ten seeds (`--confirm`), six of the ten recipes learn it by heart
and are not healthy; of three of these six a cause was claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import bases, data
from .bases import ONE_UNIT, REAL, Base
from .sickening import Sicken, tested, with_

BASES = {
    "digits": bases.digits, "digits_deep": bases.digits_deep, "digits_books": bases.digits_books, "wine": bases.wine,
    "iris": bases.iris, "breast": bases.breast, "moons": bases.moons, "circles": bases.circles, "blobs": bases.blobs,
    "xor": bases.xor, "two_pictures": bases.two_pictures, "sine": bases.sine, "friedman": bases.friedman,
    "bowl": bases.bowl,
}  # fmt: skip
VARIANTS: dict[str, Sicken] = {
    "plain": with_(),
    "other-seeds": with_(seed=100),
    "larger-steps": lambda base: {**base, "learning_rate": 1.7 * base["learning_rate"]},
    "more-epochs": lambda base: {**base, "epochs": 2 * base["epochs"]},
    "wider": lambda base: {**base, "layers": _twice_as_wide(base["layers"])},
}


def _twice_as_wide(layers: list[int]) -> list[int]:
    return [layers[0], *(2 * size for size in layers[1:-1]), layers[-1]]


@dataclass(frozen=True)
class Recipe:
    """Hidden layers, how many updates, and the settings of a training on any data set."""

    neurons: tuple[int, ...]
    updates: int
    settings: dict[str, Any]
    classes_alone: dict[str, Any] = field(default_factory=dict)
    with_test_rows: bool = False


RECIPES = {
    "one-relu": Recipe((16,), 1500, {"learning_rate": 0.01}),
    "wide-dropout": Recipe((128,), 2000, {"learning_rate": 0.003, "dropout": 0.2, "l2": 1e-5}),
    "two-tanh": Recipe(
        (20, 12), 2000, {"hidden": "tanh", "optimizer": "momentum", "learning_rate": 0.03, "batch_size": 16}
    ),
    "three-relu": Recipe((24, 24, 12), 1500, {"learning_rate": 0.005, "batch_size": 64}),
    "sigmoid": Recipe((32,), 3000, {"hidden": "sigmoid", "learning_rate": 0.03}),
    "leaky": Recipe(
        (40,),
        4000,
        {
            "hidden": "leaky_relu",
            "optimizer": "sgd",
            "schedule": "constant",
            "learning_rate": 0.05,
            "batch_size": 8,
            "initialization": "he",
        },
    ),
    "gelu": Recipe((24, 16), 1500, {"hidden": "gelu", "optimizer": "adamw", "learning_rate": 0.005}),
    "rmsprop": Recipe(
        (30,), 2500, {"optimizer": "rmsprop", "learning_rate": 0.003, "schedule": "step", "precision": "float64"}
    ),
    "nesterov": Recipe(
        (48, 24), 2000, {"optimizer": "nesterov", "learning_rate": 0.02, "schedule": "warm-up"}, with_test_rows=True
    ),
    "patient": Recipe(
        (32, 8),
        4000,
        {"learning_rate": 0.005, "patience": 30, "validation": 0.1},
        classes_alone={"class_weight": "balanced"},
    ),
}

DATA: dict[str, tuple[data.Arrays, int, dict[str, Any]]] = {
    "digits": (data.digits(), 10, {}),
    "wine": (data.scaled("wine"), 3, {}),
    "iris": (data.scaled("iris"), 3, {}),
    "breast": (data.scaled("breast_cancer"), 2, {}),
    "moons": (data.moons(), 2, {}),
    "circles": (data.circles(), 1, ONE_UNIT),
    "blobs": (data.blobs(), 5, {}),
    "quadrants": (data.quadrants(), 1, ONE_UNIT),
    "rings": (data.rings(), 3, {}),
    "clouds": (data.clouds(600, 0.5, 8), 2, {}),
    "sine": (data.sine(), 1, REAL),
    "friedman": (data.friedman(), 1, REAL),
    "bowl": (data.bowl(), 1, REAL),
}
"""Arrays, output units, and the output where it is not softmax."""


def healthy() -> Iterator[tuple[str, Base]]:
    """All of them, by name."""
    for name, base in BASES.items():
        for variant, vary in VARIANTS.items():
            yield f"{name}-{variant}", Base(base.data, vary(base.arguments))
    for name in DATA:
        for recipe in RECIPES:
            yield f"{name}-{recipe}", _cooked(name, RECIPES[recipe])


def _cooked(name: str, recipe: Recipe) -> Base:
    (x, y), units, output = DATA[name]
    size = recipe.settings.get("batch_size", 32)
    base = Base(
        name,
        {
            "x": x,
            "y": y,
            "layers": [x.shape[1], *recipe.neurons, units],
            "epochs": math.ceil(recipe.updates / math.ceil(0.8 * len(x) / size)),
            **output,
            **recipe.settings,
            **(recipe.classes_alone if output is not REAL else {}),
        },
    )
    return tested(base) if recipe.with_test_rows else base
