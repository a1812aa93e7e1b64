"""Explain one row of a file."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import clearprop as cp

from .running import clearprop, done, refusal


def test_a_row_is_explained_as_text(model: Path) -> None:
    outcome = done("explain", model, "small.csv")
    assert outcome.err == ""
    assert outcome.out.startswith(
        "Network 6-4-3 (relu, softmax), cross_entropy, 43 parameters: one example explained\n"
    )
    for passage in ("It ought to be class 'ant'.", "('height')", "Why nothing but a − y is left of", "new w⁽²⁾₁,₁ ="):
        assert passage in outcome.out


def test_the_row_is_the_one_that_label_and_evaluate_count(model: Path) -> None:
    rows = done("label", model, "small.csv").rows
    for row in (1, 2, 90):
        answer = rows[row - 1]["label"]
        assert f"The network's answer: class {answer!r}" in done("explain", model, "small.csv", "--example", row).out


def test_the_numbers_are_those_of_the_model(model: Path) -> None:
    document = json.loads(done("explain", model, "small.csv", "--example", 5, "--json").out)
    loaded = cp.load(model)
    x = document["values"]["x"][0]
    assert document["values"]["a"][-1] == pytest.approx(loaded.network.probabilities([x])[0], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "begin"),
    [("e.html", "<!doctype html>"), ("e.tex", "\\documentclass"), ("e.json", '{"title"'), ("e.txt", "Network 6-4-3")],
)
def test_the_ending_of_the_file_says_what_is_written(model: Path, name: str, begin: str) -> None:
    outcome = done("explain", model, "small.csv", "--out", name)
    assert (outcome.out, outcome.err) == ("", f"The explanation is in {name}.\n")
    assert Path(name).read_text(encoding="utf-8").startswith(begin)


@pytest.mark.parametrize(("form", "begin"), [("html", "<!doctype html>"), ("latex", "\\documentclass"), ("json", "{")])
def test_a_named_format_goes_to_the_terminal(model: Path, form: str, begin: str) -> None:
    assert done("explain", model, "small.csv", "--format", form).out.startswith(begin)


def test_one_weight_in_another_notation_beside_a_batch(model: Path) -> None:
    words = shlex.split("--weight 1.2.1 --notation code --batch 3 --digits 7 --optimizer momentum --learning-rate 0.01")
    out = done("explain", model, "small.csv", *words).out
    for passage in ("W1[1, 0] = ", "This example beside the batch of 3", "v_new", "0.01"):
        assert passage in out


def test_a_file_without_classes_is_explained_as_far_as_it_goes(model: Path, folder: Path) -> None:
    lines = (folder / "small.csv").read_text().splitlines()
    (folder / "new.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n")
    out = done("explain", model, "new.csv", "--example", 3).out
    assert "No target is known for this example, so there is no cost and no way back." in out


REFUSALS = {
    "--example 91": "small.csv: expected at least 91 rows, got fewer; name an earlier row.",
    "--example 0": "--example: expected a whole number of at least 1, got 0.",
    "--neuron 2": "--neuron: expected layer and neuron, such as 2.7, counted from 1, got '2'.",
    "--neuron 2.4": "--neuron: expected a neuron of layer 2 from 1 to 3, got 4.",
    "--weight 1.1": "--weight: expected layer, neuron and input, such as 1.4.300, counted from 1, got '1.1'.",
    "--format pdf": "--format: expected one of text, html, latex, json, got 'pdf'.",
    "--against dog": "--against: expected one of 'ant', 'bee', 'cat', got 'dog'.",
    "--notation Nielsen2": (
        "--notation: expected one of books, nielsen, 3blue1brown, code, got 'Nielsen2'. Did you mean 'nielsen'?"
    ),
    "--out e.pdf": (
        "--out: expected a name that ends in one of .txt, .md, .log, .html, .htm, .tex, .json, got 'e.pdf'. With "
        "--format it may end in any way."
    ),
    "--out small.csv": "small.csv: expected a new file for --out, got the file that is read; choose another name.",
}


@pytest.mark.parametrize("words", REFUSALS)
def test_a_wrong_call_is_refused_in_one_sentence(model: Path, words: str) -> None:
    assert refusal("explain", model, "small.csv", *shlex.split(words)) == REFUSALS[words]


def test_a_row_that_cannot_be_used_is_named(model: Path, folder: Path) -> None:
    text = (folder / "small.csv").read_text().splitlines()
    text[2] = "high," + text[2].partition(",")[2]
    (folder / "bad.csv").write_text("\n".join(text) + "\n")
    assert refusal("explain", model, "bad.csv", "--example", 2).startswith("bad.csv: row 2: ")
    assert clearprop("explain", model, "bad.csv", "--example", 3).code == 0
