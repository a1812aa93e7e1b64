"""Data that cannot be used gets one sentence, and nothing is written."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Write
from .running import FAST, done, refusal

NO_SUCH_SET = (
    "digitz: expected a CSV, TSV, Parquet or JSON-lines file, an .npz file, a folder of IDX files, of images "
    "or of sounds, or a built-in set "
    "(digits, iris, wine, breast-cancer), got a name that is none of them. Did you mean 'digits'?"
)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("nothing.csv", "nothing.csv: expected a file or a folder, got a path at which there is none; correct it."),
        ("digitz", NO_SUCH_SET),
        ("no*.csv", "no*.csv: expected files of this pattern, got none; correct the pattern."),
    ],
)
def test_a_file_that_is_not_there_is_refused(model: Path, data: str, told: str) -> None:
    assert refusal("train", data, *FAST, "--out", "m") == told
    assert refusal("train", "small.csv", "--test", data, *FAST, "--out", "m") == told
    assert refusal("label", model, data, "--out", "labels.csv") == told
    assert refusal("evaluate", model, data) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "bad.csv: expected a table, got an empty file."),
        ("x,kind\n", "bad.csv: expected rows of data, got none."),
        (
            "x,kind\n1,a\n2,a\n3,a\n",
            "bad.csv: column 'kind': expected labels of at least two classes, got only 'a' in 3 rows.",
        ),
        (
            "x,kind\n1,a\n2,b\ninf,a\n4,b\n",
            "bad.csv: column 'x': expected finite numbers, got inf in row 3; correct the value or leave it empty.",
        ),
    ],
    ids=["empty", "no rows", "one class", "infinity"],
)
def test_a_table_without_anything_to_learn_is_refused(write: Write, text: str, told: str) -> None:
    write("bad.csv", text)
    assert refusal("train", "bad.csv", *FAST, "--out", "m") == told


def test_the_advice_for_infinity_works(write: Write) -> None:
    write("good.csv", "x,kind\n1,a\n2,b\n,a\n4,b\n")
    done("train", "good.csv", *FAST, "--out", "m")


def test_test_rows_of_unknown_classes_are_refused_and_the_advice_works(write: Write) -> None:
    write("test.csv", Path("small.csv").read_text().replace("ant", "ant.").replace("bee", "bee."))
    told = refusal("train", "small.csv", "--test", "test.csv", *FAST, "--out", "m")
    assert told == (
        "test.csv: column 'kind': expected the classes of the training data 'ant', 'bee', 'cat', got 'ant.', 'bee.'. "
        "--strip-label '.' would make them equal."
    )
    done("train", "small.csv", "--test", "test.csv", "--strip-label", ".", *FAST, "--out", "m")


def test_a_marker_for_missing_values_is_suggested_and_works(write: Write) -> None:
    rows = [f"{row}.5,{'ab'[row % 2]}" for row in range(40)]
    write("marked.csv", "\n".join(["x,kind", *rows, "?,a"]))
    told = refusal("train", "marked.csv", *FAST, "--out", "m")
    assert told == (
        "marked.csv: column 'x': expected numbers as in 40 of its 41 rows, got '?'; correct the cells, "
        "or write --missing '?' if that stands for a missing value."
    )
    done("train", "marked.csv", "--missing", "?", *FAST, "--out", "m")
    write("new.csv", "x\n?\n3\n")
    assert [row["reason"] for row in done("label", "m", "new.csv").rows] == ["", ""]


def test_a_table_without_the_columns_of_the_model_is_refused(model: Path, write: Write) -> None:
    write("lacks.csv", "weight,colour\n1,red\n")
    told = "lacks.csv: expected a column 'height', got columns 'weight', 'colour'. Did you mean 'weight'?"
    assert refusal("label", model, "lacks.csv", "--out", "labels.csv") == told
    assert refusal("evaluate", model, "lacks.csv") == told
    write("other.csv", "a\n1\n")
    assert refusal("label", model, "other.csv") == (
        "other.csv: expected the columns 'height', 'weight', 'colour', got columns 'a'."
    )


def test_a_table_whose_columns_hold_something_else_is_refused(model: Path) -> None:
    pq.write_table(pa.table({"height": [[1.0]], "weight": [1.0], "colour": ["red"]}), "lists.parquet")
    assert refusal("label", model, "lists.parquet", "--out", "labels.csv").startswith(
        "lists.parquet: column 'height': expected numbers as in training, got values of type list<"
    )
    pq.write_table(pa.table({"height": [1.0], "weight": [1.0], "colour": [2.5]}), "numbers.parquet")
    assert refusal("label", model, "numbers.parquet", "--out", "labels.csv") == (
        "numbers.parquet: column 'colour': expected text as in training, got values of type double."
    )


def test_images_are_no_table_and_a_table_no_images(model: Path) -> None:
    assert refusal("label", model, "digits") == (
        "digits: expected the columns 'height', 'weight', 'colour', got columns 'x', 'y'."
    )
    done("train", "digits", *FAST, "--out", "m")
    assert refusal("label", "m", "small.csv") == (
        "small.csv: expected a column 'x', got columns 'height', 'weight', 'colour', 'kind'."
    )


def test_idx_files_that_are_cut_short_are_refused() -> None:
    folder = Path("pictures")
    folder.mkdir()
    whole = bytes([0, 0, 8, 3]) + struct.pack(">3I", 4, 2, 2) + bytes(range(16))
    (folder / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 4) + bytes([0, 1, 0, 1]))
    (folder / "train-images-idx3-ubyte").write_bytes(whole[:-6])
    assert refusal("train", "pictures", *FAST, "--out", "m") == (
        "pictures/train-images-idx3-ubyte: expected 16 bytes after its header, which says 4 rows of 2 x 2, got 10; "
        "copy the file again."
    )
    (folder / "train-images-idx3-ubyte").unlink()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(whole)[:-9])
    assert refusal("train", "pictures", *FAST, "--out", "m") == (
        "pictures/train-images-idx3-ubyte.gz: expected a compressed file that is whole, got one that is damaged or "
        "ends too early; copy the file again."
    )
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(whole))
    done("train", "pictures", *FAST, "--out", "m")


def test_an_empty_folder_is_refused() -> None:
    Path("empty").mkdir()
    assert refusal("train", "empty", *FAST, "--out", "m") == (
        "empty: expected a folder of images or of sounds for each class, or IDX files such as "
        "'train-images-idx3-ubyte.gz' and 'train-labels-idx1-ubyte.gz', got an empty folder."
    )
