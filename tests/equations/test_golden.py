"""Values at hard points against numbers of high precision; `tests/golden/make.py` writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS

Array = np.ndarray[Any, Any]

GOLDEN: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "golden" / "equations.json").read_text(encoding="utf-8")
)
ROUNDINGS = 16
"""No equation takes a number through more than a dozen roundings, each of half a unit in the last place of one of the
terms that the scale adds up; the array library's exp, log and tanh may be wrong by two units more."""
UNIT = 2.0**-53
SMALLEST = 5e-324
"""Below 1e-308 doubles stand 5e-324 apart, and a rounding costs half of that whatever the size."""


def error(computed: Array, golden: Any) -> float:
    """The worst error, in units of what is allowed: up to 1 is as good as floating point can be."""
    value, scale = np.moveaxis(np.array(golden), -1, 0)
    allowed = ROUNDINGS * (UNIT * scale + SMALLEST)
    return float(np.max(np.where(np.isfinite(computed), np.abs(computed - value) / allowed, np.inf)))


def rows_of(case: dict[str, Any]) -> tuple[Array, Array]:
    return np.array([case["z"]]), np.array([case.get("y", [])])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_right_to_a_few_roundings_at_hard_points(name: str) -> None:
    for case in GOLDEN[name]:
        z, _ = rows_of(case)
        assert error(ACTIVATIONS[name](z)[0], case["value"]) <= 1, case


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_slope_is_right_to_a_few_roundings_at_hard_points(name: str) -> None:
    for case in GOLDEN[name]:
        z, _ = rows_of(case)
        assert error(ACTIVATIONS[name].slope(z)[0], case["slope"]) <= 1, case


PAIR_IDS = ["-".join(names) for names in PAIRS]


@pytest.mark.parametrize("names", PAIRS, ids=PAIR_IDS)
def test_a_cost_is_right_to_a_few_roundings_at_hard_points(names: tuple[str, str]) -> None:
    for case in GOLDEN[" ".join(names)]:
        assert error(PAIRS[names].cost(*rows_of(case))[0], case["cost"]) <= 1, case


@pytest.mark.parametrize("names", PAIRS, ids=PAIR_IDS)
def test_an_output_delta_is_right_to_a_few_roundings_at_hard_points(names: tuple[str, str]) -> None:
    for case in GOLDEN[" ".join(names)]:
        assert error(PAIRS[names].delta(*rows_of(case))[0], case["delta"]) <= 1, case


def test_the_golden_numbers_cover_every_activation_and_pair() -> None:
    assert set(GOLDEN) == {*ACTIVATIONS, *(" ".join(names) for names in PAIRS)}


def naive_sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def naive_tanh(z: Array) -> Array:
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def naive_softmax(z: Array) -> Array:
    return np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True)


def naive_gelu(z: Array) -> Array:
    return z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


def naive_gelu_slope(z: Array) -> Array:
    t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
    return (1 + t) / 2 + z / 2 * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)


def naive_cross_entropy(f: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda z, y: -np.sum(y * np.log(f(z)), axis=-1)


def naive_binary_cross_entropy(f: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda z, y: -np.sum(y * np.log(f(z)) + (1 - y) * np.log(1 - f(z)), axis=-1)


def composed_delta(cost: str, activation: str) -> Callable[[Array, Array], Array]:
    """The two equations one after the other, without the pair's shorter form."""
    pair = PAIRS[cost, activation]
    return lambda z, y: pair.activation.pullback(pair.cost_function.slope(pair.activation(z), y), z)


NAIVE: dict[str, tuple[str, str, Callable[..., Array]]] = {
    "1/(1 + e^-z)": ("sigmoid", "value", naive_sigmoid),
    "a(1 - a)": ("sigmoid", "slope", lambda z: naive_sigmoid(z) * (1 - naive_sigmoid(z))),
    "(e^z - e^-z)/(e^z + e^-z)": ("tanh", "value", naive_tanh),
    "1 - tanh²": ("tanh", "slope", lambda z: 1 - np.tanh(z) ** 2),
    "1 + tanh": ("gelu", "value", naive_gelu),
    "1 + tanh, 1 - tanh²": ("gelu", "slope", naive_gelu_slope),
    "e^z/Σe^z": ("softmax", "value", naive_softmax),
    "-ln softmax": ("cross_entropy softmax", "cost", naive_cross_entropy(ACTIVATIONS["softmax"])),
    "-ln sigmoid": ("cross_entropy sigmoid", "cost", naive_cross_entropy(ACTIVATIONS["sigmoid"])),
    "-ln(1 - sigmoid)": ("binary_cross_entropy sigmoid", "cost", naive_binary_cross_entropy(ACTIVATIONS["sigmoid"])),
    "-ln(1 - softmax)": ("binary_cross_entropy softmax", "cost", naive_binary_cross_entropy(ACTIVATIONS["softmax"])),
    **{
        f"{cost} slope times {activation} slope": (f"{cost} {activation}", "delta", composed_delta(cost, activation))
        for cost in ("cross_entropy", "binary_cross_entropy")
        for activation in ("sigmoid", "softmax")
    },
}


@pytest.mark.parametrize(("group", "quantity", "naive"), NAIVE.values(), ids=NAIVE.keys())
def test_the_points_are_hard_because_the_written_form_fails_there(
    group: str, quantity: str, naive: Callable[..., Array]
) -> None:
    with np.errstate(all="ignore"):
        errors = [
            error(naive(*(rows if "y" in case else rows[:1]))[0], case[quantity])
            for case in GOLDEN[group]
            for rows in [rows_of(case)]
        ]
    assert max(errors) > 1000
