"""Targets: every form that y may take, and every one that it may not."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import targets
from clearprop.errors import ArgumentError
from clearprop.targets import count_of_classes, encode, one_hot, predicted_class, sorted_classes

ONE_HOT = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
THREE_CLASSES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "indices": ([2, 0], (0, 1, 2)),
    "indices of 8 bits": (np.array([2, 0], np.uint8), (0, 1, 2)),
    "one-hot rows": (ONE_HOT, (0, 1, 2)),
    "one-hot whole numbers": ([[0, 0, 1], [1, 0, 0]], (0, 1, 2)),
    "one-hot booleans": (np.array(ONE_HOT, bool), (0, 1, 2)),
}


@pytest.mark.parametrize(("y", "classes"), THREE_CLASSES.values(), ids=THREE_CLASSES.keys())
@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
def test_every_way_to_write_classes_gives_the_same_rows(y: Any, classes: tuple[Any, ...], cost: str) -> None:
    encoded = encode(y, 3, cost)
    assert encoded.classes == classes
    assert encoded.values.tolist() == [2, 0]
    assert encoded.rows().tolist() == ONE_HOT
    assert encoded.rows().dtype == np.float64
    assert len(encoded) == 2


NAMES: dict[str, tuple[Any, int, tuple[Any, ...], list[int]]] = {
    "strings": (["setosa", "virginica", "setosa"], 2, ("setosa", "virginica"), [0, 1, 0]),
    "strings of digits sort by code point": (["9", "10", "9"], 2, ("10", "9"), [1, 0, 1]),
    "an array of objects": (np.array(["b", "a", "b"], object), 2, ("a", "b"), [1, 0, 1]),
    "booleans": ([True, False, True], 2, (False, True), [1, 0, 1]),
    "booleans of a single kind": ([True, True, True], 2, (False, True), [1, 1, 1]),
    "booleans for one unit": ([True, False, True], 1, (False, True), [1, 0, 1]),
    "strings for one unit": (["yes", "no", "yes"], 1, ("no", "yes"), [1, 0, 1]),
}


@pytest.mark.parametrize(("y", "units", "classes", "values"), NAMES.values(), ids=NAMES.keys())
def test_names_are_sorted_and_counted(y: Any, units: int, classes: tuple[Any, ...], values: list[int]) -> None:
    encoded = encode(y, units, "binary_cross_entropy")
    assert encoded.classes == classes
    assert encoded.values.tolist() == values
    assert encoded.rows().shape == (3, units)


ONE_UNIT: dict[str, Any] = {
    "indices": [1, 0, 1],
    "real numbers": [1.0, 0.0, 1.0],
    "a column": [[1.0], [0.0], [1.0]],
    "a column of whole numbers": [[1], [0], [1]],
}


@pytest.mark.parametrize("y", ONE_UNIT.values(), ids=ONE_UNIT.keys())
def test_one_output_unit_answers_0_or_1(y: Any) -> None:
    encoded = encode(y, 1, "binary_cross_entropy")
    assert encoded.classes == (0, 1)
    assert encoded.rows().tolist() == [[1.0], [0.0], [1.0]]


def test_real_numbers_stay_what_they_are() -> None:
    rows = encode([[0.5, -2.0], [1e6, 3.0]], 2, "squared_error")
    assert rows.classes is None
    assert rows.rows().tolist() == [[0.5, -2.0], [1e6, 3.0]]
    assert encode([0.25, 7.0], 1, "half_squared_error").rows().tolist() == [[0.25], [7.0]]


def test_shares_are_targets_of_the_cross_entropies() -> None:
    assert encode([[0.25, 0.75]], 2, "cross_entropy").rows().tolist() == [[0.25, 0.75]]
    assert encode([[0.25, 0.25]], 2, "binary_cross_entropy").rows().tolist() == [[0.25, 0.25]]
    assert encode([[1, 1, 0]], 3, "binary_cross_entropy").classes is None  # several answers are right at once


def test_no_examples_are_no_targets() -> None:
    assert encode(np.zeros(0, int), 3, "cross_entropy").rows().shape == (0, 3)
    assert encode(np.zeros((0, 3)), 3, "cross_entropy").rows().shape == (0, 3)


def test_some_of_the_examples_can_be_taken() -> None:
    encoded = encode([2, 0, 1, 1], 3, "cross_entropy")
    assert encoded.rows([3, 0]).tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert encoded.rows([0]).tolist() == [[0.0, 0.0, 1.0]]


REFUSED: dict[str, tuple[Any, int, str, str]] = {
    "indices from 1": (
        [1, 2, 3, 1],
        3,
        "cross_entropy",
        "y: expected class indices 0 to 2 for 3 output units, got 1 to 3. Count classes from 0: write y - 1.",
    ),
    "too large an index": (
        [0, 5],
        3,
        "cross_entropy",
        "y: expected class indices 0 to 2 for 3 output units, got 0 to 5.",
    ),
    "a negative index": (
        [-1, 2],
        3,
        "cross_entropy",
        "y: expected class indices 0 to 2 for 3 output units, got -1 to 2.",
    ),
    "an index of 2 for one unit": (
        [0, 2],
        1,
        "binary_cross_entropy",
        "y: expected class indices 0 to 1 for 1 output unit, got 0 to 2.",
    ),
    "indices as real numbers": (
        [0.0, 2.0, 1.0],
        3,
        "cross_entropy",
        "y: expected shape (n, 3), got float64 of shape (3,). For class indices write y.astype(int).",
    ),
    "real numbers in a row": (
        [0.5, 2.0],
        3,
        "squared_error",
        "y: expected shape (n, 3), got float64 of shape (2,). One row an example.",
    ),
    "rows that are too short": (
        [[0.0, 1.0]],
        3,
        "squared_error",
        "y: expected shape (n, 3), got float64 of shape (1, 2). One row an example.",
    ),
    "a block": (
        np.zeros((2, 3, 1)),
        3,
        "squared_error",
        "y: expected shape (n, 3), got float64 of shape (2, 3, 1). One row an example.",
    ),
    "a single number": (
        3.5,
        3,
        "squared_error",
        "y: expected shape (n, 3), got float64 of shape (). One row an example.",
    ),
    "too many names": (
        ["a", "b", "c"],
        2,
        "cross_entropy",
        "y: expected 2 classes for 2 output units, got 3: 'a', 'b', 'c'.",
    ),
    "many too many names": (
        list("abcdefg"),
        1,
        "binary_cross_entropy",
        "y: expected 2 classes for 1 output unit, got 7: 'a', 'b', 'c', 'd', 'e', ….",
    ),
    "booleans for three units": (
        [True, False],
        3,
        "cross_entropy",
        "y: expected 3 classes for 3 output units, got 2: False, True.",
    ),
    "a name that is missing": (
        np.array(["a", None, "b"], object),
        2,
        "cross_entropy",
        "y: expected class names (strings), got None; leave such rows out.",
    ),
    "rows of names": (
        [["a", "b"]],
        2,
        "cross_entropy",
        "y: expected class indices, class names or rows of numbers, got <U1 of shape (1, 2).",
    ),
    "complex numbers": (
        np.ones((1, 2), complex),
        2,
        "squared_error",
        "y: expected class indices, class names or rows of numbers, got complex128 of shape (1, 2).",
    ),
    "a number that is not one": (
        [[0.5, 1.0], [np.nan, 2.0]],
        2,
        "squared_error",
        "y: expected finite numbers, got [nan, 2.0] in row 1.",
    ),
    "shares that do not add up": (
        [[0.5, 0.5], [0.5, 0.75]],
        2,
        "cross_entropy",
        "y: expected rows of shares that add up to 1 for cost 'cross_entropy', got [0.5, 0.75] in row 1. "
        "For other numbers choose cost 'squared_error'.",
    ),
    "a share above 1": (
        [[0.5, 1.5]],
        2,
        "binary_cross_entropy",
        "y: expected rows of numbers between 0 and 1 for cost 'binary_cross_entropy', got [0.5, 1.5] in row 0. "
        "For other numbers choose cost 'squared_error'.",
    ),
}


@pytest.mark.parametrize(("y", "units", "cost", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_target_is_refused_with_the_reason(y: Any, units: int, cost: str, message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        encode(y, units, cost)
    assert str(error.value) == message


def test_a_refusal_names_the_argument_that_it_was_given() -> None:
    with pytest.raises(ArgumentError, match=r"^labels: expected class indices 0 to 1.* write labels - 1\.$"):
        encode([1, 2], 2, "cross_entropy", name="labels")


ADVICE: dict[str, tuple[Any, int, str]] = {
    "y - 1": (np.array([1, 2, 3, 1]) - 1, 3, "cross_entropy"),
    "y.astype(int)": (np.array([0.0, 2.0, 1.0]).astype(int), 3, "cross_entropy"),
    "rows left out": (["a", "b"], 2, "cross_entropy"),
    "squared_error for other numbers": ([[0.5, 0.75]], 2, "squared_error"),
}


@pytest.mark.parametrize(("y", "units", "cost"), ADVICE.values(), ids=ADVICE.keys())
def test_the_advice_of_a_refusal_works(y: Any, units: int, cost: str) -> None:
    assert encode(y, units, cost).rows().shape == (len(y), units)


@settings(deadline=None, derandomize=True)
@given(
    st.integers(2, 6).flatmap(
        lambda units: st.tuples(st.just(units), st.lists(st.integers(0, units - 1), min_size=1, max_size=20))
    )
)
def test_the_predicted_class_of_a_one_hot_row_is_its_class(both: tuple[int, list[int]]) -> None:
    units, classes = both
    rows = one_hot(np.array(classes), units)
    assert predicted_class(rows).tolist() == classes
    assert encode(rows, units, "cross_entropy").values.tolist() == classes


def test_one_unit_predicts_class_1_from_a_half_upwards() -> None:
    below = np.nextafter(0.5, 0)
    assert predicted_class(np.array([[0.0], [below], [0.5], [1.0]])).tolist() == [0, 0, 1, 1]


def test_of_equal_outputs_the_first_is_predicted() -> None:
    assert predicted_class(np.array([[0.5, 0.5], [0.2, 0.8]])).tolist() == [0, 1]


def test_one_unit_tells_two_classes_apart() -> None:
    assert [count_of_classes(units) for units in (1, 2, 3)] == [2, 2, 3]


SORTED: dict[str, tuple[list[Any], tuple[Any, ...]]] = {
    "numbers by size": ([10, 9, 10, 2.5], (2.5, 9, 10)),
    "strings by code point": (["b", "B", "10", "9", "é"], ("10", "9", "B", "b", "é")),
    "strings among numbers by code point": ([10, "a", 9], (10, 9, "a")),
    "nothing": ([], ()),
}


@pytest.mark.parametrize(("values", "classes"), SORTED.values(), ids=SORTED.keys())
def test_classes_are_sorted_and_keep_their_type(values: list[Any], classes: tuple[Any, ...]) -> None:
    found = sorted_classes(values)
    assert found == classes
    assert list(map(type, found)) == list(map(type, classes))


def test_the_examples_of_the_docstrings_run() -> None:
    assert doctest.testmod(targets).failed == 0
    assert doctest.testmod(targets).attempted == 3


def test_names_are_counted_among_the_classes_that_are_known() -> None:
    encoded = encode(["b", "b"], 3, "cross_entropy", classes=("a", "b", "c"))
    assert encoded.classes == ("a", "b", "c")
    assert encoded.values.tolist() == [1, 1]
    with pytest.raises(ArgumentError, match=r"got 'd'\.$"):
        encode(["b", "d"], 3, "cross_entropy", classes=("a", "b", "c"))
