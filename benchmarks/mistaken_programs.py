"""Programs that train a network with one mistake in them, and those that do the same without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.points import trial_of
from clearprop.checking.trial import Trial
from clearprop.equations.layers import mean_weight_gradient, weighted_input
from clearprop.equations.step import Rule, Step
from clearprop.equations.updates import OPTIMIZERS, descend, first_moment, scaled, second_moment, without_bias
from clearprop.network import Network

Arrays = list[np.ndarray]
Replaced = Sequence[tuple[str, int, Rule]]
RATES = (0.1, 0.5, 2.0)
WIDE_RATES = (*RATES, 15.0, 60.0)
SMALLER_STEPS = frozenset({"batch-scale", "act-deriv-extra-ce"})
"""Mistakes that make the steps smaller, so that larger learning rates are tried as well, with and without them."""
HALF = 0.5
"""The share that dropout switches off."""


class Program:
    """A program that goes forward and back by these rules and then descends."""

    def __init__(self, network: Network, rules: Replaced = ()) -> None:
        self.network, self.rules = network, rules
        self.hidden = range(1, len(network.layers))
        self.layers = range(1, len(network.layers) + 1)

    def step(self, weights: Arrays, biases: Arrays, x: np.ndarray, y: np.ndarray, rate: float) -> Trial:
        """One pass through a mini-batch."""
        return trial_of(self.network, weights, biases, x, y, rate).replacing(self.rules)

    def answers(self, weights: Arrays, biases: Arrays, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The outputs, once it is trained."""
        return np.asarray(self.step(weights, biases, x, y, 0.0).a[len(self.layers)])

    def updated(self, step: Trial) -> tuple[Arrays, Arrays]:
        """The parameters after the pass."""
        return [step.new_W[n] for n in self.layers], [step.new_b[n] for n in self.layers]


class GoingOn(Program):
    """Each weighted input goes on from its value in the pass before."""

    last: Trial | None = None

    def step(self, *given: Any) -> Trial:
        last, step = self.last, super().step(*given)
        if last is not None:
            step = step.replacing([("z", n, partial(_from, np.asarray(last.z[n]))) for n in self.layers])
        step.forward()
        self.last = step
        return step


def _from(start: np.ndarray, step: Step, layer: int) -> np.ndarray:
    return start + np.asarray(weighted_input(step.a[layer - 1], step.W[layer], step.b[layer]))


class WithOldActivations(Program):
    """The weights' gradients take the activations of the pass before."""

    last: Trial | None = None

    def step(self, *given: Any) -> Trial:
        last, self.last = self.last, super().step(*given)
        if last is None:
            return self.last
        return self.last.replacing([("dW", n, partial(_with_input, last.a[n - 1])) for n in self.layers])


def _with_input(before: np.ndarray, step: Step, layer: int) -> np.ndarray:
    return np.asarray(mean_weight_gradient(step.delta[layer], before))


class Accumulating(Program):
    """All gradients so far are added up, and the sum is taken for the gradient."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.sums = [np.zeros_like(array) for array in (*network.weights, *network.biases)]

    def updated(self, step: Trial) -> tuple[Arrays, Arrays]:
        gradients = [step.dW[n] for n in self.layers] + [step.db[n] for n in self.layers]
        self.sums = [total + gradient for total, gradient in zip(self.sums, gradients, strict=True)]
        return descended(step, self.sums)


def descended(step: Trial, directions: Sequence[np.ndarray]) -> tuple[Arrays, Arrays]:
    """The parameters moved against these directions, the weights' first."""
    old = [step.W[n] for n in range(1, step.layers + 1)] + [step.b[n] for n in range(1, step.layers + 1)]
    new = [descend(theta, g, step.update.learning_rate) for theta, g in zip(old, directions, strict=True)]
    return new[: step.layers], new[step.layers :]


class WithoutFirstColumns(Program):
    """The caller's weights lose their first columns in each call."""

    def updated(self, step: Trial) -> tuple[Arrays, Arrays]:
        weights, biases = super().updated(step)
        return [np.where(np.arange(W.shape[1]) == 0, 0.0, W) for W in weights], biases


class Dropping(Program):
    """Dropout while it trains: `drawn` makes the numbers of which those below a half keep their neuron."""

    def __init__(self, network: Network, drawn: str = "random", *, on_the_way_back: bool = True) -> None:
        super().__init__(network)
        self.draw, self.on_the_way_back = getattr(np.random.default_rng(0), drawn), on_the_way_back

    def step(self, weights: Arrays, biases: Arrays, x: np.ndarray, y: np.ndarray, rate: float) -> Trial:
        step = super().step(weights, biases, x, y, rate)
        if not rate:
            return step
        rules: list[tuple[str, int, Rule]] = []
        for n in self.hidden:
            mask = (self.draw((len(x), len(biases[n - 1]))) < HALF) / HALF
            back = mask if self.on_the_way_back else np.full_like(mask, 1 / HALF)
            rules += [("a", n, partial(_masked, mask)), ("delta", n, partial(_masked_back, back))]
        return step.replacing(rules)


def _masked(mask: np.ndarray, step: Step, layer: int) -> np.ndarray:
    return np.asarray(step.f[layer]) * mask


def _masked_back(mask: np.ndarray, step: Step, layer: int) -> np.ndarray:
    return np.asarray(step.activations[layer].pullback(step.da[layer] * mask, step.z[layer]))


