"""Train on a file, label new rows, measure, look inside: what the program is for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import clearprop as cp
from clearprop.labelling import evaluate_parts

from .running import FAST, LEARNS, clearprop, contents, done, refusal, table

TRAINED = """\
Training finished after 20 epochs.
Accuracy on 18 held-out rows of small.csv: 94.44%
95% interval: 74.24% to 99.01%. Always the most frequent class: 33.33%. Cost: 0.2288.
Confusion matrix: a row for each class, a column for each answer
┏━━━━━━━┳━━━━━┳━━━━━┳━━━━━┓
┃ class ┃ ant ┃ bee ┃ cat ┃
┡━━━━━━━╇━━━━━╇━━━━━╇━━━━━┩
│   ant │   6 │   . │   . │
│   bee │   . │   5 │   1 │
│   cat │   . │   . │   6 │
└───────┴─────┴─────┴─────┘
The most confident wrong answers
┏━━━━━┳━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━━┓
┃ row ┃ class ┃ answer ┃ confidence ┃
┡━━━━━╇━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━━┩
│  29 │   bee │    cat │      43.0% │
└─────┴───────┴────────┴────────────┘
The model is in model.safetensors. Label new rows with: clearprop label model.safetensors FILE
"""


def test_train_reports_held_out_figures_and_what_to_do_next() -> None:
    outcome = done("train", "small.csv", *LEARNS, "--out", "model.safetensors")
    assert outcome.out == TRAINED
    assert outcome.err == "Training 6-4-3 on 65 rows: 20 epochs of 3 updates.\n"


def test_a_file_becomes_a_model_which_labels_and_is_measured_and_shown(folder: Path) -> None:
    done("train", "small.csv", *LEARNS, "--out", "model.safetensors")
    labelled = done("label", "model.safetensors", "small.csv")
    truth = [row["kind"] for row in table(Path("small.csv").read_text())]
    right = sum(row["label"] == kind for row, kind in zip(labelled.rows, truth, strict=True))
    assert right >= 75
    evaluated = json.loads(done("evaluate", "model.safetensors", "small.csv", "--json").out)
    assert evaluated["accuracy"] == right / 90
    shown = json.loads(done("show", "model.safetensors", "--json").out)
    assert (shown["layers"], shown["classes"]) == ([6, 4, 3], ["ant", "bee", "cat"])
    assert {path.name for path in folder.iterdir()} == {"small.csv", "model.safetensors"}


def test_json_is_one_object_and_nothing_else(model: Path) -> None:
    for words in (
        ["train", "small.csv", *FAST, "--out", "m.safetensors"],
        ["label", model, "small.csv"],
        ["label", model, "small.csv", "--out", "labels.csv", "--probabilities"],
        ["evaluate", model, "small.csv"],
        ["show", model],
    ):
        outcome = done(*words, "--json")
        assert isinstance(json.loads(outcome.out), dict)
        assert outcome.out.count("\n") == 1
        assert outcome.err == ""


def test_the_report_of_train_as_json_has_every_epoch_and_figure() -> None:
    report = json.loads(done("train", "small.csv", *FAST, "--out", "m.safetensors", "--json").out)
    assert set(report) == {"model", "stopped", "message", "epochs", "layers", "provenance", "test", "history"}
    assert (report["model"], report["stopped"], report["epochs"]) == ("m.safetensors", "finished", 2)
    assert [epoch["epoch"] for epoch in report["history"]] == [1, 2]
    assert report["test"]["examples"] == report["provenance"]["test rows"] == 18
    assert sum(map(sum, report["test"]["confusion"])) == 18


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones() -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        done("train", "small.csv", *FAST, "--seed", seed, "--out", name)
    a, b, c = (Path(name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_the_seed_chooses_the_held_out_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def watched(model: cp.Model, parts: Any) -> Any:
        held_out = list(parts)
        measured.append([rows.tolist() for _, _, rows in held_out])
        return evaluate_parts(model, held_out)

    monkeypatch.setattr("clearprop.cli.train.evaluate_parts", watched)
    for seed in (0, 0, 1):
        done("train", "small.csv", *FAST, "--seed", seed, "--out", "m")
    assert measured[0] == measured[1] != measured[2]


def test_every_option_of_train_reaches_the_model() -> None:
    words = {
        "--target": "colour",
        "--layers": "5,3",
        "--activation": "tanh",
        "--output": "sigmoid",
        "--cost": "binary_cross_entropy",
        "--initialization": "xavier",
        "--optimizer": "sgd",
        "--learning-rate": "0.25",
        "--schedule": "constant",
        "--batch-size": "7",
        "--epochs": "3",
        "--validation": "0.2",
        "--l2": "0.01",
        "--dropout": "0.1",
        "--patience": "3",
        "--seed": "5",
        "--engine": "reference",
        "--test": "0.3",
    }
    done("train", "small.csv", *(word for pair in words.items() for word in pair), "--out", "m")
    shown = json.loads(done("show", "m", "--json").out)
    assert shown["layers"] == [6, 5, 3, 3]
    assert shown["activations"] == ["tanh", "tanh", "sigmoid"]
    assert shown["cost"] == "binary_cross_entropy"
    assert shown["classes"] == ["blue", "green", "red"]
    settings = shown["provenance"]["settings"]
    for option, value in words.items():
        name = option.removeprefix("--").replace("-", "_")
        if name in settings:
            assert str(settings[name]) == value, name
    assert shown["provenance"]["test rows"] == 27
    assert shown["provenance"]["validation rows"] == 13


def test_no_hidden_layers_and_no_test_rows_are_possible() -> None:
    outcome = done("train", "small.csv", "--layers", "none", "--test", "0", "--epochs", "2", "--out", "m")
    assert outcome.out == (
        "Training finished after 2 epochs.\nHow good it is was not measured: no rows were held out.\n"
        "The model is in m. Label new rows with: clearprop label m FILE\n"
    )
    assert json.loads(done("show", "m", "--json").out)["layers"] == [6, 3]


def test_named_test_rows_are_measured_and_the_data_is_trained_on_whole() -> None:
    outcome = done("train", "small.csv", "--test", "small.csv", *FAST, "--out", "m")
    assert "\nAccuracy on 90 rows of small.csv: " in outcome.out
    assert outcome.err == "Training 6-4-3 on 81 rows: 2 epochs of 3 updates.\n"


def test_a_model_that_is_there_is_replaced(model: Path) -> None:
    before = model.read_bytes()
    done("train", "small.csv", *FAST, "--out", model)
    assert model.read_bytes() != before


def test_the_advice_at_the_end_of_train_can_be_typed_as_it_stands() -> None:
    Path("my models").mkdir()
    outcome = done("train", "small.csv", *FAST, "--out", "my models/m.safetensors")
    assert outcome.out.endswith("Label new rows with: clearprop label 'my models/m.safetensors' FILE\n")
    done("label", "my models/m.safetensors", "small.csv")


def test_the_data_is_never_overwritten(model: Path) -> None:
    told = "small.csv: expected a new file for --out, got the file that is read; choose another name."
    assert refusal("train", "small.csv", *FAST, "--out", "small.csv") == told
    assert refusal("train", "digits", "--test", "small.csv", *FAST, "--out", "small.csv") == told
    assert refusal("label", model, "small.csv", "--out", "small.csv") == told


def test_the_defaults_learn_the_digits() -> None:
    report = json.loads(done("train", "digits", "--out", "digits.safetensors", "--json").out)
    assert report["test"]["accuracy"] >= 0.97
    assert report["test"]["examples"] == 359
    assert report["stopped"] == "finished"
    labelled = json.loads(done("label", "digits.safetensors", "digits", "--json").out)
    assert {type(row["label"]) for row in labelled["rows"]} == {int}


@pytest.mark.parametrize("name", ["iris", "wine", "breast-cancer"])
def test_every_built_in_table_can_be_trained_on_and_labelled(name: str) -> None:
    done("train", name, *FAST, "--out", "m")
    assert done("label", "m", name).err.endswith(" rows labelled.\n")


def test_python_reads_what_the_command_line_wrote(model: Path) -> None:
    import pyarrow.csv as pc

    loaded = cp.load(model)
    labels = cp.labeller(loaded)(pc.read_csv("small.csv"))
    assert labels == [row["label"] for row in done("label", model, "small.csv").rows]


def test_show_tells_what_is_in_a_model(model: Path) -> None:
    before = contents(Path.cwd())
    shown = clearprop("show", model)
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0] == "Network 6-4-3 (relu, softmax), cross_entropy, 43 parameters"
    assert lines[7:] == [
        "Inputs: height, weight, colour = blue, colour = green, colour = red, colour = other",
        "Classes: ant, bee, cat",
        f"Clearprop: {cp.__version__}",
        "Rows: 90",
        "Settings: optimizer adam, learning rate 0.05, schedule cosine, batch size 32, epochs 20, validation 0.1, "
        "l2 0, dropout 0, shuffle yes, seed 0, engine reference, precision float64",
        "Epochs: 20",
        "Stopped: finished",
        "Test: examples 18, cost 0.2288, accuracy 0.9444, interval 0.7424 to 0.9901, baseline 0.3333",
        "Data: small.csv",
        "Target: kind",
        "Rows without a target: 0",
        "Training rows: 65",
        "Validation rows: 7",
        "Test rows: 18",
    ]
    assert contents(Path.cwd()) == before


def test_show_tells_what_is_in_a_model_from_python() -> None:
    cp.save(cp.Network.initialize([2, 3, 2], seed=0), "m")
    assert done("show", "m").out == (
        "Network 2-3-2 (relu, softmax), cross_entropy, 17 parameters\n"
        "┏━━━━━━━┳━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┓\n"
        "┃ layer ┃ inputs ┃ neurons ┃ activation ┃ smallest weight ┃ largest weight ┃\n"
        "┡━━━━━━━╇━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━┩\n"
        "│     1 │      2 │       3 │       relu │         -0.5357 │         0.6404 │\n"
        "│     2 │      3 │       2 │    softmax │         -0.8003 │         0.8247 │\n"
        "└───────┴────────┴─────────┴────────────┴─────────────────┴────────────────┘\n"
    )


def test_a_built_in_set_that_hides_a_folder_is_told_and_the_advice_works() -> None:
    shutil.copy("small.csv", "iris.csv")
    outcome = done("train", "iris", *FAST, "--out", "m")
    assert outcome.err == "Training 4-4-3 on 108 rows: 2 epochs of 4 updates.\n"
    Path("iris").mkdir()
    remark, training = done("train", "iris", *FAST, "--out", "m").err.splitlines()
    assert remark == "iris is the built-in set; for what is here under that name type ./iris"
    assert training == "Training 4-4-3 on 108 rows: 2 epochs of 4 updates."
    assert refusal("train", "./iris", *FAST, "--out", "m").startswith("iris: expected a folder of images")
