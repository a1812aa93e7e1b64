"""Activations that have one name and more than one form: any of them is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.hypotheses import Point
from clearprop.equations.activations import ACTIVATIONS, Activation
from clearprop.equations.equation import Equation

LEAKS = (0.1, 0.2, 0.3, 0.25, 0.05, 0.02, 0.001, 1 / 3, 1 / 5.5, 0.15)
"""Slopes below 0 that programs and papers use."""


def variants(points: Sequence[Point]) -> Iterator[tuple[str, list[Point]]]:
    """The same points with another form of an activation, and what it is called."""
    names = {activation.name for activation in points[0].trial.activations.values()}
    for name, told, activation in _VARIANTS:
        if name in names:
            yield told, [_moved(point, name, activation) for point in points]


def _moved(point: Point, name: str, activation: Activation) -> Point:
    own = point.trial.activations
    moved = point.trial.with_activations({n: activation if own[n].name == name else own[n] for n in own})
    return Point(moved, point.theirs, point.tolerance)


def _written(of: str, value: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Activation:
    """An activation with the name and the formulas of another one."""
    like = ACTIVATIONS[of]
    return Activation(_named(value, like.value), _named(slope, like.slope))


def _named(function: Callable[[Array], Array], like: Equation[[Array], Array]) -> Equation[[Array], Array]:
    def named(z: Array) -> Array:
        return function(z)

    named.__name__ = like.name
    return Equation(named, like.formula, like.sentence, like.source)


def _leaky(leak: float, z: Array) -> Array:
    return np.where(z > 0, z, leak * z)


def _leaky_slope(leak: float, z: Array) -> Array:
    return np.where(z > 0, 1.0, leak)


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _gelu(z: Array) -> Array:
    """z Φ(z), with the normal distribution itself."""
    return z * (1 + _erf(z / math.sqrt(2))) / 2


def _gelu_slope(z: Array) -> Array:
    return (1 + _erf(z / math.sqrt(2))) / 2 + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


_VARIANTS: tuple[tuple[str, str, Activation], ...] = (
    *(
        (
            "leaky_relu",
            f"the leaky ReLU has slope {leak:.4g} below 0",
            _written("leaky_relu", partial(_leaky, leak), partial(_leaky_slope, leak)),
        )
        for leak in LEAKS
    ),
    ("gelu", "the GELU is made with the normal distribution, not with tanh", _written("gelu", _gelu, _gelu_slope)),
)