class Optimizing(Program):
    """Another optimizer than plain descent. `powers`: Adam's corrections have theirs; `remembers`: it keeps its
    running means."""

    def __init__(self, network: Network, optimizer: str, *, powers: bool = True, remembers: bool = True) -> None:
        super().__init__(network)
        self.optimizer, self.options = OPTIMIZERS[optimizer], dict(OPTIMIZERS[optimizer].options)
        self.powers, self.remembers = powers, remembers
        self.t, self.slots = 0, self._empty()

    def _empty(self) -> list[Any]:
        parameters = (*self.network.weights, *self.network.biases)
        return [{name: np.zeros_like(array) for name in self.optimizer.slots} for array in parameters]

    def updated(self, step: Trial) -> tuple[Arrays, Arrays]:
        self.t += 1
        gradients = [step.dW[n] for n in self.layers] + [step.db[n] for n in self.layers]
        moved = [self._direction(g, slots) for g, slots in zip(gradients, self.slots, strict=True)]
        self.slots = [slots for _, slots in moved] if self.remembers else self._empty()
        return descended(step, [direction for direction, _ in moved])

    def _direction(self, g: np.ndarray, slots: Any) -> tuple[np.ndarray, Any]:
        if self.powers:
            return self.optimizer.direction(g, g, slots, self.t, self.options)
        beta_1, beta_2 = self.options["beta_1"], self.options["beta_2"]
        m = first_moment(slots["first_moment"], g, beta_1)
        s = second_moment(slots["second_moment"], g, beta_2)
        direction = scaled(without_bias(m, beta_1, 1), without_bias(s, beta_2, 1), self.options["epsilon"])
        return direction, {"first_moment": m, "second_moment": s}


class DescendingTheCost(Program):
    """Gradients are those of the cost as it is written, as automatic differentiation takes them: the slopes of the
    cost by differences, and from there on by the book."""

    def __init__(self, network: Network, rules: Replaced = ()) -> None:
        last = len(network.layers)
        super().__init__(network, [*rules, ("da", last, _slopes_of_cost), ("delta", last, _through_activation)])


def _slopes_of_cost(step: Step, layer: int) -> np.ndarray:
    assert isinstance(step, Trial)
    a = np.asarray(step.a[layer])
    h = NEAR * np.minimum(a, 1 - a)
    slopes = np.empty_like(a)
    for unit in range(a.shape[1]):
        by = h * (np.arange(a.shape[1]) == unit)
        above, below = (_cost_at(step, layer, a + sign * by) for sign in (1, -1))
        slopes[:, unit] = (above - below) / (2 * h[:, unit])
    return slopes


NEAR = 1e-4
"""The step of a difference, as a share of an output's distance from 0 and 1."""


def _cost_at(step: Trial, layer: int, a: np.ndarray) -> np.ndarray:
    return np.asarray(step.replacing([("a", layer, lambda _, __: a)]).value("cost", layer))


def _through_activation(step: Step, layer: int) -> np.ndarray:
    return np.asarray(step.activations[layer].pullback(step.da[layer], step.z[layer]))


def _overflowing(step: Step, layer: int) -> np.ndarray:
    e = np.exp(step.z[layer])
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _scaled_cost(step: Step, layer: int) -> np.ndarray:
    return np.asarray(step.output.cost_function(step.a[layer], step.y) / step.y.shape[1])


class Standing(Program):
    """Plain descent with the learning rate 1 // 2."""

    def step(self, weights: Arrays, biases: Arrays, x: np.ndarray, y: np.ndarray, rate: float) -> Trial:
        return super().step(weights, biases, x, y, rate * (1 // 2))


Make = Callable[[Network], Program]


@dataclass(frozen=True)
class Pair:
    """A mistaken program and its healthy twin, with the learning rates that are tried for both."""

    wrong: Make
    right: Make = Program
    rates: tuple[float, ...] = RATES


def _with_rule(quantity: str, rule: Rule, base: type[Program] = Program) -> Make:
    """A program with one rule replaced in the last layer."""
    return lambda network: base(network, [(quantity, len(network.layers), rule)])


PAIRS: dict[str, Pair] = {
    "stale-state": Pair(GoingOn),
    "stale-cache": Pair(WithOldActivations),
    "accumulator-not-reset": Pair(Accumulating),
    "aliasing": Pair(WithoutFirstColumns),
    "dropout-backward": Pair(partial(Dropping, on_the_way_back=False), Dropping),
    "dropout-mask-distribution": Pair(partial(Dropping, drawn="standard_normal"), Dropping),
    "adam-bias-correction": Pair(
        partial(Optimizing, optimizer="adam", powers=False), partial(Optimizing, optimizer="adam"), (0.001, 0.01, 0.1)
    ),
    "optimizer-state": Pair(
        partial(Optimizing, optimizer="momentum", remembers=False),
        partial(Optimizing, optimizer="momentum"),
        (0.01, 0.05, 0.2),
    ),
    "softmax-overflow": Pair(_with_rule("f", _overflowing)),
    "cost-scale-mismatch": Pair(_with_rule("cost", _scaled_cost, DescendingTheCost), rates=WIDE_RATES),
    "integer-division": Pair(Standing),
}
"""Mistakes that are no replaced rule of one pass."""


def program_of(replacement: Replacement, layers: Sequence[int]) -> Make:
    """A program with that rule in these layers; one with a wrong cost descends that cost."""
    base = DescendingTheCost if replacement.quantity == "cost" else Program
    return lambda network: base(network, [(replacement.quantity, layer, replacement.rule) for layer in layers])
