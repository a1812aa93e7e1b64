"""From a file to arrays: split, fitted on the training rows alone, refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.data import Reading, open_source, prepare
from clearprop.features import ArrayFeatures, NumberColumn, TableFeatures, features_from_document

from .conftest import Write
from .helpers import refusal


def table(rows: int = 40) -> str:
    return "age,job,kind\n" + "".join(f"{i},{'xyz'[i % 3]},{'ab'[i % 2]}\n" for i in range(rows))


def prepared(path: str, reading: Reading | None = None, **keywords: Any) -> Any:
    return prepare(open_source(path, reading), **keywords)


def test_parts_are_disjoint_and_cover_the_rows(write: Write) -> None:
    whole = prepared(write("a.csv", table()), test=0.25, validation=0.2, seed=3)
    parts = (whole.training, whole.validation, whole.test)
    assert [len(part.rows) for part in parts] == [24, 6, 10]
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(40))
    for part in parts:
        assert np.array_equal(part.y, part.rows % 2)
        assert part.x.shape == (len(part.rows), 5)
        assert (part.x.dtype, part.y.dtype) == (np.float64, np.int64)


def test_a_row_of_x_is_the_row_of_the_source(write: Write) -> None:
    whole = prepared(write("a.csv", table()), test=0.25, validation=0.2)
    (age, *_) = whole.features.encodings
    for part in (whole.training, whole.validation, whole.test):
        assert np.allclose(part.x[:, 0] * age.scale + age.mean, part.rows)


def test_features_are_fitted_on_the_training_rows_alone(write: Write) -> None:
    path = write("a.csv", table())
    whole = prepared(path, test=0.25, validation=0.2)
    ages = whole.training.rows.astype(float)
    assert whole.features.encodings[0] == NumberColumn("age", pytest.approx(ages.mean()), pytest.approx(ages.std()))
    lines = Path(path).read_text().splitlines()
    for row in (*whole.test.rows, *whole.validation.rows):
        lines[row + 1] = f"{10**6},w,{'ab'[row % 2]}"
    Path(path).write_text("\n".join(lines))
    assert prepared(path, test=0.25, validation=0.2).features == whole.features


def test_the_same_seed_gives_the_same_parts_and_another_gives_others(write: Write) -> None:
    path = write("a.csv", table())
    first, again, other = (prepared(path, test=0.5, seed=seed) for seed in (1, 1, 2))
    assert first.test.rows.tolist() == again.test.rows.tolist() != other.test.rows.tolist()


def test_without_shares_all_rows_are_for_training(write: Write) -> None:
    whole = prepared(write("a.csv", table()))
    assert (whole.validation, whole.test, len(whole.training.y)) == (None, None, 40)


def test_provenance_says_what_was_counted(write: Write) -> None:
    path = write("a.csv", table() + "41,x,\n42,y,?\n")
    assert prepared(path, Reading(missing=("?",)), test=0.25, validation=0.2).provenance == {
        "data": "a.csv",
        "target": "kind",
        "rows": 40,
        "rows without a target": 2,
        "training rows": 24,
        "validation rows": 6,
        "test rows": 10,
    }


def test_rows_without_a_label_are_left_out_and_the_others_keep_their_numbers(write: Write) -> None:
    whole = prepared(write("a.csv", "v,y\n1,a\n2,\n3,b\n4,a\n"))
    assert whole.training.rows.tolist() == [0, 2, 3]
    assert whole.training.y.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        pytest.param("10 9 10 9", (9, 10), id="whole numbers"),
        pytest.param("1.0 0.5 1.0 0.5", (0.5, 1.0), id="numbers"),
        pytest.param("true false true true", (False, True), id="booleans"),
        pytest.param("b a b a", ("a", "b"), id="text"),
        pytest.param("b. a. b. a.", ("a.", "b."), id="text with an ending"),
    ],
)
def test_classes_keep_their_type(write: Write, labels: str, classes: tuple[Any, ...]) -> None:
    text = "v,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels.split()))
    assert repr(prepared(write("a.csv", text)).classes) == repr(classes)


def test_an_ending_is_taken_off_labels_in_training(write: Write) -> None:
    assert prepared(write("a.csv", "v,y\n1,b.\n2,a.\n3,b\n"), Reading(strip_label=".")).classes == ("a", "b")


def test_inputs_that_never_change_are_marked(write: Write) -> None:
    path = write("a.csv", "v,c,name,y\n1,5,ann,a\n2,5,bob,b\n3,5,cyd,a\n")
    whole = prepared(path)
    assert dict(zip(whole.features.input_names, whole.never_set.tolist(), strict=True)) == {
        "v": False,
        "c": True,
        "name = other": True,
    }


def test_features_know_how_the_file_was_read(write: Write) -> None:
    reading = Reading(missing=("?",), strip_label=".")
    assert prepared(write("a.csv", "1,a\n2,b\n"), reading).features.reading == Reading(("?",), ".", header=False)


def test_a_new_file_with_a_bad_cell_is_read_as_training_was(write: Write) -> None:
    features = prepared(write("train.csv", "1,x,a\n2,x,b\n3,z,a\n?,z,b\n"), Reading(missing=("?",))).features
    again = features_from_document(features.to_document())
    assert isinstance(again, TableFeatures)
    new = open_source(write("new.csv", "4,x\nabc,y\n ? , z\n"), again.reading).as_text()
    (batch,) = new.batches()
    x, reasons = again.transform(batch)
    assert reasons == {1: "column 'column0': expected a number, got 'abc'"}
    assert x[2].tolist() == [0, 1, 0, 1, 0]
    assert again.input_names[2:] == ("column1 = x", "column1 = z", "column1 = other")


def test_a_test_source_is_read_with_the_features_of_training(write: Write) -> None:
    source = open_source(write("train.csv", "code,v,y\n012,1,a\n007,2,b\n012,3,a\n007,4,b\n"))
    test = open_source(write("test.csv", "y,v,code\nb,1,012\na,2.5,900\n,3,007\n"))
    whole = prepare(source, test=test)
    assert whole.test is not None
    assert whole.test.y.tolist() == [1, 0]
    assert whole.test.rows.tolist() == [0, 1]
    assert whole.test.x[:, :3].tolist() == [[0, 1, 0], [0, 0, 1]]
    assert whole.provenance["test data"] == "test.csv"
    assert (whole.provenance["test rows"], whole.provenance["test rows without a target"]) == (2, 1)


def test_codes_of_a_test_source_stay_text_where_they_look_like_numbers(write: Write) -> None:
    source = open_source(write("train.csv", "code,y\n012,a\n1.0,b\n012,a\n1.0,b\n"))
    test = open_source(write("test.csv", "code,y\n1.0,b\n2.50,a\n"))
    whole = prepare(source, test=test)
    assert whole.test is not None
    assert whole.test.x.tolist() == [[0, 1, 0], [0, 0, 1]]


def test_row_numbers_go_on_from_batch_to_batch(write: Write) -> None:
    rows = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20_000))
    whole = prepared(write("a.csv", "v,y\n" + rows), test=0.5)
    assert sorted([*whole.training.rows, *whole.test.rows]) == list(range(20_000))
    assert np.array_equal(whole.test.y, whole.test.rows % 2)


def test_whole_numbers_are_the_same_classes_in_a_test_source(write: Write) -> None:
    source = open_source(write("train.csv", "v,y\n1,3\n2,10\n"))
    test = open_source(write("test.csv", "v,y\n1,10\n2,3\n"))
    whole = prepare(source, test=test)
    assert whole.test is not None
    assert whole.test.y.tolist() == [1, 0]


def test_arrays_are_prepared_as_tables_are(tmp_path: Path) -> None:
    x = np.arange(24, dtype="u1").reshape(6, 2, 2)
    np.savez(tmp_path / "a.npz", x=x, y=np.array(["b", "a"] * 3))
    whole = prepared(f"{tmp_path}/a.npz", test=0.5)
    assert isinstance(whole.features, ArrayFeatures)
    assert whole.features.shape == (2, 2)
    assert whole.classes == ("a", "b")
    assert np.array_equal(whole.test.x, x.reshape(6, 4)[whole.test.rows] / whole.features.scale)


def test_two_rows_of_two_classes_can_be_trained_on(write: Write) -> None:
    whole = prepared(write("a.csv", "v,w,y\n1,2,a\n3,4,b\n"), test=0.2, validation=0.1)
    assert (len(whole.training.y), whole.validation, whole.test) == (2, None, None)


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no such target": (
        "sepal,species\n1,a\n2,b\n",
        {"target": "specie"},
        "a.csv: expected a column 'specie', got columns 'sepal', 'species'. Did you mean 'species'?",
    ),
    "a header alone": ("v,y\n", {}, "a.csv: expected rows of data, got none."),
    "no labels": ("v,y\n1,\n2,\n", {}, "a.csv: column 'y': expected rows with labels, got none."),
    "one class": (
        "v,y\n1,a\n2,a\n",
        {},
        "a.csv: column 'y': expected labels of at least two classes, got only 'a' in 2 rows.",
    ),
    "an infinite number": (
        "v,y\n1,a\n2,\ninf,b\n",
        {},
        "a.csv: column 'v': expected finite numbers, got inf in row 3; correct the value or leave it empty.",
    ),
    "dates": (
        "d,y\n2024-01-01,a\n2024-01-02,b\n",
        {},
        "a.csv: column 'd': expected numbers, booleans or text, got values of type timestamp[s]; "
        "remove the column or write it as a number.",
    ),
    "one column": (
        "y\na\nb\na\n",
        {},
        "a.csv: expected columns beside the target 'y', got none; the values of a line must be separated by a comma, "
        "a semicolon, a tab or |.",
    ),
    "a share of 1": (
        "v,y\n1,a\n2,b\n",
        {"validation": 1.0},
        "validation: expected a share of the rows between 0 and 1, got 1.0; write 0.2 for a fifth.",
    ),
    "a negative share": (
        "v,y\n1,a\n2,b\n",
        {"test": -0.5},
        "test: expected a share of the rows between 0 and 1, got -0.5; write 0.2 for a fifth.",
    ),
    "a number that standardises to infinity": (
        "v,y\n1e308,a\n-1.7e308,b\n" + "".join(f"-1.7e308,{'ab'[i % 2]}\n" for i in range(98)),
        {},
        "a.csv: row 1: column 'v': expected a finite number of ordinary size, got 1e+308.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trained_on_is_refused_in_one_sentence(write: Write, case: str) -> None:
    content, keywords, message = REFUSED[case]
    assert refusal(prepared, write("a.csv", content), **keywords) == message


TEST_REFUSED = {
    "a lacking column": (
        "v,y\n1,a\n",
        "test.csv: expected a column 'w', got columns 'v', 'y'.",
    ),
    "a lacking target": ("v,w\n1,2\n", "test.csv: expected a column 'y', got columns 'v', 'w'."),
    "a bad cell": ("v,w,y\n1,2,a\nabc,2,b\n", "test.csv: row 2: column 'v': expected a number, got 'abc'."),
    "an unseen class": (
        "v,w,y\n1,2,c\n",
        "test.csv: column 'y': expected the classes of the training data 'a', 'b', got 'c'.",
    ),
    "classes with an ending": (
        "v,w,y\n1,2,a.\n",
        "test.csv: column 'y': expected the classes of the training data 'a', 'b', got 'a.'. "
        "--strip-label '.' would make them equal.",
    ),
    "no rows": ("v,w,y\n", "test.csv: expected rows of data, got none."),
}


@pytest.mark.parametrize("case", TEST_REFUSED)
def test_a_test_source_that_does_not_fit_is_refused_in_one_sentence(write: Write, case: str) -> None:
    content, message = TEST_REFUSED[case]
    source = open_source(write("train.csv", "v,w,y\n1,2,a\n3,5,b\n"))
    test = open_source(write("test.csv", content), source.reading)
    assert refusal(lambda: prepare(source, test=test)) == message


def test_inputs_that_do_not_fit_in_memory_are_refused_before_they_are_made(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.csv", table())
    needed = 8 * (40 + 40) * 5
    monkeypatch.setattr("clearprop.data.preparing.free_memory", lambda: needed - 1)
    assert refusal(prepared, path) == (
        "a.csv: expected inputs that fit in memory, got 40 rows of 5 numbers, which take 0.0 GB of 0.0 GB; "
        "train on fewer rows."
    )
    monkeypatch.setattr("clearprop.data.preparing.free_memory", lambda: needed)
    assert prepared(path).training.x.shape == (40, 5)
