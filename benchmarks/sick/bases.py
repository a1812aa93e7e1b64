"""Healthy trainings: arguments of `cp.diagnose`, by name."""

from __future__ import annotations

from typing import Any

from . import data

Arguments = dict[str, Any]


def _of(arrays: data.Arrays, layers: list[int], **settings: Any) -> Arguments:
    return {"x": arrays[0], "y": arrays[1], "layers": layers, **settings}


REAL = {"output": "identity", "cost": "half_squared_error"}
SIGMOIDS = {"hidden": "sigmoid", "output": "sigmoid", "cost": "squared_error"}


def digits() -> Arguments:
    return _of(data.digits(), [64, 32, 10], learning_rate=0.005, epochs=15)


def digits_deep() -> Arguments:
    return _of(data.digits(), [64, 32, 32, 10], hidden="tanh", optimizer="momentum", learning_rate=0.05, epochs=20)


def digits_plain() -> Arguments:
    """With plain descent in large steps."""
    descent = {"optimizer": "sgd", "schedule": "constant", "learning_rate": 0.5}
    return _of(data.digits(), [64, 32, 10], **descent, epochs=10)


def digits_books() -> Arguments:
    return _of(
        data.digits(),
        [64, 30, 10],
        **SIGMOIDS,
        optimizer="sgd",
        learning_rate=3.0,
        schedule="constant",
        epochs=40,
        batch_size=10,
    )


def wine() -> Arguments:
    return _of(data.scaled("wine"), [13, 16, 3], hidden="tanh", learning_rate=0.01, epochs=30)


def iris() -> Arguments:
    return _of(data.scaled("iris"), [4, 16, 3], hidden="sigmoid", learning_rate=0.03, epochs=60)


def breast() -> Arguments:
    return _of(
        data.scaled("breast_cancer"), [30, 16, 2], optimizer="sgd", learning_rate=0.1, schedule="constant", epochs=20
    )


def moons() -> Arguments:
    return _of(data.moons(), [2, 16, 16, 2], learning_rate=0.01, epochs=40)


def circles() -> Arguments:
    return _of(
        data.circles(),
        [2, 24, 1],
        hidden="tanh",
        output="sigmoid",
        cost="binary_cross_entropy",
        learning_rate=0.02,
        epochs=60,
    )


def blobs() -> Arguments:
    return _of(
        data.blobs(), [8, 24, 5], hidden="tanh", optimizer="sgd", learning_rate=0.2, schedule="constant", epochs=20
    )


def xor() -> Arguments:
    return _of(
        data.xor(),
        [2, 8, 1],
        hidden="tanh",
        output="sigmoid",
        cost="binary_cross_entropy",
        learning_rate=0.05,
        epochs=600,
        batch_size=4,
    )


def two_pictures() -> Arguments:
    return _of(
        data.two_pictures(),
        [784, 16, 16, 2],
        **SIGMOIDS,
        initialization="normal",
        optimizer="sgd",
        learning_rate=3.0,
        schedule="constant",
        epochs=3000,
        batch_size=2,
    )


def sine() -> Arguments:
    return _of(data.sine(), [1, 24, 1], hidden="tanh", **REAL, learning_rate=0.02, epochs=60)


def friedman() -> Arguments:
    return _of(data.friedman(), [10, 24, 1], **REAL, learning_rate=0.01, epochs=50)


def bowl() -> Arguments:
    return _of(data.bowl(), [6, 24, 1], hidden="tanh", **REAL, learning_rate=0.01, epochs=60)
