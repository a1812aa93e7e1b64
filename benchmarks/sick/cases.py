"""The set: sick trainings with one cause or two, and healthy ones. Every second case is held back while thresholds are
chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import clearprop as cp

from . import bases, data
from .bases import Arguments

Sicken = Callable[[Arguments], Arguments]


@dataclass(frozen=True, eq=False)
class Case:
    """Arguments of `cp.diagnose`; the causes that make it sick, none of a healthy one; `cured` are the arguments
    without them."""

    id: str
    causes: tuple[str, ...]
    arguments: Arguments
    cured: Arguments
    held_back: bool


def with_(**changed: Any) -> Sicken:
    """Other arguments in place of the base's."""
    return lambda base: {**base, **changed}


def inputs(change: Callable[[np.ndarray], np.ndarray]) -> Sicken:
    return lambda base: {**base, "x": change(base["x"])}


def targets(change: Callable[[np.ndarray], np.ndarray]) -> Sicken:
    return lambda base: {**base, "y": change(base["y"])}


def holes(x: np.ndarray) -> np.ndarray:
    """One number in a hundred is missing."""
    return np.where(np.random.default_rng(1).random(x.shape) < 0.01, np.nan, x)


def shuffled(y: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).permutation(y)


def sorted_rows(base: Arguments) -> Arguments:
    order = np.argsort(base["y"], kind="stable")
    return {**base, "x": base["x"][order], "y": base["y"][order], "shuffle": False}


def tested(base: Arguments) -> Arguments:
    """The last fifth of the rows as test rows."""
    rows = len(base["y"]) * 4 // 5
    x, y = base["x"], base["y"]
    return {**base, "x": x[:rows], "y": y[:rows], "test": (x[rows:], y[rows:])}


def test_inputs(change: Callable[[np.ndarray], np.ndarray]) -> Sicken:
    return lambda base: {**base, "test": (change(base["test"][0]), base["test"][1])}


def test_labels_up(base: Arguments) -> Arguments:
    x, y = base["test"]
    return {**base, "test": (x, (y + 1) % base["layers"][-1])}


def start(
    weight: Callable[[np.random.Generator, tuple[int, int]], np.ndarray], bias: float = 0.0, output_bias: float = 0.0
) -> Sicken:
    """A network with given numbers: weights by shape, the same bias everywhere in the hidden layers."""

    def sicken(base: Arguments) -> Arguments:
        rng, sizes = np.random.default_rng(3), base["layers"]
        shapes = list(zip(sizes[1:], sizes, strict=False))
        biases = [np.full(n, bias) for n in sizes[1:-1]] + [np.full(sizes[-1], output_bias)]
        hidden = [base.get("hidden", "relu")] * (len(sizes) - 2)
        network = cp.Network.of(
            [weight(rng, shape) for shape in shapes],
            biases,
            activations=[*hidden, base.get("output", "softmax")],
            cost=base.get("cost", "cross_entropy"),
        )
        kept = {
            name: value
            for name, value in base.items()
            if name not in ("layers", "hidden", "output", "cost", "initialization")
        }
        return {**kept, "network": network}

    return sicken


