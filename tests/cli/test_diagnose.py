"""Diagnose a training on a file."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from clearprop.diagnosing import laboratory

from .running import clearprop, done, refusal

LEARNS = shlex.split("--layers 8 --epochs 20 --learning-rate 0.05")
TOO_LOW = shlex.split("--layers 8 --epochs 200 --batch-size 12 --learning-rate 1e-7 --budget 20m")


def test_a_cause_is_proven_told_and_ends_with_exit_code_1() -> None:
    outcome = clearprop("diagnose", "small.csv", *TOO_LOW)
    assert outcome.code == 1
    assert outcome.out.splitlines()[1] == "This training fails, and the cause is proven by experiment."
    for passage in ("The learning rate is too low (lr-too-low): proven", "Experiment: skill 0.", "seeds)"):
        assert passage in outcome.out


def test_a_training_that_learns_is_called_fine_and_the_check_of_ones_own_code_is_named() -> None:
    outcome = done("diagnose", "small.csv", *LEARNS)
    text = " ".join(outcome.out.split())
    assert "The settings are fine." in text
    assert "clearprop check your_file.py:your_function --layers 6,8,3 --activations relu,softmax" in text


def test_json_is_one_object() -> None:
    outcome = clearprop("diagnose", "small.csv", *TOO_LOW, "--json", "--suspect", "averaging")
    document = json.loads(outcome.out)
    assert document["causes"][0]["id"] == "lr-too-low"
    assert document["guesses"][0]["causes"] == ["averaging"]


@pytest.mark.parametrize(("name", "begin"), [("d.html", "<!doctype html>"), ("d.json", '{"title"'), ("d.txt", "6-8-3")])
def test_the_ending_of_the_file_says_what_is_written(name: str, begin: str) -> None:
    outcome = clearprop("diagnose", "small.csv", *LEARNS, "--out", name)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"The diagnosis is in {name}.\n")
    assert Path(name).read_text(encoding="utf-8").startswith(begin)


REFUSALS = {
    "--suspect softmax": (
        "--suspect: expected 'averaging' or a setting with a value, such as learning-rate=0.1, got 'softmax'."
    ),
    "--suspect lerning-rate=1": (
        "--suspect: expected one of averaging, activation, hidden, output, cost, initialization, layers, optimizer, "
        "learning_rate, schedule, batch_size, epochs, validation, l2, dropout, shuffle, patience, got 'lerning_rate'. "
        "Did you mean 'learning_rate'?"
    ),
    "--budget soon": "--budget: expected a time such as 60s or 2m, got 'soon'.",
    "--format latex": "--format: expected one of text, html, json, got 'latex'. Did you mean 'text'?",
    "--learning-rate 0": "--learning-rate: expected a number above 0, got 0.0.",
    "--activation rellu": (
        "activation: expected one of identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax, got 'rellu'. "
        "Did you mean 'relu'?"
    ),
    "--suspect batch-size=0": "--suspect: batch_size: expected a whole number of at least 1, got 0.",
    "--out d.tex": (
        "--out: expected a name that ends in one of .txt, .md, .log, .html, .htm, .json, got 'd.tex'. With --format it "
        "may end in any way."
    ),
    "--out small.csv": "small.csv: expected a new file for --out, got the file that is read; choose another name.",
}


@pytest.mark.parametrize("words", REFUSALS)
def test_a_wrong_call_is_refused_in_one_sentence(words: str) -> None:
    assert refusal("diagnose", "small.csv", *shlex.split(words)).removeprefix("--") == REFUSALS[words].removeprefix(
        "--"
    )


def test_ctrl_c_in_the_first_runs_tells_what_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(laboratory, "run", run)
    outcome = clearprop("diagnose", "small.csv", *TOO_LOW, "--initialization", "zeros")
    assert outcome.code == 130
    lines = outcome.out.splitlines()
    assert lines[1].startswith("Interrupted before the unchanged training was done")
    assert "  At the start, 88% of the neurons of hidden layer 1 have the weights of another one." in lines


def test_classes_are_called_by_their_names_in_the_file() -> None:
    outcome = clearprop("diagnose", "small.csv", *LEARNS, "--initialization", "zeros", "--budget", "0.001")
    assert re.search(r"gets the same answer, [^:]*: \[\w+ 0\.\d{3}, \w+ 0\.\d{3}, \w+ 0\.\d{3}\]", outcome.out)
