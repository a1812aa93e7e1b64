"""The text: how it reads, how long it is, in which notations, and what of a network is shown."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import clearprop as cp
from clearprop.equations.activations import ACTIVATIONS
from clearprop.explaining import Explanation
from clearprop.explaining.notations import SCRIPTS

SOFTMAX = """\
a⁽ˡ⁾ⱼ = exp(z⁽ˡ⁾ⱼ) / (Σₖ exp(z⁽ˡ⁾ₖ))
  Turn each z into a positive number that doubles its lead quickly, then give each its share of
  their sum: the shares add up to 1. (Nielsen 2015, chapter 3)
    exp(z⁽²⁾₁) = exp(0.27526) = 1.3169
    exp(z⁽²⁾₂) = exp(0.75456) = 2.1267
    Σₖ exp(z⁽²⁾ₖ) = 1.3169 + 2.1267 = 3.4435
    a⁽²⁾₁ = 1.3169 / 3.4435 = 0.38242
    a⁽²⁾₂ = 2.1267 / 3.4435 = 0.61758
"""
CANCELLING = """\
  Why nothing but a − y is left of δ⁽²⁾₁:
      Both slopes put in:
    δ⁽²⁾₁ = −1 / 0.38242 · (0.38242 · (1 − 0.38242)) − 0 / 0.61758 · (0.61758 · (0 − 0.38242)) =
      −0.61758
      Each output divides in the one slope and multiplies in the other: it cancels:
    δ⁽²⁾₁ = −1 · (1 − 0.38242) − 0 · (0 − 0.38242) = −0.61758
      The target of k itself is what [j = k] leaves; all targets have the same a beside them:
    δ⁽²⁾₁ = 0.38242 · (1 + 0) − 1 = −0.61758
      The targets add up to 1:
    δ⁽²⁾₁ = 0.38242 − 1 = −0.61758
"""
JACOBIAN = """\
    ∂a⁽²⁾₁/∂z⁽²⁾₁ = 0.38242 · (1 − 0.38242) = 0.23617
    ∂a⁽²⁾₂/∂z⁽²⁾₁ = 0.61758 · (0 − 0.38242) = −0.23617
    ∂a⁽²⁾₁/∂z⁽²⁾₂ = 0.38242 · (0 − 0.61758) = −0.23617
    ∂a⁽²⁾₂/∂z⁽²⁾₂ = 0.61758 · (1 − 0.61758) = 0.23617
    Try it: raise z⁽²⁾₁ by 0.001, and a⁽²⁾₁ rises by 0.0002362 and a⁽²⁾₂ falls by 0.0002362; so
      a⁽²⁾₁ moves 0.2362 times as far.
  How fast each output (row) moves with each z (column); a sigmoid would have one number a row:
              z⁽²⁾₁     z⁽²⁾₂  σ′(z), if it were a sigmoid
    a⁽²⁾₁   0.23617  −0.23617                      0.24532
    a⁽²⁾₂  −0.23617   0.23617                      0.21754
