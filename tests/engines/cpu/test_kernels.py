"""Every kernel against the equation that it computes, at the hard points of the golden numbers and at the edges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.engines.cpu import activations, outputs
from clearprop.engines.cpu.dropping import drop_out
from clearprop.engines.cpu.rows import FETCH, count_right, fetch_classes
from clearprop.engines.cpu.updates import UPDATES
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS, output_pair
from clearprop.equations.regularization import dropout_draw
from clearprop.equations.updates import OPTIMIZERS
from clearprop.network import PRECISIONS
from clearprop.targets import one_hot, predicted_class

Array = np.ndarray[Any, Any]
GOLDEN: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "golden" / "equations.json").read_text(encoding="utf-8")
)
ROUNDINGS = 24
"""As for the equations, and one exponential more, since the kernels make value and slope together; each of half a unit
in the last place of one of the terms that the golden scale adds up."""
UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
SMALLEST = {"float32": 2.0**-100, "float64": 5e-324}
"""The float32 exponential is 0 below e⁻⁸⁷ ≈ 2⁻¹²⁶, and gelu's slope and a cost's have factors of z³ and of a - y
before it; the float64 one goes down to the last number."""


def allowed(precision: str, scale: Any) -> Array:
    return ROUNDINGS * (UNIT[precision] * np.asarray(scale) + SMALLEST[precision])


def points(name: str, precision: str) -> list[tuple[Array, Array, dict[str, Any]]]:
    """z and y (1, units) of each case, rounded to the precision."""
    return [
        (np.array([case["z"]], precision), np.array([case.get("y", [])], precision), case)
        for case in GOLDEN[name]
        if np.isfinite(np.array(case["z"], precision)).all()
    ]


def scale_of(golden: Any) -> Array:
    return np.array(golden)[..., -1]


def run_activation(name: str, z: Array) -> tuple[Array, Array]:
    """What the kernel makes of z: a, and what it keeps for the pullback."""
    a, slope = z.copy(), np.empty_like(z)
    activations.VALUES[name](a, np.zeros(z.shape[1], z.dtype), slope)
    return a, slope


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_s_kernel_computes_its_equation_at_hard_points(name: str, precision: str) -> None:
    for z, _, case in points(name, precision):
        a, slope = run_activation(name, z)
        exact = z.astype(float)
        assert (np.abs(a - ACTIVATIONS[name](exact)) <= allowed(precision, scale_of(case["value"]))).all(), case
        g = np.ones_like(z)
        if ACTIVATIONS[name].couples:
            g[0, 0] = -1
        expected = ACTIVATIONS[name].pullback(g.astype(float), exact)
        activations.pullback_of(ACTIVATIONS[name])(g, slope)
        scales = scale_of(case["slope"])
        scales = scales.sum(axis=0) + 1 if ACTIVATIONS[name].couples else scales
        assert (np.abs(g - expected) <= allowed(precision, scales)).all(), case


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("names", PAIRS, ids=["-".join(names) for names in PAIRS])
def test_an_output_s_kernels_compute_cost_and_delta_at_hard_points(names: tuple[str, str], precision: str) -> None:
    pair = PAIRS[names]
    kernels = outputs.output_of(pair)
    for z, y, case in points(" ".join(names), precision):
        exact = z.astype(float), y.astype(float)
        a, slope = run_activation(pair.activation.name, z)
        cost, delta = np.empty(1, precision), np.empty_like(z)
        kernels.cost(z, a, y, cost)
        kernels.delta(z, a, y, delta)
        if kernels.needs_pullback:
            activations.pullback_of(pair.activation)(delta, slope)
        assert (np.abs(cost - pair.cost(*exact)) <= allowed(precision, scale_of(case["cost"]))).all(), case
        assert (np.abs(delta - pair.delta(*exact)) <= allowed(precision, scale_of(case["delta"]))).all(), case


def test_the_points_are_hard_for_float32_too() -> None:
    z = np.concatenate([z.ravel() for z, _, _ in points("sigmoid", "float32")])
    with np.errstate(over="ignore"):
        written = 1 / (1 + np.exp(-z))
        assert not np.isfinite(np.exp(-z)).all()
    assert (written == 1).any()
    assert (written == 0).any()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_s_kernel_lets_nan_through(name: str, precision: str) -> None:
    a, _ = run_activation(name, np.array([[np.nan, 1.0]], precision))
    assert np.isnan(a[0, 0])


def test_the_exponential_is_right_to_little_more_than_a_unit_in_the_last_place() -> None:
    z = np.linspace(-87, 88, 400_001, dtype=np.float32)[None, :]
    a = np.maximum(z, 0)  # softmax of (z, 0) is e^z / (1 + e^z): here e^(z - max) alone is wanted
    pairs = np.ascontiguousarray(np.stack([z.ravel(), a.ravel()], axis=1))
    shares, _ = run_activation("softmax", pairs)
    exact = ACTIVATIONS["softmax"](pairs.astype(float))
    assert (np.abs(shares - exact) <= 4 * UNIT["float32"] * exact + SMALLEST["float32"]).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", UPDATES)
def test_an_update_s_kernel_computes_its_rule(name: str, precision: str) -> None:
    from clearprop.engines.cpu.updates import rates_type

    rule, rng = OPTIMIZERS[name], np.random.default_rng(1)
    theta, g = rng.standard_normal(50).astype(precision), rng.standard_normal(50).astype(precision)
    g[:3] = 0, 1e-18, -1e18  # their squares are near the ends of float32
    slots = {slot: np.abs(rng.standard_normal(50)).astype(precision) for slot in rule.slots}
    eta, l2, t, options = 0.01, 0.1, 3, dict(rule.options)
    rates = np.zeros(1, rates_type(precision))[0]
    for key, value in {"eta": eta, "l2": l2, **options}.items():
        rates[key] = value
    for key in ("1", "2"):
        if beta := options.get(f"beta_{key}"):
            rates[f"new_{key}"], rates[f"correction_{key}"] = 1 - beta, 1 / (1 - beta**t)
    exact = {slot: array.astype(float) for slot, array in slots.items()}
    slope = g.astype(float) + l2 * theta.astype(float)
    expected, expected_slots = rule.update(theta.astype(float), slope, exact, t=t, eta=eta, options=options)
    both = [*slots.values(), *[np.zeros(50, precision)] * 2][:2]
    UPDATES[name](theta, g, both[0], both[1], rates)
    close = {"rtol": 64 * UNIT[precision], "atol": 64 * UNIT[precision]}
    np.testing.assert_allclose(theta, expected, **close)
    for slot, array in slots.items():
        np.testing.assert_allclose(array, expected_slots[slot], **close)


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**64 - 1])
@pytest.mark.parametrize("first_row", [0, 7])
def test_dropout_switches_off_the_same_units_as_the_equation(seed: int, first_row: int) -> None:
    values = np.ones((9, 13), np.float32)
    threshold = round(0.3 * 0xFFFFFFFF)
    drop_out(values, np.uint64(seed), 5, 2, first_row, threshold, 1 / 0.7)
    kept = dropout_draw(values, seed, 5, 2, first_row) >= threshold
    assert 0 < kept.sum() < kept.size
    np.testing.assert_array_equal(values, np.where(kept, np.float32(1 / 0.7), 0))


@pytest.mark.parametrize("number", FETCH)
def test_rows_are_fetched_from_every_number_type(number: str) -> None:
    x = np.arange(60).reshape(12, 5).astype(number)
    rows, into = np.array([7, 0, 7, 11]), np.empty((4, 3), np.float32)
    FETCH[number](x.ctypes.data, rows, 5, 1, into)
    np.testing.assert_array_equal(into, x[rows, 1:4].astype(np.float32))


@pytest.mark.parametrize("units", [1, 4])
def test_classes_become_rows_of_0_and_1(units: int) -> None:
    classes, rows = np.array([1, 0, 1, 1]) * max(1, units - 2), np.array([3, 1, 0])
    into = np.full((3, units), 9, np.float32)
    fetch_classes(classes.ctypes.data, rows, units, 0, into)
    np.testing.assert_array_equal(into, one_hot(classes[rows], units))


@pytest.mark.parametrize("units", [1, 3])
def test_right_answers_are_counted_as_they_are_labelled(units: int) -> None:
    rng, right = np.random.default_rng(2), np.zeros(1)
    a = rng.integers(0, 3, (200, units)) / 2  # with ties, and with 0.5 itself
    y = one_hot(rng.integers(0, max(2, units), 200), units)
    count_right(a, y, right)
    assert right[0] == np.sum(predicted_class(a) == predicted_class(y))


def test_every_activation_pair_and_optimizer_has_its_kernel() -> None:
    assert set(activations.VALUES) == set(ACTIVATIONS)
    assert set(UPDATES) == set(OPTIMIZERS)
    for cost, activation in PAIRS:
        assert outputs.output_of(output_pair(cost, activation))