def usual(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.standard_normal(shape) / np.sqrt(shape[1])


def tiny(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return 1e-4 * rng.standard_normal(shape)


def positive(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.random(shape)


def huge(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return 8 * rng.standard_normal(shape)


def equal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:  # noqa: ARG001
    return np.full(shape, 0.5)


def both(*sickenings: Sicken) -> Sicken:
    def sicken(base: Arguments) -> Arguments:
        for one in sickenings:
            base = one(base)
        return base

    return sicken


def sure(cost: str, bias: float) -> Sicken:
    """Sigmoid outputs that start near 1 for every class, and this cost."""
    return both(with_(output="sigmoid", cost=cost), start(usual, output_bias=bias))


def twice_labelled(base: Arguments) -> Arguments:
    """Every row a second time, with the next class."""
    x, y = base["x"], base["y"]
    return {**base, "x": np.concatenate([x, x]), "y": np.concatenate([y, (y + 1) % base["layers"][-1]])}


def counted(times: float) -> Sicken:
    """Every example counts so many times."""
    return lambda base: {**base, "sample_weight": np.full(len(base["y"]), times)}


def rare(share: float, width: int) -> Callable[[], Arguments]:
    """Two clouds, one of them with few rows."""

    def base() -> Arguments:
        x, y = data.unbalanced(1500, share, width)
        return {**bases.breast(), "x": x, "y": y, "layers": [width, 16, 2]}

    return base


SGD = {"optimizer": "sgd", "schedule": "constant"}

SINGLE: dict[str, Sequence[tuple[Callable[[], Arguments], Sicken] | tuple[Callable[[], Arguments], Sicken, Sicken]]] = {
    "missing-values": [(bases.digits, inputs(holes)), (bases.wine, inputs(holes)), (bases.friedman, inputs(holes))],
    "contradicting-labels": [
        (bases.two_pictures, inputs(lambda x: x[[0, 0]])),
        (bases.digits, twice_labelled),
        (bases.moons, twice_labelled),
    ],
    "inputs-unscaled": [
        (
            bases.digits,
            both(inputs(lambda x: 4000 * x), with_(hidden="sigmoid", **SGD, learning_rate=0.5, epochs=40)),
            with_(hidden="sigmoid", **SGD, learning_rate=0.5, epochs=40),
        ),
        (bases.breast, with_(x=data.raw("breast_cancer")[0])),
        (bases.blobs, inputs(lambda x: 1e-3 * x)),
        (bases.wine, both(with_(x=data.raw("wine")[0]), with_(hidden="sigmoid"))),
    ],
    "target-out-of-range": [
        (bases.sine, both(with_(output="sigmoid", cost="squared_error"), targets(lambda y: 3 * y))),
        (bases.friedman, both(with_(output="sigmoid", cost="squared_error"), targets(lambda y: 14 + 5 * y))),
        (bases.bowl, both(with_(output="tanh", cost="squared_error"), targets(lambda y: 5 + 2 * y))),
    ],
    "labels-misaligned": [
        (bases.digits, targets(shuffled)),
        (bases.blobs, targets(lambda y: np.roll(y, 1))),
        (bases.moons, targets(lambda y: np.roll(y, -1))),
        (bases.breast, targets(shuffled)),
    ],
    "not-shuffled": [
        (bases.digits_plain, sorted_rows),
        (lambda: {**bases.blobs(), "learning_rate": 1.0, "epochs": 5, "batch_size": 8}, sorted_rows),
        (lambda: {**bases.moons(), **SGD, "learning_rate": 0.5, "batch_size": 4, "epochs": 10}, sorted_rows),
    ],
    "unbalanced-classes": [
        (rare(0.06, 4), with_(), with_(class_weight="balanced")),
        (rare(0.05, 8), with_(), with_(class_weight="balanced")),
        (rare(0.06, 12), with_(), with_(class_weight="balanced")),
    ],
    "init-constant": [
        (bases.two_pictures, with_(initialization="zeros")),
        (bases.blobs, with_(initialization="zeros")),
        (bases.digits_deep, start(equal)),
        (bases.digits, with_(initialization="zeros")),
    ],
    "init-too-small-one-sided": [
        (lambda: {**bases.blobs(), "layers": [8, 24, 24, 5]}, start(tiny)),
        (lambda: {**bases.digits(), **SGD, "learning_rate": 0.2, "layers": [64, 32, 32, 10]}, start(tiny)),
        (
            lambda: {**bases.moons(), "hidden": "tanh", **SGD, "learning_rate": 0.2, "epochs": 80},
            start(lambda rng, shape: 1e-3 * rng.random(shape)),
        ),
    ],
    "init-all-positive-large": [
        (
            lambda: {**bases.digits_deep(), "hidden": "sigmoid"},
            start(positive),
            with_(hidden="sigmoid", learning_rate=0.3),
        ),
        (bases.digits_deep, start(positive)),
        (lambda: {**bases.digits_books(), "layers": [64, 64, 10]}, start(positive)),
    ],
    "init-too-large": [
        (bases.digits_books, start(huge)),
        (bases.digits_deep, start(huge)),
        (
            lambda: {**bases.circles(), **SGD, "learning_rate": 0.3, "epochs": 120},
            start(lambda rng, shape: 60 * rng.standard_normal(shape)),
        ),
    ],
    "saturation": [
        (bases.digits_deep, start(usual, bias=40.0)),
        (bases.blobs, start(usual, bias=-40.0)),
        (bases.iris, start(usual, bias=60.0)),
    ],
    "one-softmax-unit": [
        (bases.circles, with_(output="softmax", cost="cross_entropy")),
        (
            lambda: {**bases.moons(), "layers": [2, 16, 16, 1], "output": "sigmoid", "cost": "binary_cross_entropy"},
            with_(output="softmax", cost="cross_entropy"),
        ),
        (
            lambda: {**bases.breast(), "layers": [30, 16, 1], "output": "sigmoid", "cost": "binary_cross_entropy"},
            with_(output="softmax", cost="squared_error"),
        ),
    ],
    "relu-output": [
        (bases.sine, with_(output="relu")),
        (bases.friedman, with_(output="relu")),
        (bases.bowl, with_(output="relu")),
    ],
    "saturating-cost": [
        (
            lambda: {**bases.digits(), "output": "sigmoid"},
            sure("squared_error", 8.0),
            sure("binary_cross_entropy", 8.0),
        ),
        (bases.blobs, sure("half_squared_error", 10.0), sure("binary_cross_entropy", 10.0)),
        (
            lambda: {**bases.moons(), **SGD, "learning_rate": 0.2},
            sure("half_squared_error", 10.0),
            sure("binary_cross_entropy", 10.0),
        ),
    ],
    "dead-relu": [
        (bases.digits, start(usual, bias=-30.0)),
        (bases.moons, start(usual, bias=-10.0)),
        (lambda: {**bases.breast(), "layers": [30, 16, 16, 2]}, start(usual, bias=-60.0)),
    ],
    "vanishing-deep-sigmoid": [
        (
            lambda: {**bases.digits(), "layers": [64, *[24] * 5, 10], **SGD, "learning_rate": 0.1, "epochs": 30},
            with_(hidden="sigmoid"),
        ),
        (lambda: {**bases.blobs(), "layers": [8, *[24] * 5, 5], "hidden": "relu"}, with_(hidden="sigmoid")),
        (
            lambda: {**bases.moons(), "layers": [2, *[16] * 6, 2], **SGD, "learning_rate": 0.1, "epochs": 60},
            with_(hidden="sigmoid"),
        ),
    ],
    "linear-network": [
        (bases.circles, with_(hidden="identity")),
        (bases.xor, with_(layers=[2, 1])),
        (lambda: {**bases.sine(), "epochs": 80}, with_(hidden="identity")),
    ],
    "local-minimum-small-net": [
        (bases.xor, with_(layers=[2, 2, 1], hidden="sigmoid", optimizer="sgd", schedule="constant", learning_rate=2.0)),
        (bases.circles, with_(layers=[2, 2, 1])),
        (bases.digits, with_(layers=[64, 2, 10])),
        (bases.blobs, with_(layers=[8, 1, 5])),
    ],
    "sum-instead-of-mean": [
        (lambda: {**bases.digits(), **SGD, "learning_rate": 0.2}, counted(600.0)),
        (bases.blobs, counted(500.0)),
        (lambda: {**bases.friedman(), **SGD, "learning_rate": 0.02}, counted(400.0)),
    ],
    "lr-too-high": [
        (bases.digits, with_(learning_rate=5.0)),
        (bases.moons, with_(learning_rate=30.0)),
        (bases.sine, with_(learning_rate=10.0)),
        (lambda: {**bases.friedman(), **SGD, "learning_rate": 0.02}, with_(learning_rate=20.0)),
    ],
    "lr-too-low": [
        (bases.digits, with_(learning_rate=1e-6)),
        (bases.breast, with_(learning_rate=1e-6)),
        (bases.bowl, with_(learning_rate=1e-6)),
        (bases.moons, with_(learning_rate=1e-6)),
    ],
    "batch-of-everything": [
        (bases.digits, with_(batch_size=600, epochs=5)),
        (lambda: {**bases.blobs(), "learning_rate": 0.05}, with_(batch_size=400, epochs=6)),
        (bases.circles, with_(batch_size=300, epochs=10)),
    ],
    "epochs-too-few": [
        (bases.digits_deep, with_(epochs=1, learning_rate=0.005), with_(learning_rate=0.005, epochs=100)),
        (bases.circles, with_(epochs=1)),
        (bases.friedman, with_(epochs=1)),
    ],
    "dropout-too-strong": [
        (bases.digits, with_(dropout=0.98)),
        (bases.moons, with_(dropout=0.95)),
        (bases.bowl, with_(dropout=0.95)),
    ],
    "patience-too-short": [
        (
            lambda: {
                **bases.digits_deep(),
                "layers": [64, 24, 24, 24, 10],
                "hidden": "sigmoid",
                "learning_rate": 0.1,
                "epochs": 150,
            },
            with_(patience=1, validation=0.1),
        ),
        (lambda: {**bases.circles(), **SGD, "learning_rate": 0.5, "epochs": 200}, with_(patience=1, validation=0.1)),
        (
            lambda: {**bases.moons(), "hidden": "sigmoid", **SGD, "learning_rate": 1.0, "epochs": 300},
            with_(patience=1, validation=0.1),
        ),
    ],
    "l2-too-strong": [
        (bases.digits, with_(l2=1.0)),
        (bases.moons, with_(l2=0.5)),
        (bases.sine, with_(l2=1.0)),
    ],
    "test-scaled-differently": [
        (lambda: tested(bases.digits()), test_inputs(lambda x: 5 * x - 3)),
        (lambda: tested(bases.wine()), test_inputs(lambda x: 10 * x + 30)),
        (lambda: tested(bases.breast()), test_inputs(lambda x: x / 50)),
    ],
    "one-hot-shift": [
        (lambda: tested(bases.digits()), test_labels_up),
        (lambda: tested(bases.wine()), test_labels_up),
        (lambda: tested(bases.blobs()), test_labels_up),
    ],
}
"""By cause: a healthy base, what makes it sick, and what makes the cured training of it where that is not the base."""

PAIRS: list[tuple[tuple[str, str], Callable[[], Arguments], Sicken]] = [
    (("missing-values", "lr-too-low"), bases.digits, both(inputs(holes), with_(learning_rate=1e-6))),
    (("missing-values", "lr-too-high"), bases.moons, both(inputs(holes), with_(learning_rate=30.0))),
    (("missing-values", "l2-too-strong"), bases.friedman, both(inputs(holes), with_(l2=1.0))),
    (
        ("one-softmax-unit", "lr-too-low"),
        bases.circles,
        with_(output="softmax", cost="cross_entropy", learning_rate=1e-6),
    ),
    (("l2-too-strong", "dropout-too-strong"), bases.digits, with_(l2=1.0, dropout=0.98)),
    (("not-shuffled", "l2-too-strong"), bases.digits_plain, both(sorted_rows, with_(l2=1.0))),
    (("not-shuffled", "dropout-too-strong"), bases.digits_plain, both(sorted_rows, with_(dropout=0.98))),
    (("init-constant", "l2-too-strong"), bases.blobs, with_(initialization="zeros", l2=1.0)),
    (("lr-too-high", "l2-too-strong"), bases.moons, with_(learning_rate=30.0, l2=0.5)),
    (("relu-output", "lr-too-low"), bases.friedman, with_(output="relu", learning_rate=1e-6)),
    (
        ("target-out-of-range", "lr-too-low"),
        bases.sine,
        both(with_(output="sigmoid", cost="squared_error", learning_rate=1e-6), targets(lambda y: 3 * y)),
    ),
    (("linear-network", "lr-too-low"), bases.circles, with_(hidden="identity", learning_rate=1e-6)),
    (("dead-relu", "l2-too-strong"), bases.digits, both(with_(l2=1.0), start(usual, bias=-30.0))),
    (("saturation", "l2-too-strong"), bases.iris, both(with_(l2=1.0), start(usual, bias=60.0))),
    (
        ("lr-too-high", "test-scaled-differently"),
        lambda: tested(bases.digits()),
        both(with_(learning_rate=5.0), test_inputs(lambda x: 5 * x - 3)),
    ),
    (("lr-too-low", "one-hot-shift"), lambda: tested(bases.wine()), both(with_(learning_rate=1e-6), test_labels_up)),
]


def twice_as_wide(layers: list[int]) -> list[int]:
    return [layers[0], *(2 * size for size in layers[1:-1]), layers[-1]]


HEALTHY: list[Callable[[], Arguments]] = [
    bases.digits, bases.digits_deep, bases.digits_books, bases.wine, bases.iris, bases.breast, bases.moons,
    bases.circles, bases.blobs, bases.xor, bases.two_pictures, bases.sine, bases.friedman, bases.bowl,
]  # fmt: skip
VARIANTS: dict[str, Sicken] = {
    "plain": with_(),
    "other-seeds": with_(seed=100),
    "larger-steps": lambda base: {**base, "learning_rate": 1.7 * base["learning_rate"]},
    "more-epochs": lambda base: {**base, "epochs": 2 * base["epochs"]},
    "wider": lambda base: {**base, "layers": twice_as_wide(base["layers"])},
}


def cases() -> Iterator[Case]:
    """All of them, in a fixed order."""
    for cause, makings in SINGLE.items():
        for number, (base, sicken, *cure) in enumerate(makings):
            cured = cure[0](base()) if cure else base()
            yield _case(f"{cause}-{number + 1}", (cause,), sicken(base()), cured, number)
    for number, (causes, base, sicken) in enumerate(PAIRS):
        yield _case(f"pair-{number + 1}-{'+'.join(causes)}", causes, sicken(base()), base(), number)
    for number, base in enumerate(HEALTHY):
        for place, (name, vary) in enumerate(VARIANTS.items()):
            yield _case(f"healthy-{base.__name__}-{name}", (), vary(base()), vary(base()), number + place)


def _case(name: str, causes: tuple[str, ...], arguments: Arguments, cured: Arguments, number: int) -> Case:
    return Case(name, causes, arguments, cured, held_back=number % 2 == 1)
