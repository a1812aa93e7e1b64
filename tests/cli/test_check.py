"""Check a function in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .running import clearprop, refusal

PROGRAMS = Path(__file__).parent.parent / "checking" / "programs"
DESCRIBED = ("--layers", "3,5,4,2", "--activations", "sigmoid,sigmoid,softmax", "--cost", "cross_entropy")


@pytest.fixture(name="wrong")
def wrong_program(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text((PROGRAMS / "rows.py").read_text().replace("delta2 @ w2.T", "a2 @ w2.T"))
    return path


def test_right_code_ends_with_0() -> None:
    outcome = clearprop("check", f"{PROGRAMS / 'rows.py'}:backprop", *DESCRIBED)
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("backprop (backprop): 3-5-4-2 (sigmoid, sigmoid, softmax), cross_entropy\nRight.\n")


def test_a_mistake_ends_with_1_and_is_named_with_its_line(wrong: Path) -> None:
    outcome = clearprop("check", f"{wrong}:backprop", *DESCRIBED)
    assert outcome.code == 1
    for passage in (
        "1. Layer 1: A hidden error is made of the wrong thing (delta-wrong-source)",
        "Line 46: error1 = a2 @ w2.T",
        "Proof: our own pass with this change gives your numbers",
    ):
        assert passage in outcome.out


def test_json_holds_all_of_it(wrong: Path) -> None:
    outcome = clearprop("check", f"{wrong}:backprop", *DESCRIBED, "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["ok"]) == (1, False)
    mistake = document["mistakes"][0]
    assert (mistake["id"], mistake["layers"], mistake["line"]) == ("delta-wrong-source", [1], 46)
    assert mistake["evidence"]["with_this_change"] < 1e-12 < mistake["evidence"]["from_right"]


def test_a_page_is_written(wrong: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    outcome = clearprop("check", f"{wrong}:backprop", *DESCRIBED, "--out", out)
    assert (outcome.code, outcome.out) == (1, "")
    assert "delta-wrong-source" in out.read_text()


def test_the_description_is_found_by_the_learners_own_functions() -> None:
    words = ("--layers", "3,5,4,2", "--forward", "forward", "--cost-function", "cost")
    outcome = clearprop("check", f"{PROGRAMS / 'rows.py'}:backprop", *words)
    assert outcome.out.startswith("backprop (backprop): 3-5-4-2 (sigmoid, sigmoid, softmax), cross_entropy\nRight.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("nothing.py:f", *DESCRIBED),
            "nothing.py: expected a file, such as network.py:backprop, got a path at which there is none; correct it.",
        ),
        (("{rows}", *DESCRIBED), "{rows}: expected FILE.py:FUNCTION, such as rows.py:backprop, got no function."),
        (("{rows}:backprop",), "--layers: expected all sizes, inputs first, such as 2,3,2, got none."),
        (
            ("{rows}:backprop", "--layers", "3,x"),
            "--layers: expected all sizes, inputs first, such as 2,3,2, got '3,x'.",
        ),
        (
            ("{rows}:backprop", "--layers", "3,5,4,2"),
            "--activations: expected one for each layer of weights, or a forward function, got neither.",
        ),
        (
            ("{rows}:backprop", *DESCRIBED, "--kind", "backwards"),
            "--kind: expected one of backprop, forward, cost, step, got 'backwards'. Did you mean 'backprop'?",
        ),
        (
            ("{rows}:backprop", *DESCRIBED[:2], "--activations", "sigmoid,sigmoid,softmx", *DESCRIBED[4:]),
            "--activations: expected one of identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax, got 'softmx'. "
            "Did you mean 'softmax'?",
        ),
        (
            ("{rows}:backprop", *DESCRIBED, "--examples", "row"),
            "--examples: expected one of single, rows, columns, got 'row'. Did you mean 'rows'?",
        ),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    rows = str(PROGRAMS / "rows.py")
    assert refusal("check", *(word.format(rows=rows) for word in words)) == sentence.format(rows=rows)


def test_a_file_that_cannot_be_loaded_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import numpy as np\nW = np.zeros(3) @ np.zeros(2)\n")
    assert "line 2 of broken.py, `W = np.zeros(3) @ np.zeros(2)`, raises ValueError" in refusal(
        "check", f"{path}:backprop", *DESCRIBED
    )


def test_a_function_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("import math\n\ndef backprop(weights, biases, x, y): ...\n\ndef forward(weights, biases, x): ...\n")
    assert refusal("check", f"{path}:backpop", *DESCRIBED) == (
        "backpop(): mine.py has no function of this name; it has backprop, forward."
    )


def test_a_file_that_is_not_python_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("def backprop(:\n")
    assert refusal("check", f"{path}:backprop", *DESCRIBED).startswith(
        "backprop(): line 1 of broken.py is not Python: "
    )
