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
)


@pytest.mark.parametrize(("function", "described", "kind", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_learner_s_mistake_is_named_with_its_line(
    function: str, described: dict[str, Any], kind: str, expected: tuple[tuple[str, str], ...]
) -> None:
    report = checked(PATH, function, **described, kind=kind)
    assert [each.id for each in report.mistakes] == [id for id, _ in expected], report  # noqa: A001 - as the catalogue
    for mistake, (_, line) in zip(report.mistakes, expected, strict=True):
        assert line in (mistake.source or ""), report


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
