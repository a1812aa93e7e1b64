"""The laws of a split."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.data.splitting import TEST_STREAM, VALIDATION_STREAM, split

from .helpers import refusal

LAWS = settings(deadline=None, derandomize=True)

CLASSES = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)
SHARES = st.floats(0.01, 0.99)


@LAWS
@given(CLASSES, SHARES, st.integers(0, 2**63))
def test_both_sides_are_disjoint_ascending_and_cover_all_rows(y: np.ndarray, share: float, seed: int) -> None:
    rest, part = split(y, share, seed, TEST_STREAM)
    assert sorted([*rest, *part]) == list(range(len(y)))
    assert np.all(np.diff(rest) > 0)
    assert np.all(np.diff(part) > 0)


@LAWS
@given(CLASSES, SHARES, st.integers(0, 100))
def test_every_class_keeps_a_row_and_gives_its_proportion(y: np.ndarray, share: float, seed: int) -> None:
    rest, part = split(y, share, seed, TEST_STREAM)
    for label in set(y.tolist()):
        size, taken = np.sum(y == label), np.sum(y[part] == label)
        assert np.sum(y[rest] == label) >= 1
        assert min(size - 1, np.floor(share * size)) <= taken <= np.ceil(share * size)


@LAWS
@given(CLASSES, SHARES, st.integers(0, 100))
def test_the_same_seed_gives_the_same_split(y: np.ndarray, share: float, seed: int) -> None:
    first, second = split(y, share, seed, TEST_STREAM), split(y.copy(), share, seed, TEST_STREAM)
    assert [side.tolist() for side in first] == [side.tolist() for side in second]


@LAWS
@given(st.integers(1, 60), SHARES)
def test_without_classes_the_part_is_the_share_of_all_rows(rows: int, share: float) -> None:
    rest, part = split(None, share, 0, TEST_STREAM, rows=rows)
    assert len(part) == min(rows - 1, max(1, round(share * rows)))
    assert len(rest) + len(part) == rows


def test_other_seeds_and_other_streams_give_other_splits() -> None:
    y = np.zeros(1000, int)
    splits = [(0, TEST_STREAM), (1, TEST_STREAM), (0, VALIDATION_STREAM)]
    parts = {tuple(split(y, 0.1, seed, stream)[1].tolist()) for seed, stream in splits}
    assert len(parts) == 3


def test_every_row_is_held_out_as_often_as_any_other() -> None:
    y = np.repeat([0, 1], [30, 10])
    counts = np.bincount(np.concatenate([split(y, 0.5, seed, TEST_STREAM)[1] for seed in range(400)]), minlength=40)
    assert abs(counts - 200).max() < 5 * np.sqrt(100)


def test_the_part_is_the_rounded_share_of_all_rows() -> None:
    y = np.repeat(range(10), 15)
    assert [len(split(y, share, 0, TEST_STREAM)[1]) for share in (0.1, 0.2, 0.25)] == [15, 30, 38]


def test_classes_need_not_be_consecutive_numbers() -> None:
    rest, part = split(np.array([7, -3, 7, -3, 7, -3]), 0.3, 0, TEST_STREAM)
    assert (len(rest), len(part)) == (4, 2)


def test_no_rows_give_no_rows() -> None:
    assert [side.tolist() for side in split(None, 0.5, 0, TEST_STREAM, rows=0)] == [[], []]


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_outside_0_and_1_is_refused(share: float) -> None:
    assert refusal(split, np.array([0, 1]), share, 0, TEST_STREAM) == (
        f"share: expected a share of the rows between 0 and 1, got {share}; write 0.2 for a fifth."
    )


def test_a_negative_seed_and_no_rows_at_all_are_refused() -> None:
    assert refusal(split, np.array([0, 1]), 0.5, -1, 0) == "seed: expected a whole number of at least 0, got -1."
    assert refusal(split, None, 0.5, 0, 0) == "split: expected classes y or a number of rows, got neither."


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, clearprop.data, clearprop.features;"
        "print([m for m in ('pyarrow', 'duckdb', 'sklearn', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
