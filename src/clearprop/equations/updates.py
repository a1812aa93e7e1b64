"""Update rules: how a parameter moves, given its gradient.

θ stands for any weight or bias and g for its gradient; the other letters are what the rule remembers from
step to step (its slots), one number for each parameter. t counts the updates from 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clearprop.arrays import Array
from clearprop.equations.equation import Equation, equation
from clearprop.equations.tables import lookup

KINGMA = "Kingma and Ba 2015, Adam: a method for stochastic optimization"
SUTSKEVER = "Sutskever et al. 2013, On the importance of initialization and momentum in deep learning"

Slots = Mapping[str, Array]


@equation(
    "theta_new = theta - eta * g",
    "Step downhill: against the gradient, η times its size.",
    source="definition",
)
def descend(theta: Array, g: Array, eta: Array) -> Array:
    return theta - eta * g


@equation(
    "v_new = mu * v + g",
    "Keep a share μ of the last move and add the new gradient: like a ball that rolls.",
    source="Polyak 1964",
)
def velocity(v: Array, g: Array, mu: float) -> Array:
    return mu * v + g


@equation(
    "look = g + mu * v_new",
    "Look ahead: take the step that the ball would take next.",
    source=f"{SUTSKEVER} (rewritten for the parameters that are looked ahead from)",
)
def look_ahead(g: Array, v_new: Array, mu: float) -> Array:
    return g + mu * v_new


@equation(
    "m_new = beta_1 * m + (1 - beta_1) * g",
    "A running mean of the gradients.",
    source=f"{KINGMA}, algorithm 1",
)
def first_moment(m: Array, g: Array, beta_1: float) -> Array:
    return beta_1 * m + (1 - beta_1) * g


@equation(
    "s_new = beta_2 * s + (1 - beta_2) * g ** 2",
    "A running mean of the squared gradients: how large they usually are.",
    source=f"{KINGMA}, algorithm 1",
)
def second_moment(s: Array, g: Array, beta_2: float) -> Array:
    return beta_2 * s + (1 - beta_2) * g**2


@equation(
    "corrected = mean / (1 - beta ** t)",
    "A mean that started at 0 is too small in the first steps: divide by what it has seen so far.",
    source=f"{KINGMA}, algorithm 1",
)
def without_bias(mean: Array, beta: float, t: Array) -> Array:
    xp = mean.__array_namespace__()
    # 1 - β^t = -(e^(t ln β) - 1): where β is almost 1, the difference loses its digits in float32
    power = xp.asarray(t * (math.log(beta) if beta else -math.inf), dtype=mean.dtype)
    return mean / -xp.expm1(power)


@equation(
    "direction = m / (sqrt(s) + epsilon)",
    "Divide by how large the gradients usually are, so that every parameter moves at a similar pace.",
    source=f"{KINGMA}, algorithm 1",
)
def scaled(m: Array, s: Array, epsilon: float) -> Array:
    return m / (s.__array_namespace__().sqrt(s) + epsilon)


@equation(
    "direction_new = direction + lambda_ * theta",
    "Besides, shrink every weight by the same share.",
    source="Loshchilov and Hutter 2019, Decoupled weight decay regularization",
)
def with_decay(direction: Array, theta: Array, lambda_: float) -> Array:
    return direction + lambda_ * theta


@equation(
    "C_expected = C + sum(k, g[k] * move[k])",
    "If every slope stayed what it is, each parameter would change the cost by its slope times its move: add them up.",
    source="the first terms of a Taylor series",
)
def expected_cost(C: Array, g: Array, move: Array) -> Array:
    return C + g.__array_namespace__().sum(g * move)


Options = Mapping[str, float]
Direction = Callable[[Array, Array, Slots, Array, Options], tuple[Array, Slots]]


def _sgd(_: Array, g: Array, slots: Slots, __: Array, ___: Options) -> tuple[Array, Slots]:
    return g, slots


def _momentum(_: Array, g: Array, slots: Slots, __: Array, options: Options) -> tuple[Array, Slots]:
    v = velocity(slots["velocity"], g, options["momentum"])
    return v, {"velocity": v}


def _nesterov(_: Array, g: Array, slots: Slots, __: Array, options: Options) -> tuple[Array, Slots]:
    v = velocity(slots["velocity"], g, options["momentum"])
    return look_ahead(g, v, options["momentum"]), {"velocity": v}


def _rmsprop(_: Array, g: Array, slots: Slots, __: Array, options: Options) -> tuple[Array, Slots]:
    s = second_moment(slots["second_moment"], g, options["beta_2"])
    return scaled(g, s, options["epsilon"]), {"second_moment": s}


def _adam(_: Array, g: Array, slots: Slots, t: Array, options: Options) -> tuple[Array, Slots]:
    m = first_moment(slots["first_moment"], g, options["beta_1"])
    s = second_moment(slots["second_moment"], g, options["beta_2"])
    m_hat, s_hat = without_bias(m, options["beta_1"], t), without_bias(s, options["beta_2"], t)
    return scaled(m_hat, s_hat, options["epsilon"]), {"first_moment": m, "second_moment": s}


def _adamw(theta: Array, g: Array, slots: Slots, t: Array, options: Options) -> tuple[Array, Slots]:
    direction, slots = _adam(theta, g, slots, t, options)
    return with_decay(direction, theta, options["decay"]), slots


@dataclass(frozen=True)
class Optimizer:
    """An update rule: the equations in it, the slots it remembers, the options it takes with their defaults."""

    name: str
    direction: Direction
    equations: tuple[Equation[..., Array], ...]
    slots: tuple[str, ...] = ()
    options: tuple[tuple[str, float], ...] = ()

    def update(
        self, theta: Array, g: Array, slots: Slots, *, t: Array, eta: Array, options: Options
    ) -> tuple[Array, Slots]:
        """The new parameter and slots, all of θ's shape; t counts the updates from 1, η is the learning rate."""
        direction, new_slots = self.direction(theta, g, slots, t, options)
        return descend(theta, direction, eta), new_slots


_MOMENTUM = (("momentum", 0.9),)
_ADAM = (("beta_1", 0.9), ("beta_2", 0.999), ("epsilon", 1e-8))
_ADAM_EQUATIONS = (first_moment, second_moment, without_bias, scaled)

OPTIMIZERS = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer("sgd", _sgd, (descend,)),
        Optimizer("momentum", _momentum, (velocity, descend), ("velocity",), _MOMENTUM),
        Optimizer("nesterov", _nesterov, (velocity, look_ahead, descend), ("velocity",), _MOMENTUM),
        Optimizer(
            "rmsprop",
            _rmsprop,
            (second_moment, scaled, descend),
            ("second_moment",),
            (("beta_2", 0.99), ("epsilon", 1e-8)),
        ),
        Optimizer("adam", _adam, (*_ADAM_EQUATIONS, descend), ("first_moment", "second_moment"), _ADAM),
        Optimizer(
            "adamw",
            _adamw,
            (*_ADAM_EQUATIONS, with_decay, descend),
            ("first_moment", "second_moment"),
            (*_ADAM, ("decay", 0.01)),
        ),
    )
}


def optimizer_named(name: str) -> Optimizer:
    """The update rule of that name; ArgumentError for an unknown one."""
    return lookup(OPTIMIZERS, name, "optimizer")
