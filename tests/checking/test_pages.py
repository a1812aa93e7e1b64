"""Every mistake has a page with numbers, and with what training does under it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from clearprop.checking.mistakes.catalogue import ENTRIES
from clearprop.checking.mistakes.entry import Entry
from clearprop.checking.points import draw

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "docs"))
from mistake_pages import MEASURED, ran, shown, training_under, values

WORKED = [entry for entry in ENTRIES if entry.worked]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_page_has_numbers_that_are_wrong_and_numbers_that_are_right(entry: Entry) -> None:
    found = shown(entry.id)
    assert found or entry.worked
    if found:
        wrong, right = values(draw(found.network, 3, 0), found.replacement, found.layers[-1])
        assert wrong.shape != right.shape or not np.allclose(wrong, right)


@pytest.mark.parametrize("entry", WORKED, ids=lambda entry: entry.id)
def test_code_with_a_mistake_leaves_other_numbers_than_the_right_one(entry: Entry) -> None:
    assert entry.worked
    wrong, right = ran(entry.worked, entry.wrong)[-1], ran(entry.worked, entry.right)[-1]
    assert np.isfinite(right).all()
    assert isinstance(wrong, ValueError) or wrong.shape != right.shape or not np.allclose(wrong, right)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_page_says_whether_it_still_learns(entry: Entry) -> None:
    told = training_under(entry, json.loads(MEASURED.read_text()))
    assert any(word in told for word in ("same as without it", "does not learn", "it learns", "it stops")), told


def test_a_mistake_in_the_cost_leaves_hand_written_training_as_it_is() -> None:
    measured = json.loads(MEASURED.read_text())["mistakes"]
    same = [figures["same_by_hand"] for figures in measured.values() if figures and "same_by_hand" in figures]
    assert same
    assert all(same)
