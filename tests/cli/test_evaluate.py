"""`clearprop evaluate`: the figures that train reports, on any rows with known classes."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearprop as cp
from clearprop.features import NumberColumn, TableFeatures

from .conftest import Write
from .running import LEARNS, done, refusal, table


def figures(*words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done("evaluate", *words, "--json").out)
    return found


def write_idx(folder: Path, part: str, images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> None:
    folder.mkdir(exist_ok=True)
    for name, values in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
        header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
        (folder / name).write_bytes(header + values.astype(np.uint8).tobytes())


def test_the_figures_are_those_of_train_on_the_same_rows() -> None:
    trained = json.loads(done("train", "small.csv", "--test", "small.csv", *LEARNS, "--out", "m", "--json").out)
    assert figures("m", "small.csv") == {**trained["test"], "left out": 0}


def test_what_people_read_is_what_train_reports() -> None:
    trained = done("train", "small.csv", "--test", "small.csv", *LEARNS, "--out", "m").out.splitlines()
    assert done("evaluate", "m", "small.csv").out.splitlines() == trained[1:-1]


def test_the_figures_are_those_of_the_labels(model: Path) -> None:
    answers = [row["label"] for row in done("label", model, "small.csv").rows]
    truth = [row["kind"] for row in table(Path("small.csv").read_text())]
    found = figures(model, "small.csv")
    names = found["classes"]
    expected = np.zeros((3, 3), dtype=int)
    for kind, answer in zip(truth, answers, strict=True):
        expected[names.index(kind), names.index(answer)] += 1
    assert found["confusion"] == expected.tolist()
    assert found["accuracy"] == np.trace(expected) / 90
    confidences = [wrong["confidence"] for wrong in found["wrong"]]
    assert confidences == sorted(confidences, reverse=True)
    assert len(set(confidences)) > 1
    for wrong in found["wrong"]:
        assert (truth[wrong["row"] - 1], answers[wrong["row"] - 1]) == (wrong["actual"], wrong["answered"])


def test_rows_that_cannot_be_measured_are_left_out_and_counted(model: Path, write: Write) -> None:
    write("some.csv", "height,weight,colour,kind\n4,3,red,cat\n4,3,red,dog\nx,3,red,cat\n4,3,red,\n0,5,red,bee\n")
    found = figures(model, "some.csv")
    assert (found["examples"], found["left out"]) == (2, 3)
    assert [wrong["row"] for wrong in found["wrong"]] == [5]
    outcome = done("evaluate", model, "some.csv")
    assert outcome.out.splitlines()[-1] == ("3 rows were left out: a value that cannot be used, or no known class.")
    assert outcome.err == ""


def test_another_column_can_hold_the_classes(model: Path, write: Write) -> None:
    text = Path("small.csv").read_text()
    write("renamed.csv", text.replace("kind", "truth", 1))
    assert figures(model, "renamed.csv", "--target", "truth") == figures(model, "small.csv")


def test_a_set_with_test_rows_of_its_own_is_measured_on_those() -> None:
    drawn = np.random.default_rng(0)
    y = np.arange(120) % 2
    images = drawn.integers(0, 50, (120, 3, 3)) + 200 * y[:, None, None]
    write_idx(Path("pictures"), "train", images[:90], y[:90])
    write_idx(Path("pictures"), "t10k", images[90:], y[90:])
    trained = done("train", "pictures", *LEARNS, "--out", "m")
    assert "\nAccuracy on 30 rows of pictures (t10k): 100.00%\n" in trained.out
    assert trained.err == "Training 9-4-2 on 81 rows: 20 epochs of 3 updates.\n"
    assert done("evaluate", "m", "pictures").out.startswith("Accuracy on 30 rows of pictures (t10k): 100.00%\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("height,weight,colour,kind\n", "none.csv: expected rows of data, got none."),
        (
            "height,weight,colour,kind\n4,3,red,dog\n",
            "none.csv: expected rows with a class of 'ant', 'bee', 'cat' in 'kind', got none.",
        ),
        (
            "height,weight,colour\n4,3,red\n",
            "none.csv: expected a column 'kind', got columns 'height', 'weight', 'colour'.",
        ),
    ],
    ids=["no rows", "no known class", "no target"],
)
def test_rows_without_classes_are_refused(model: Path, write: Write, text: str, told: str) -> None:
    write("none.csv", text)
    assert refusal("evaluate", model, "none.csv") == told


def test_a_misspelled_target_gets_the_nearest_column(model: Path) -> None:
    assert refusal("evaluate", model, "small.csv", "--target", "knd") == (
        "small.csv: expected a column 'knd', got columns 'height', 'weight', 'colour', 'kind'. Did you mean 'kind'?"
    )
    done("evaluate", model, "small.csv", "--target", "kind")


def many_classes(count: int, length: int, write: Write) -> None:
    """A model `m` that answers the second class to every row of `many.csv`."""
    names = tuple(f"{number:0{length}d}x" for number in range(count))
    weights, biases = np.zeros((count, 1)), np.zeros(count)
    biases[1] = 5.0
    network = cp.Network.of([weights], [biases], activations=["softmax"])
    cp.save(cp.Model(network, TableFeatures((NumberColumn("x", 0.0, 1.0),)), names), "m")
    write("many.csv", "\n".join(["x,kind", *(f"0,{name}" for name in names for _ in range(2)), f"0,{names[-1]}"]))


def test_many_classes_get_a_list_of_confusions_in_place_of_a_matrix(write: Write) -> None:
    many_classes(30, 3, write)
    lines = done("evaluate", "m", "many.csv").out.splitlines()
    assert lines[2:8] == [
        "The most frequent confusions",
        "┏━━━━━━━┳━━━━━━━━┳━━━━━━┓",
        "┃ class ┃ answer ┃ rows ┃",
        "┡━━━━━━━╇━━━━━━━━╇━━━━━━┩",
        "│  029x │   001x │    3 │",
        "│  000x │   001x │    2 │",
    ]


def test_a_matrix_that_is_wider_than_80_columns_is_written_whole_into_a_file(write: Write) -> None:
    many_classes(12, 20, write)
    lines = done("evaluate", "m", "many.csv").out.splitlines()
    assert lines[2] == "Confusion matrix: a row for each class, a column for each answer"
    assert lines[4].count("┃") == 14
    assert len(lines[4]) > 250


def test_no_mistakes_give_no_table_of_mistakes(write: Write) -> None:
    many_classes(2, 1, write)
    write("right.csv", "x,kind\n0,1x\n")
    assert "wrong answers" not in done("evaluate", "m", "right.csv").out
