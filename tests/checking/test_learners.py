"""Programs in many styles, as learners write them: what is said of each, and the line that is shown."""

from __future__ import annotations

from typing import Any

import pytest

from clearprop.errors import ArgumentError

from .mutants import PROGRAMS
from .test_mutants import checked

PATH = PROGRAMS / "learners.py"
RELUS = {"layers": [4, 6, 5, 3], "activations": ["relu", "relu", "softmax"], "cost": "cross_entropy"}
SHARES = {"layers": [3, 5, 2], "activations": ["sigmoid", "softmax"], "cost": "cross_entropy"}
SIGMOIDS = {"layers": [3, 5, 2], "activations": ["sigmoid", "sigmoid"], "cost": "half_squared_error"}
SQUARES = {"layers": [4, 3, 3, 3], "activations": ["sigmoid"] * 3, "cost": "half_squared_error"}
TWO = {"layers": [3, 4, 2], "activations": ["sigmoid", "sigmoid"], "cost": "binary_cross_entropy"}
TANH = {"layers": [3, 4, 1], "activations": ["tanh", "sigmoid"], "cost": "binary_cross_entropy"}

CASES: tuple[tuple[str, dict[str, Any], str, tuple[tuple[str, str], ...]], ...] = (
    ("loops_without_the_weight", SIGMOIDS, "backprop", (("delta-wrong-source", "dh.append"),)),
    ("target_minus_output", SHARES, "backprop", (("sign-ascent", "d2 = y - p"),)),
    ("gate_that_is_always_open", RELUS, "backprop", (("act-deriv-missing-hidden", "d = (d @ weights[l]) *"),)),
    ("slope_of_tanh_with_z", TANH, "backprop", (("act-deriv-wrong-formula", "(1 - z1**2)"),)),
    ("biases_of_columns_to_one_number", RELUS, "backprop", (("db-wrong-axis", ""),)),
    (
        "two_in_one_layer",
        SIGMOIDS,
        "backprop",
        (("raw-error-backprop", "d1 = e @ weights[1]"), ("db-missing-mean", "return")),
    ),
    ("output_layer_first", SHARES, "step", (("stale-weights", "d1 = d2 @ weights[1]"),)),
    ("only_the_last_layer", SHARES, "step", (("bias-not-updated", ""),)),
    ("shares_of_columns", SHARES, "forward", (("softmax-axis", "axis=1"),)),
    ("relu_upside_down", RELUS, "forward", (("activation-formula", "a = z * (z < 0)"),)),
    ("half_of_the_cost", TANH, "cost", (("cost-formula", "return -np.mean"),)),
    ("bias_column_first", SIGMOIDS, "backprop", (("bias-column-index", "[:, :-1]"),)),
    ("returns_in_the_loop", SIGMOIDS, "backprop", (("last-sample-only", "np.outer"),)),
    ("relu_slope_that_leaves_the_rest", RELUS, "backprop", (("act-deriv-wrong-formula", "g1[g1 > 0] = 1"),)),
    ("one_sum_for_all_biases", RELUS, "backprop", (("db-wrong-axis", "np.sum(dZ"),)),
    ("mean_taken_twice_below", SHARES, "backprop", (("batch-scale", "dW1 = X.T @ d1 / m"),)),
    ("a_slope_called_with_z", SIGMOIDS, "backprop", (("act-deriv-wrong-formula", "slope_of(z1)"),)),
    ("loops_over_outputs_instead_of_errors", SIGMOIDS, "backprop", (("delta-wrong-source", "error += "),)),
    ("slope_of_the_layer_above", SQUARES, "backprop", (("backprop-wrong-layer-index", ""),)),
    ("hidden_layer_without_its_activation", SHARES, "forward", (("activation-forgotten", "z1 = "),)),
)


@pytest.mark.parametrize(("function", "described", "kind", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_learner_s_mistake_is_named_with_its_line(
    function: str, described: dict[str, Any], kind: str, expected: tuple[tuple[str, str], ...]
) -> None:
    report = checked(PATH, function, **described, kind=kind)
    assert [each.id for each in report.mistakes] == [id for id, _ in expected], report  # noqa: A001 - as the catalogue
    for mistake, (_, line) in zip(report.mistakes, expected, strict=True):
        assert line in (mistake.source or ""), report


@pytest.mark.parametrize(
    ("function", "kind", "convention"),
    [
        ("zs_and_activations", "forward", "gives back the activations of all layers"),
        ("all_in_a_dictionary", "forward", "gives back the activations of all layers"),
        ("output_and_cache", "forward", "gives back the outputs alone"),
        ("gradients_that_are_still_to_come", "backprop", "gradients are the sum over the examples"),
        (
            "biases_for_one_row_only",
            "backprop",
            "it takes several examples as well, but does not add up the gradients of the biases over them "
            "(db-not-reduced): if it is meant for several, name how it takes them with `examples`",
        ),
    ],
)
def test_right_programs_are_right_however_they_give_their_numbers(function: str, kind: str, convention: str) -> None:
    report = checked(PATH, function, **TWO, kind=kind)
    assert report.mistakes == (), report
    assert convention in report.conventions


@pytest.mark.parametrize(
    ("function", "kind", "sentence"),
    [
        (
            "everything_in_one_tuple",
            "forward",
            "expected the outputs, or a list with the activations of all layers, got a list of 4: an array of shape ",
        ),
        ("everything_in_one_tuple", "forward", ", of which 2 could be the outputs."),
        (
            "half_precision",
            "backprop",
            "it gives numbers of float16, which has too few digits to tell a mistake from rounding: let it compute in "
            "float32 or float64.",
        ),
    ],
)
def test_what_cannot_be_judged_is_told(function: str, kind: str, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        checked(PATH, function, **TWO, kind=kind)
    assert sentence in str(error.value)


def test_what_only_turns_the_sign_is_not_called_another_factor_as_well() -> None:
    assert checked(PATH, "target_minus_output", **SHARES, kind="backprop").mistakes[0].also == ()


@pytest.mark.parametrize("function", ["absolute_differences", "a_norm"])
def test_a_cost_that_is_one_number_is_compared_with_one_number(function: str) -> None:
    (mistake,) = checked(PATH, function, **SIGMOIDS, kind="cost").mistakes
    assert mistake.id is None
    assert "and ought to be" in mistake.message
    assert "shape" not in mistake.message


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("sigmoid_for_softmax", "It is what comes out with sigmoid in layer 2, where softmax was named."),
        ("relu_for_sigmoid", "It is what comes out with relu in layer 1, where sigmoid was named."),
    ],
)
def test_another_activation_than_was_named_is_told(function: str, told: str) -> None:
    (mistake,) = checked(PATH, function, **SHARES, kind="forward").mistakes
    assert mistake.id is None
    assert told in mistake.message


def test_lists_that_begin_with_the_last_layer_are_told_to_be_turned_round() -> None:
    with pytest.raises(ArgumentError, match=r"it gives the last layer first; .* turn both lists round"):
        checked(PATH, "last_layer_first", **RELUS, kind="backprop")
