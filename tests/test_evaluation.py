"""Figures on examples with known classes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from clearprop.evaluation import Mistake, evaluate, wilson_interval

OUTPUTS = np.array(
    [
        [0.7, 0.2, 0.1],  # right
        [0.1, 0.8, 0.1],  # wrong, 0.8 sure
        [0.2, 0.5, 0.3],  # right
        [0.1, 0.1, 0.8],  # wrong, 0.8 sure
        [0.3, 0.3, 0.4],  # wrong, 0.4 sure
        [0.9, 0.0, 0.1],  # right
    ]
)
Y = np.array([0, 0, 1, 1, 0, 0])
COSTS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])


def test_the_figures_of_a_small_example_are_those_counted_by_hand() -> None:
    found = evaluate(OUTPUTS, COSTS, Y, ("a", "b", "c"), np.arange(101, 107))
    assert (found.examples, found.accuracy) == (6, 0.5)
    assert found.cost == pytest.approx(0.35)
    assert found.baseline == 4 / 6
    assert found.confusion.tolist() == [[2, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert found.wrong == (  # the surest first, equals by row
        Mistake(102, "a", "b", 0.8),
        Mistake(104, "b", "c", 0.8),
        Mistake(105, "a", "c", 0.4),
    )
    assert found.interval == wilson_interval(3, 6)


def test_one_output_is_sure_of_class_0_by_what_it_lacks_to_1() -> None:
    outputs = np.array([[0.1], [0.9], [0.5], [0.4]])
    found = evaluate(outputs, np.zeros(4), np.array([1, 0, 0, 0]), (False, True), np.arange(4))
    assert found.confusion.tolist() == [[1, 2], [1, 0]]
    assert found.wrong == (Mistake(0, True, False, 0.9), Mistake(1, False, True, 0.9), Mistake(2, False, True, 0.5))


def test_only_the_five_surest_mistakes_are_shown() -> None:
    sure = np.linspace(0.51, 0.99, 20)
    outputs = np.stack([1 - sure, sure], axis=1)
    found = evaluate(outputs, np.zeros(20), np.zeros(20, dtype=int), ("a", "b"), np.arange(20))
    assert [mistake.row for mistake in found.wrong] == [19, 18, 17, 16, 15]


@pytest.mark.parametrize(
    ("right", "examples", "low", "high"),
    [
        # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_s_interval_agrees_with_published_values(right: int, examples: int, low: float, high: float) -> None:
    assert [round(limit, 4) for limit in wilson_interval(right, examples)] == [low, high]


@pytest.mark.parametrize(("right", "examples"), [(0, 1), (1, 1), (7, 10), (9_990, 10_000)])
def test_wilson_s_interval_is_where_the_score_test_gives_5_percent(right: int, examples: int) -> None:
    share, z = right / examples, 1.959963984540054
    for limit in wilson_interval(right, examples):
        distance = abs(share - limit)
        assert distance == pytest.approx(z * np.sqrt(limit * (1 - limit) / examples), abs=1e-12)


def test_all_right_and_all_wrong_are_figures_too() -> None:
    outputs = np.eye(2)
    all_right = evaluate(outputs, np.zeros(2), np.array([0, 1]), ("a", "b"), np.arange(2))
    assert (all_right.accuracy, all_right.wrong, all_right.interval[1]) == (1.0, (), 1.0)
    all_wrong = evaluate(outputs, np.zeros(2), np.array([1, 0]), ("a", "b"), np.arange(2))
    assert (all_wrong.accuracy, len(all_wrong.wrong), all_wrong.interval[0]) == (0.0, 2, 0.0)


def test_the_document_is_json() -> None:
    found = evaluate(OUTPUTS, COSTS, Y, ("a", "b", "c"), np.arange(6))
    document = json.loads(json.dumps(found.document()))
    assert document["wrong"][0] == {"row": 1, "actual": "a", "answered": "b", "confidence": 0.8}
    assert document["confusion"] == [[2, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert document["interval"] == list(found.interval)
    assert {name: document[name] for name in found.figures()} == found.figures()
    assert list(found.figures()) == ["examples", "cost", "accuracy", "interval", "baseline"]
