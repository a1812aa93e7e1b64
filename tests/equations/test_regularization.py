"""L2 and dropout; above all the bits that dropout draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.equations.regularization import dropout_draw, dropout_keep, l2_cost, l2_gradient

Array = np.ndarray[Any, Any]

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "dropout.json").read_text(encoding="utf-8"))["draws"]
SHAPE = (400, 500)
PLACES = [
    pytest.param({"seed": 0, "step": 0, "layer": 1}, id="the first"),
    pytest.param({"seed": 1, "step": 0, "layer": 1}, id="another seed"),
    pytest.param({"seed": 2**32, "step": 0, "layer": 1}, id="a seed of more than 32 bits"),
    pytest.param({"seed": 2**64 - 1, "step": 0, "layer": 1}, id="the largest seed"),
    pytest.param({"seed": 0, "step": 2**31 + 5, "layer": 1}, id="a step of more than 31 bits"),
    pytest.param({"seed": 0, "step": 0, "layer": 2}, id="another layer"),
    pytest.param({"seed": 0, "step": 0, "layer": 1, "first_row": 400}, id="later rows"),
]


def draw(shape: tuple[int, int] = SHAPE, *, seed: int = 7, step: int = 3, layer: int = 2, first_row: int = 0) -> Array:
    return np.asarray(dropout_draw(np.empty(shape), seed, step, layer, first_row))


@pytest.mark.parametrize("place", PLACES)
def test_the_draws_are_about_uniform_in_every_bit(place: dict[str, int]) -> None:
    drawn = draw(**place)
    assert drawn.dtype == np.uint32
    m = drawn.size
    bits = (drawn[..., None] >> np.arange(32, dtype=np.uint32)) & 1
    # five standard errors: 1/(2√m) for a share of one half; √255 · … for the 256 cells of the uppermost byte
    assert np.all(np.abs(bits.mean(axis=(0, 1)) - 0.5) < 5 * 0.5 / np.sqrt(m))
    cells = np.bincount((drawn >> np.uint32(24)).ravel().astype(np.intp), minlength=256)
    chi_squared = np.sum((cells - m / 256) ** 2) / (m / 256)
    assert abs(chi_squared - 255) < 5 * np.sqrt(2 * 255)


@pytest.mark.parametrize("place", PLACES)
def test_neighbouring_rows_and_units_are_independent(place: dict[str, int]) -> None:
    uniform = draw(**place) / 2**32 - 0.5
    for one, other in ((uniform[1:], uniform[:-1]), (uniform[:, 1:], uniform[:, :-1])):
        assert abs(np.mean(one * other) * 12) < 5 / np.sqrt(one.size)


@pytest.mark.parametrize("place", PLACES[1:])
def test_every_place_draws_its_own(place: dict[str, int]) -> None:
    first, other = draw(seed=0, step=0, layer=1), draw(**place)
    equal = np.mean(first == other)
    assert equal < 1e-4
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(first.size)


def test_the_same_place_draws_the_same() -> None:
    np.testing.assert_array_equal(draw(), draw())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['seed']}-{case['step']}-{case['layer']}")
def test_the_draws_are_those_of_the_hash_on_plain_whole_numbers(case: dict[str, Any]) -> None:
    place = {name: case[name] for name in ("seed", "step", "layer", "first_row")}
    np.testing.assert_array_equal(draw((2, 3), **place), case["draws"])


@pytest.mark.parametrize("split", [1, 3, 7, 399])
def test_a_split_batch_draws_what_the_whole_batch_draws(split: int) -> None:
    whole = draw()
    parts = [draw((split, 500)), draw((400 - split, 500), first_row=split)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_wider_layer_draws_the_same_for_its_first_units() -> None:
    np.testing.assert_array_equal(draw((4, 9))[:, :5], draw((4, 5)))


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_is_kept_is_1_minus_p_and_the_sum_stays(p: float) -> None:
    keep = dropout_keep(draw(), p)
    share = np.mean(keep > 0)
    assert share == pytest.approx(1 - p, abs=5 * np.sqrt(p * (1 - p) / keep.size))
    np.testing.assert_allclose(keep[keep > 0], 1 / (1 - p))


def test_next_to_nothing_is_switched_off_for_the_smallest_p_and_next_to_all_for_the_largest() -> None:
    draws = np.array([0, 1, 2**31, 2**32 - 2, 2**32 - 1], dtype=np.uint32)
    np.testing.assert_array_equal(dropout_keep(draws, 0.0) > 0, [True] * 5)
    np.testing.assert_array_equal(dropout_keep(draws, 1e-12) > 0, [True] * 5)
    np.testing.assert_array_equal(dropout_keep(draws, 2.0**-32) > 0, [False, True, True, True, True])
    np.testing.assert_array_equal(dropout_keep(draws, 0.5) > 0, [False, False, True, True, True])
    np.testing.assert_array_equal(dropout_keep(draws, 1 - 2.0**-32) > 0, [False, False, False, True, True])
    np.testing.assert_array_equal(dropout_keep(draws, 1 - 1e-12) > 0, [False, False, False, False, True])


def test_no_examples_draw_nothing() -> None:
    assert draw((0, 5)).shape == (0, 5)
    assert draw((5, 0)).shape == (5, 0)


def test_the_slope_of_the_penalty_is_lambda_times_the_weight() -> None:
    W = np.random.default_rng(0).normal(size=(3, 4))
    direction = np.random.default_rng(1).normal(size=(3, 4))
    h = 2.0**-10  # a quadratic: its central difference is exact but for rounding
    difference = (l2_cost(W + h * direction, 0.3) - l2_cost(W - h * direction, 0.3)) / (2 * h)
    assert difference == pytest.approx(np.sum(l2_gradient(W, 0.3) * direction), rel=1e-11)
