"""Labels: which classes there are and which one a row has."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from clearprop.data import Reading, labels
from clearprop.data.classes import check_classes, refuse_unseen
from clearprop.targets import sorted_classes

from .helpers import refusal


def batch(column: Any, kind: pa.DataType | None = None) -> pa.RecordBatch:
    return pa.record_batch({"y": pa.array(column, kind)})


@pytest.mark.parametrize(
    ("classes", "column"),
    [
        pytest.param((3, 10), [10, 3, 10], id="whole numbers"),
        pytest.param((3, 10), ["10", " 3", "+10"], id="whole numbers from text"),
        pytest.param((3, 10), ["10.0", "3.", "1e1"], id="whole numbers from text of others"),
        pytest.param((3, 10), [10.0, 3.0, 10.0], id="whole numbers from others"),
        pytest.param((0.5, 1.5), ["1.5", "0.50", "1.5"], id="numbers from text"),
        pytest.param((1.0, 2.0), [2, 1, 2], id="numbers from whole numbers"),
        pytest.param((False, True), [True, False, True], id="booleans"),
        pytest.param((False, True), ["TRUE", "false", "True "], id="booleans from text"),
        pytest.param(("a", "b"), ["b", " a ", "b"], id="text"),
        pytest.param(("1", "b"), ["b", "1", "b"], id="text with digits"),
        pytest.param(("1", "2"), [2, 1, 2], id="text from whole numbers"),
        pytest.param((2**60, 2**60 + 1), [str(2**60 + 1), str(2**60), str(2**60 + 1)], id="beyond float64"),
    ],
)
def test_a_label_is_known_by_what_it_means(classes: tuple[Any, ...], column: list[Any]) -> None:
    y, reasons = labels(batch(column), "y", Reading(), classes)
    assert (y.tolist(), y.dtype.name, reasons) == ([1, 0, 1], "int64", {})


def test_an_ending_is_taken_off_labels() -> None:
    y, _ = labels(batch(["<=50K.", " >50K. ", ">50K"]), "y", Reading(strip_label="."), ("<=50K", ">50K"))
    assert y.tolist() == [0, 1, 1]


def test_an_unknown_and_a_missing_label_come_with_a_reason() -> None:
    y, reasons = labels(batch(["c", "a", None, " ? ", ""]), "y", Reading(missing=("?",)), ("a", "b"))
    expected = "column 'y': expected one of the classes 'a', 'b', got"
    assert y.tolist() == [-1, 0, -1, -1, -1]
    assert reasons == {
        0: f"{expected} 'c'",
        2: f"{expected} a missing value",
        3: f"{expected} a missing value",
        4: f"{expected} a missing value",
    }


def test_text_that_is_no_number_is_no_number() -> None:
    y, reasons = labels(batch(["abc", "nan", "1_0", "0x1"]), "y", Reading(), (1, 10))
    assert (y.tolist(), sorted(reasons)) == ([-1] * 4, [0, 1, 2, 3])


def test_a_batch_without_rows_or_without_labels_is_no_error() -> None:
    assert labels(batch([], pa.string()), "y", Reading(), ("a", "b"))[0].tolist() == []
    assert labels(batch(pa.nulls(2)), "y", Reading(), ("a", "b"))[0].tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("found", "classes"),
    [
        pytest.param([10, 9, 2], (2, 9, 10), id="numbers by size"),
        pytest.param(["b", "a", "B", "10", "9"], ("10", "9", "B", "a", "b"), id="text by code point"),
        pytest.param([True, False], (False, True), id="booleans"),
    ],
)
def test_classes_are_sorted_and_keep_their_type(found: list[Any], classes: tuple[Any, ...]) -> None:
    assert repr(sorted_classes(found)) == repr(classes)


def test_no_such_column_and_labels_of_another_type_are_refused() -> None:
    assert refusal(labels, batch(["a"]), "z", Reading(), ("a",)) == "expected a column 'z', got columns 'y'."
    assert refusal(labels, batch([0], pa.date32()), "y", Reading(), ("a",)) == (
        "column 'y': expected labels that are numbers, text or booleans, got values of type date32[day]."
    )


FEW = "; clearprop labels classes: name another target, or write ranges such as 'low' and 'high'."


@pytest.mark.parametrize(
    ("classes", "rows", "message"),
    [
        pytest.param((), 0, "a.csv: column 'y': expected rows with labels, got none.", id="none"),
        pytest.param(
            ("a",), 9, "a.csv: column 'y': expected labels of at least two classes, got only 'a' in 9 rows.", id="one"
        ),
        pytest.param(
            tuple(i + 0.5 for i in range(21)),
            1000,
            f"a.csv: column 'y': expected classes, got measurements (21 different numbers such as 0.5){FEW}",
            id="measurements",
        ),
        pytest.param(
            (0.1, 0.2, 0.3, 0.4),
            4,
            f"a.csv: column 'y': expected classes, got measurements (4 different numbers such as 0.1){FEW}",
            id="few measurements",
        ),
        pytest.param(
            tuple(range(51)),
            100,
            "a.csv: column 'y': expected classes that rows share, got 51 different labels in 100 rows; "
            "name another target.",
            id="a class for nearly every row",
        ),
    ],
)
def test_labels_that_make_no_classes_are_refused(classes: tuple[Any, ...], rows: int, message: str) -> None:
    assert refusal(check_classes, classes, rows, "a.csv", "y") == message


@pytest.mark.parametrize(
    ("classes", "rows"),
    [
        pytest.param((0, 1), 2, id="two rows of two classes"),
        pytest.param(tuple(range(20)), 20, id="a few classes of one row"),
        pytest.param(tuple(range(50)), 100, id="two rows a class"),
        pytest.param((0.5, 1.5), 10, id="halves as classes"),
        pytest.param(tuple(float(i) for i in range(30)), 1000, id="whole numbers written as others"),
    ],
)
def test_few_labels_are_classes_whatever_their_type(classes: tuple[Any, ...], rows: int) -> None:
    check_classes(classes, rows, "a.csv", "y")


def test_unseen_classes_are_refused_with_the_ending_that_would_help() -> None:
    expected = "t.csv: column 'y': expected the classes of the training data 'a', 'b'"
    assert refusal(refuse_unseen, ["a", "c"], ("a", "b"), "t.csv", "y") == f"{expected}, got 'c'."
    assert refusal(refuse_unseen, ["b.", "a."], ("a", "b"), "t.csv", "y") == (
        f"{expected}, got 'b.', 'a.'. --strip-label '.' would make them equal."
    )
    assert refusal(refuse_unseen, ["a"], ("a;", "b;"), "t.csv", "y") == (
        "t.csv: column 'y': expected the classes of the training data 'a;', 'b;', got 'a'. "
        "--strip-label ';' would make them equal."
    )
    assert refusal(refuse_unseen, ["b.", "c."], ("a", "b"), "t.csv", "y") == f"{expected}, got 'b.', 'c.'."
    refuse_unseen(["a", "b"], ("a", "b"), "t.csv", "y")
