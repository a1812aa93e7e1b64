"""What the examples show is so."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

import two_opposing_examples
from two_opposing_examples import CASES, OUTPUTS, Case, learn, table, two_inputs

WITHIN = 0.03


def test_two_opposing_examples_are_learned_and_faster_with_softmax_and_cross_entropy() -> None:
    sigmoid, softmax = (learn("random weights", output) for output in OUTPUTS)
    assert (sigmoid.output, softmax.output) == ("sigmoid", "softmax")
    assert softmax.error < sigmoid.error < WITHIN
    assert not sigmoid.stuck


@pytest.mark.parametrize("output", OUTPUTS)
def test_zero_weights_keep_a_network_at_one_half(output: str) -> None:
    """Exactly: with equal neurons, what the two labels ask for cancels to the last bit."""
    case = learn("zero weights", output)
    np.testing.assert_array_equal(case.answers, np.full((2, 2), 0.5))
    assert case.stuck


@pytest.mark.parametrize("output", OUTPUTS)
def test_equal_inputs_lead_a_network_to_one_half(output: str) -> None:
    case = learn("equal inputs", output)
    np.testing.assert_allclose(case.answers, 0.5, rtol=0, atol=1e-6)
    assert case.stuck


def test_the_table_tells_what_was_learned_and_what_is_stuck() -> None:
    answers = np.array([[0.98, 0.01], [0.03, 0.96]])
    cases = [
        Case("random weights", "sigmoid", "squared_error", 3.0, answers),
        Case("equal inputs", "softmax", "cross_entropy", 3.0, np.full((2, 2), 0.5)),
    ]
    assert table(cases).splitlines() == [
        "                output, cost            answers to the two              verdict",
        "random weights  sigmoid, squared_error  [0.980, 0.010]  [0.030, 0.960]  learned to within 0.0400",
        "equal inputs    softmax, cross_entropy  [0.500, 0.500]  [0.500, 0.500]  stuck at [0.5, 0.5]",
    ]


def test_the_example_prints_all_six_cases(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(two_opposing_examples, "STEPS", 2)
    two_opposing_examples.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "784-16-16-2, labels [1, 0] and [0, 1], learning rate 3, 2 steps on both examples at once:",
        "",
    ]
    shown = [(line[:14].strip(), line[16:38].strip()) for line in lines[3:]]
    assert shown == [(name, f"{output}, {cost}") for name in CASES for output, cost in OUTPUTS.items()]


@pytest.mark.parametrize("largest", [1.0, 255.0])
@pytest.mark.parametrize("initialization", ["normal", "lecun"])
@pytest.mark.parametrize(
    ("learning_rate", "within"),
    [
        (3.0, WITHIN),
        (0.1, 0.05),  # a thirtieth of the rate: not all starts come to 0.03 in 3,000 steps
    ],
)
def test_sigmoid_and_squared_error_learn_two_opposing_examples_from_every_ordinary_start(
    largest: float, initialization: str, learning_rate: float, within: float
) -> None:
    case = learn(
        "random weights", "sigmoid", learning_rate=learning_rate, initialization=initialization, largest=largest
    )
    assert case.error < within


def test_the_inputs_of_the_example_are_what_they_are_said_to_be() -> None:
    assert two_inputs().shape == (2, 784)
    assert (two_inputs()[0] != two_inputs()[1]).all()
    assert (two_inputs(equal=True)[0] == two_inputs(equal=True)[1]).all()
    assert 250 < two_inputs(largest=255.0).max() < 255
