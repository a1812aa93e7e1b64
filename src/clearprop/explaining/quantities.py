"""Every number of one example's pass through a network, by the name that formulas give it, and nudged."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.equations.activations import LEAK
from clearprop.equations.layers import weight_gradient, weighted_input
from clearprop.equations.outputs import log_not_softmax
from clearprop.equations.step import Step
from clearprop.errors import ArgumentError
from clearprop.explaining.figures import Near, near
from clearprop.explaining.putting_in import GONE, Key
from clearprop.network import Network
from clearprop.targets import LOGARITHMIC

MOST_TABLE = 64
"""Units up to which the whole Jacobian of a softmax layer is made; of a wider one, single entries are."""


class Quantities:
    """The numbers of the examples x (n, inputs), y (n, outputs), seen from one of them."""

    def __init__(self, network: Network, x: Any, y: Any | None, example: int = 0) -> None:
        self.network, self.example = network, example
        self.step: Step = network.step(x, y)
        self.last = self.step.layers
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = self.step.forward()
        if not np.isfinite(outputs).all():
            raise ArgumentError(
                "x: expected numbers of ordinary size, got some so large that the network cannot compute with them."
            )
        self.extra: dict[Key, float] = {}
        self._getters: dict[str, Callable[..., Any]] = {
            "W": lambda layer, j, k: self.step.W[layer][j, k],
            "b": lambda layer, j: self.step.b[layer][j],
            "z": lambda layer, j: self.row("z", layer)[j],
            "a": self._activation,
            GONE: self._activation,
            "delta": self._delta,
            "y": lambda j: self.step.y[self.example, j],
            "C": lambda: self.step.cost[self.last][self.example],
            "C_mean": lambda: self.step.cost[self.last].mean(),
            "alpha": lambda: LEAK,
            "n": lambda: len(self.step.x),
            "dC/da": lambda layer, j: self.row("da", layer)[j],
            "dC/db": lambda layer, j: self.row("delta", layer)[j],
            "dC/dW": lambda layer, j, k: weight_gradient(
                self.row("delta", layer)[None, j : j + 1], self.row("a", layer - 1)[None, k : k + 1]
            ),
            "dC_mean/db": lambda layer, j: self.step.db[layer][j],
            "dC_mean/dW": lambda layer, j, k: self.step.dW[layer][j, k],
            "da/dz": self._slope,
        }

    def number(self, key: Key) -> float:
        """One number by its name and place, the layer as it is, all else counted from 0."""
        if key in self.extra:
            return self.extra[key]
        name, at = key
        value = self._getters[name](*at)
        return value if type(value) is Near else float(np.asarray(value).reshape(()))

    def row(self, name: str, layer: int) -> FloatArray:
        """A quantity of one layer for this example, (units,)."""
        return np.asarray(self.step.value(name, layer)[self.example])

    def _delta(self, layer: int, *at: int) -> float:
        example, j = at if len(at) == 2 else (self.example, *at)
        return float(self.step.delta[layer][example, j])

    def _activation(self, layer: int, *at: int) -> float:
        example, j = at if len(at) == 2 else (self.example, *at)
        a = float(self.step.a[layer][example, j])
        if layer == 0 or 0 < abs(a) < 0.5:
            return a
        return near(a, self._distance(layer, example, j, abs(a)))

    def _distance(self, layer: int, example: int, j: int, a: float) -> float:
        """How far |a| is from 1, to all digits, for the activations that come near it."""
        f, z = self.step.activations[layer], self.step.z[layer][example]
        if f.couples:
            return float(np.exp(log_not_softmax(z)[j]))
        if f.name in ("sigmoid", "tanh"):
            slope = float(f.slope(z[j : j + 1])[0])  # a(1 − a), and (1 − a)(1 + a)
            return slope / a if f.name == "sigmoid" and a else slope / (1 + a)
        return 1.0

    def _slope(self, layer: int, j: int, _: int, k: int) -> float:
        f, z = self.step.activations[layer], self.row("z", layer)
        if not f.couples:
            return float(f.slope(z[j : j + 1])[0]) if j == k else 0.0
        a_j, a_k = self._activation(layer, j), self._activation(layer, k)
        return f.slope.formula.evaluate(lambda _, at: a_j if at[1] == j else a_k, {"l": layer, "j": j, "k": k}, {})

    @cached_property
    def outputs(self) -> FloatArray:
        return self.row("a", self.last)

    @cached_property
    def beyond(self) -> bool:
        """Whether the cost takes the logarithm of an output that no number but 0 or 1 is close enough to."""
        if self.network.cost not in LOGARITHMIC:
            return False
        outputs = [self._activation(self.last, j) for j in range(self.network.sizes[-1])]
        return any(a == 0 or (a == 1 and not isinstance(a, Near)) for a in outputs)

    @property
    def cost(self) -> float:
        return float(self.step.cost[self.last][self.example])

    def cost_with(self, name: str, at: tuple[int, ...], nudge: float) -> float:
        """The cost of this example when one weight, bias, weighted input or activation is raised by `nudge`."""
        layer, j = at[0], at[1]
        a = self.row("a", layer - 1) if layer else self.row("a", 0)
        if name in ("W", "b"):
            W, b = self.step.W[layer][j : j + 1].copy(), self.step.b[layer][j : j + 1].copy()
            if name == "W":
                W[0, at[2]] += nudge
            else:
                b[0] += nudge
            z = self.row("z", layer).copy()
            z[j] = weighted_input(a[None], W, b)[0, 0]
            return self._cost_from("z", layer, z)
        moved = self.row(name, layer).copy()
        moved[j] += nudge
        return self._cost_from(name, layer, moved)

    def activations_with(self, layer: int, j: int, nudge: float) -> FloatArray:
        """The activations of a layer when one of its weighted inputs is raised by `nudge`, (units,)."""
        z = self.row("z", layer).copy()
        z[j] += nudge
        return np.asarray(self.step.activations[layer](z))

    def _cost_from(self, name: str, layer: int, moved: FloatArray) -> float:
        output, y = self.step.output, self.step.y[self.example][None]
        while True:
            if layer == self.last:
                cost = output.cost(moved[None], y) if name == "z" else output.cost_function(moved[None], y)
                return float(cost[0])
            a = self.step.activations[layer](moved[None]) if name == "z" else moved[None]
            layer, name = layer + 1, "z"
            moved = weighted_input(a, self.step.W[layer], self.step.b[layer])[0]

    def arrays(self) -> dict[str, list[FloatArray]]:
        """Whole arrays, the first layer first: of the network, and of this example as far as it has a target."""
        layers = range(1, self.last + 1)
        names = ["z", "a"] + (["da", "delta"] if self.step.y is not None else [])
        arrays = {name: [self.row(name, layer) for layer in layers] for name in names}
        arrays["x"] = [self.row("a", 0)]
        arrays["W"], arrays["b"] = ([self.step.value(name, layer) for layer in layers] for name in "Wb")
        if self.step.y is not None:
            arrays["y"] = [self.step.y[self.example]]
            arrays["db"] = arrays["delta"]
            arrays["dW"] = [
                weight_gradient(self.row("delta", layer)[None], self.row("a", layer - 1)[None])[0] for layer in layers
            ]
        return arrays
