"""Healthy trainings: a data set and arguments of `cp.diagnose`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import data

Arguments = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Base:
    """A healthy training on the data set of that name."""

    data: str
    arguments: Arguments

    def but(self, **changed: Any) -> Base:
        """The same with other arguments."""
        return replace(self, arguments={**self.arguments, **changed})


def _of(name: str, arrays: data.Arrays, layers: list[int], **settings: Any) -> Base:
    return Base(name, {"x": arrays[0], "y": arrays[1], "layers": layers, **settings})


SGD = {"optimizer": "sgd", "schedule": "constant"}
REAL = {"output": "identity", "cost": "half_squared_error"}
SIGMOIDS = {"hidden": "sigmoid", "output": "sigmoid", "cost": "squared_error"}
ONE_UNIT = {"output": "sigmoid", "cost": "binary_cross_entropy"}

digits = _of("digits", data.digits(), [64, 32, 10], learning_rate=0.005, epochs=15)
digits_deep = digits.but(layers=[64, 32, 32, 10], hidden="tanh", optimizer="momentum", learning_rate=0.05, epochs=20)
digits_plain = digits.but(**SGD, learning_rate=0.5, epochs=10)
"""With plain descent in large steps."""
digits_books = digits.but(layers=[64, 30, 10], **SIGMOIDS, **SGD, learning_rate=3.0, epochs=40, batch_size=10)
wine = _of("wine", data.scaled("wine"), [13, 16, 3], hidden="tanh", learning_rate=0.01, epochs=30)
iris = _of("iris", data.scaled("iris"), [4, 16, 3], hidden="sigmoid", learning_rate=0.03, epochs=60)
breast = _of("breast cancer", data.scaled("breast_cancer"), [30, 16, 2], **SGD, learning_rate=0.1, epochs=20)
moons = _of("moons", data.moons(), [2, 16, 16, 2], learning_rate=0.01, epochs=40)
circles = _of("circles", data.circles(), [2, 24, 1], hidden="tanh", **ONE_UNIT, learning_rate=0.02, epochs=60)
blobs = _of("blobs", data.blobs(), [8, 24, 5], hidden="tanh", **SGD, learning_rate=0.2, epochs=20)
xor = _of("xor", data.xor(), [2, 8, 1], hidden="tanh", **ONE_UNIT, learning_rate=0.05, epochs=600, batch_size=4)
two_pictures = _of(
    "two pictures",
    data.two_pictures(),
    [784, 16, 16, 2],
    **SIGMOIDS,
    initialization="normal",
    **SGD,
    learning_rate=3.0,
    epochs=3000,
    batch_size=2,
)
sine = _of("sine", data.sine(), [1, 24, 1], hidden="tanh", **REAL, learning_rate=0.02, epochs=60)
friedman = _of("friedman", data.friedman(), [10, 24, 1], **REAL, learning_rate=0.01, epochs=50)
bowl = _of("bowl", data.bowl(), [6, 24, 1], hidden="tanh", **REAL, learning_rate=0.01, epochs=60)
BALANCED = {**SGD, "learning_rate": 0.1, "epochs": 20, "class_weight": "balanced"}
rare_cloud = _of("rare cloud", data.clouds(1500, 0.06, 4), [4, 16, 2], **BALANCED)
rare_moon = _of("rare moon", data.rare_moon(), [2, 16, 16, 2], **BALANCED)
rare_ring = _of("rare ring", data.rare_ring(), [3, 24, 2], hidden="tanh", **BALANCED)
