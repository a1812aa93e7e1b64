"""The code that a formula is written as for a whole layer, run: it computes what the equation does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clearprop.equations.notation import LAYERED
from clearprop.equations.vectors import vectorized

from .test_formulas import CASES, EQUATIONS, LAYER, Values

NAMES = {"dC/da": f"dC_da{LAYER}", "da/dz": f"da_dz{LAYER}"}


def variables(values: Values, *, elementwise: bool) -> dict[str, Any]:
    """The numbers of a case under the names that the code gives them, in the layer and in the one before."""
    named: dict[str, Any] = {"np": np}
    for name, value in values.items():
        if name == "da/dz" and elementwise:
            named[NAMES[name]] = np.diagonal(value)
        elif name in NAMES:
            named[NAMES[name]] = value
        elif name in LAYERED:
            named |= {f"{name}{layer}": value for layer in range(LAYER + 1)}
        else:
            named[name] = value
    return named


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_code_for_a_whole_layer_computes_what_the_equation_does(name: str) -> None:
    known = EQUATIONS[name]
    code = vectorized(known.formula, {"l": LAYER})
    left, right = code.split(" = ", 1)
    letters = [letter for letter in ("j", "k", "m") if letter in _letters(known.formula.left)]
    for values, at, computed in list(CASES[known](np.random.default_rng(3)))[:20]:
        whole = eval(right, variables(values, elementwise="elementwise" in name))  # noqa: S307
        place = tuple(at[letter] for letter in letters)
        found = np.broadcast_to(whole, _shape(place, np.shape(whole)))[place]
        assert found == pytest.approx(computed, rel=1e-12, abs=1e-14), code
    assert left.isidentifier()


def _letters(left: str) -> set[str]:
    inside = left.replace("d(", "").replace("[", ",").replace("]", ",")
    return {part.strip() for part in inside.split(",")}


def _shape(place: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """A slope that is the same for all neurons is one number in the code."""
    return shape if len(shape) == len(place) else tuple(index + 1 for index in place)


CODE = {
    "layers.weighted_input": "z2 = W2 @ a1 + b2",
    "layers.input_gradient": "dC_da1 = W2.T @ delta2",
    "layers.weight_gradient": "dC_dW2 = delta2[:, None] * a1[None, :]",
    "layers.mean_weight_gradient": "dC_mean_dW2 = delta2.T @ a1 / n",
    "activations.softmax": "a2 = np.exp(z2) / np.sum(np.exp(z2))",
    "activations.softmax_jacobian": "da_dz2 = a2[:, None] * (np.eye(len(a2)) - a2[None, :])",
    "activations.softmax_pullback": "delta2 = dC_da2 @ da_dz2",
    "activations.relu": "a2 = np.where(z2 > 0, z2, 0)",
    "costs.cross_entropy": "C = -np.sum(y * np.log(a2))",
}


@pytest.mark.parametrize("name", CODE)
def test_the_code_reads_as_people_write_it(name: str) -> None:
    assert vectorized(EQUATIONS[name].formula, {"l": 2}) == CODE[name]