"""


def network() -> cp.Network:
    return cp.Network.of(
        [[[0.5, -0.25], [-0.75, 1.0], [0.3, 0.2]], [[0.6, -0.4, 0.1], [-0.2, 0.7, 0.5]]],
        [[0.1, -0.2, 0.05], [0.0, 0.3]],
        activations=["sigmoid", "softmax"],
    )


def explained(**keywords: Any) -> Explanation:
    return cp.explain(network(), [1.0, 0.5], [1, 0], learning_rate=0.5, **keywords)


def wide(sizes: list[int], **keywords: Any) -> Explanation:
    drawn = cp.Network.initialize(sizes, seed=1)
    return cp.explain(drawn, np.random.default_rng(0).random(sizes[0]), 3, **keywords)


@pytest.mark.parametrize("passage", [SOFTMAX, JACOBIAN, CANCELLING], ids=["softmax", "jacobian", "cancelling"])
def test_the_questions_are_answered_with_the_numbers_in_place(passage: str) -> None:
    assert passage in explained().to_text()


def test_a_large_network_takes_less_than_200_lines() -> None:
    text = wide([784, 512, 512, 10], image=(28, 28)).to_text()
    assert 100 < text.count("\n") < 200
    assert max(map(len, text.splitlines())) <= 100


def test_what_is_written_does_not_grow_with_the_network() -> None:
    small, large = wide([100, 60, 50, 10]), wide([1600, 900, 800, 10])
    for write in (Explanation.to_text, Explanation.to_html, Explanation.to_latex):
        assert len(write(large)) < 1.1 * len(write(small))


LINES = {
    "books": ["δ⁽²⁾₁ = 0.38242 − 1 = −0.61758", "∂C/∂w⁽²⁾₁,₁ = (−0.61758) · 0.61657 = −0.38078"],
    "nielsen": ["δ²₁ = 0.38242 − 1 = −0.61758", "∂C/∂w²₁,₁ = (−0.61758) · 0.61657 = −0.38078"],
    "3blue1brown": ["∂C₀/∂z⁽²⁾₁ = 0.38242 − 1 = −0.61758", "∂C₀/∂w⁽²⁾₁,₁ = (−0.61758) · 0.61657 = −0.38078"],
    "code": ["delta2[0] = 0.38242 - 1 = -0.61758", "dC_dW2[0, 0] = (-0.61758) * 0.61657 = -0.38078"],
}


@pytest.mark.parametrize("notation", SCRIPTS)
def test_every_notation_tells_the_same_steps(notation: str) -> None:
    explanation = explained(notation=notation)
    text = explanation.to_text(width=200)
    assert all(f"    {line}\n" in text for line in LINES[notation])
    assert [step.result for step in explanation.steps] == [step.result for step in explained().steps]


def test_one_layer_one_neuron_or_one_weight_is_shown_alone() -> None:
    layer = wide([60, 40, 10], layer=2)
    assert {step.layer for step in layer.steps if step.layer} == {2}
    neuron = wide([60, 40, 10], neuron=(1, 7))
    assert {step.id for step in neuron.steps} >= {"z.1.7", "a.1.7", "delta.1.7", "dC/db.1.7"}
    weight = wide([60, 40, 10], weight=(1, 7, 30))
    assert {"dC/dW.1.7.30", "new_W.1.7.30"} <= {step.id for step in weight.steps}
    z = next(step for step in weight.steps if step.id == "z.1.7")
    assert 29 in z.ranges["k"].shown  # type: ignore[union-attr]


def test_more_terms_are_written_out_on_request() -> None:
    few, many = wide([60, 40, 10], terms=2), wide([60, 40, 10], terms=10)
    assert "(the other 58 terms together)" in few.to_text(width=500)
    assert "(the other 50 terms together)" in many.to_text(width=500)


def test_without_a_target_it_ends_with_the_answer() -> None:
    text = cp.explain(network(), [1.0, 0.5]).to_text()
    assert "No target is known for this example, so there is no cost and no way back." in text
    assert "Backward" not in text


def test_a_batch_says_what_cancels_and_what_is_left() -> None:
    same_input = cp.explain(network(), [[1.0, 0.5]] * 2, [[1, 0], [0, 1]]).to_text(width=500)
    assert "they do not cancel" in same_input.lower() or "nearly cancel" in same_input
    zero = network().with_parameters([W * 0 for W in network().weights], [b * 0 for b in network().biases])
    text = cp.explain(zero, [[1.0, 0.5]] * 2, [[1, 0], [0, 1]]).to_text(width=500)
    assert "They nearly cancel: this batch hardly moves the network." in text
    assert "example 1 (this one)" in text


def test_the_lead_is_the_sum_of_what_everyone_gave() -> None:
    explanation = explained(classes=["ant", "bee"])
    text = explanation.to_text(width=500)
    assert "Why class 'bee' and not class 'ant'" in text
    leads = [step.result for step in explanation.steps if "lead" in step.equation.name]
    assert len(leads) == 2
    assert leads[0] == pytest.approx(leads[1], rel=1e-12)


@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if name != "softmax"])  # what it mixes has no parts
def test_what_the_inputs_gave_adds_up_to_the_lead_for_every_activation(hidden: str) -> None:
    drawn = cp.Network.initialize([5, 7, 6, 4], hidden=hidden, precision="float64", initialization="normal", seed=2)
    steps = cp.explain(drawn, np.linspace(-1, 2, 5), 0).steps
    first, second = (step for step in steps if "lead" in step.equation.name)
    assert first.result == pytest.approx(second.result, rel=1e-10)


def test_json_holds_every_step_and_whole_arrays() -> None:
    document = explained(calculus=True).to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    steps = [step for section in document["sections"] for block in section["blocks"] for step in block.get("steps", [])]
    assert [step["id"] for step in steps] == [step.id for step in explained().steps]
    first = steps[0]
    assert (first["line"], first["result"]) == ("z⁽¹⁾₁ = 0.5 · 1 + (−0.25) · 0.5 + 0.1 = 0.475", 0.475)
    assert (first["layer"], first["neuron"], first["put in"]["w⁽¹⁾₁,₂"]) == (1, 1, -0.25)
    assert np.shape(document["values"]["dW"][1]) == (2, 3)


def test_calculus_adds_the_derivation_after_each_slope() -> None:
    plain, derived = explained().to_text(width=500), explained(calculus=True).to_text(width=500)
    assert "Where it comes from" not in plain
    assert "(quotient rule: (u′v − uv′)/v²;" in derived
    assert derived.count("Where it comes from") >= 8


def test_each_symbol_is_explained_once_where_it_first_appears() -> None:
    text = explained().to_text(width=10**4)
    for meaning in ("is the weighted input of neuron j", "is the learning rate", "is the error of a neuron"):
        assert text.count(meaning) == 1
    assert text.index("is the weighted input of neuron j") < text.index("z⁽¹⁾₁ =")


OPTIMIZER_LINES = {
    "momentum": ["v_new of w⁽¹⁾₁,₁ = 0.9 · 0 + ", "new w⁽¹⁾₁,₁ = 0.5 − 0.5 · "],
    "adam": ["m_new of w⁽¹⁾₁,₁ = 0.9 · 0 + (1 − 0.9) · ", "s_new of w", "corrected of w", "direction of w", "new w"],
    "adamw": ["direction_new of w⁽¹⁾₁,₁ = "],
}


@pytest.mark.parametrize("optimizer", OPTIMIZER_LINES)
def test_an_optimizer_is_shown_with_its_state(optimizer: str) -> None:
    text = explained(optimizer=optimizer).to_text(width=500)
    assert all(f"    {line}" in text for line in OPTIMIZER_LINES[optimizer])


def test_an_update_in_the_middle_of_a_training_starts_from_its_state() -> None:
    state = [({"velocity": layer.weight * 2}, {"velocity": layer.bias * 2}) for layer in network().layers]
    text = explained(optimizer="momentum", state=state, t=7).to_text(width=500)
    assert re.search(r"v_new of w⁽¹⁾₁,₁ = 0\.9 · 1 \+ ", text)


WRONG = {
    "example": ({"example": 1}, "example: expected a whole number from 0 to 0, got 1."),
    "learning rate": ({"learning_rate": 0}, "learning_rate: expected a number above 0, got 0."),
    "layer": ({"layer": 3}, "layer: expected a whole number from 1 to 2, got 3."),
    "neuron": ({"neuron": (2, 3)}, "neuron: expected a neuron of layer 2 from 1 to 2, got 3."),
    "weight": (
        {"weight": (1, 2)},
        "weight: expected layer, neuron and input, such as (1, 4, 300), counted from 1, got (1, 2).",
    ),
    "two": (
        {"layer": 1, "neuron": (1, 1)},
        "expected one of layer, neuron and weight, got more; a weight names its neuron and layer.",
    ),
    "digits": ({"digits": 1}, "digits: expected a whole number from 2 to 12, got 1."),
    "terms": ({"terms": 0}, "terms: expected a whole number from 1 to 50, got 0."),
    "against": ({"against": 2}, "against: expected an output from 1 to 2 other than 2, which won, got 2."),
    "notation": (
        {"notation": "nilsen"},
        "notation: expected one of books, nielsen, 3blue1brown, code, got 'nilsen'. Did you mean 'nielsen'?",
    ),
    "optimizer": (
        {"optimizer_options": {"momentum": 0.5}},
        "optimizer_options: expected no options for 'sgd', got 'momentum'.",
    ),
    "classes": ({"classes": ["a"]}, "classes: expected 2 names, one for each output, got 1."),
    "inputs": ({"inputs": ["a"]}, "inputs: expected 2 names, one for each input, got 1."),
    "image": ({"image": (2, 2)}, "image: expected height and width of 2 pixels in all, got (2, 2)."),
    "state": (
        {"optimizer": "momentum", "state": [({}, {})] * 2},
        "state: expected for each of 2 layers two mappings, of the weight and of the bias, with arrays of their shapes "
        "named velocity, got something else.",
    ),
    "t": ({"t": 0}, "t: expected a whole number of at least 1, got 0."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_is_refused_in_one_sentence(case: str) -> None:
    keywords, message = WRONG[case]
    with pytest.raises(cp.ArgumentError) as error:
        cp.explain(network(), [1.0, 0.5], [1, 0], **keywords)
    assert str(error.value) == message


def test_inputs_too_large_to_compute_with_are_refused() -> None:
    drawn = cp.Network.of([[[1e300, 1e300]]], [[0.0]], activations=["identity"], cost="squared_error")
    with pytest.raises(cp.ArgumentError, match="expected numbers of ordinary size"):
        cp.explain(drawn, [1e300, 1e300], [[0.0]])


def test_an_output_that_is_nothing_to_all_digits_is_said_to_be_beyond_numbers() -> None:
    drawn = cp.Network.of([[[2000.0], [0.0]]], [[0.0, 0.0]], activations=["softmax"])
    text = cp.explain(drawn, [1.0], [0, 1]).to_text(width=500)
    assert "its logarithm and 1/a cannot be shown. The cost, taken from z, is 2000." in text
    assert "    δ⁽¹⁾₁ = 1 − 0 = 1\n" in text
    assert "inf" not in text
