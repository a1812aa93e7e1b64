"""Names are looked up in tables of allowed values; what is not there is refused with the names that are."""

from __future__ import annotations

from typing import Any

import pytest

from clearprop.equations.activations import ACTIVATIONS, activation_named
from clearprop.equations.costs import COSTS, cost_named
from clearprop.equations.outputs import PAIRS, output_pair
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError

KNOWN_ACTIVATIONS = "identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax"
KNOWN_COSTS = "squared_error, half_squared_error, cross_entropy, binary_cross_entropy"
REFUSED: dict[str, tuple[Any, str]] = {
    "a misspelled activation": (
        lambda: activation_named("rellu"),
        f"activation: expected one of {KNOWN_ACTIVATIONS}, got 'rellu'. Did you mean 'relu'?",
    ),
    "an activation in capitals": (
        lambda: activation_named("ReLU"),
        f"activation: expected one of {KNOWN_ACTIVATIONS}, got 'ReLU'. Did you mean 'relu'?",
    ),
    "an activation far from all": (
        lambda: activation_named("xyz"),
        f"activation: expected one of {KNOWN_ACTIVATIONS}, got 'xyz'.",
    ),
    "no activation": (
        lambda: activation_named(None),  # type: ignore[arg-type]
        f"activation: expected one of {KNOWN_ACTIVATIONS}, got None.",
    ),
    "a misspelled cost": (
        lambda: cost_named("crossentropy"),
        f"cost: expected one of {KNOWN_COSTS}, got 'crossentropy'. Did you mean 'cross_entropy'?",
    ),
    "a list, which no table can hold": (
        lambda: lookup({"a": 1}, ["a"], "letter"),
        "letter: expected one of a, got ['a'].",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_an_unknown_name_is_refused_with_the_known_ones(call: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        call()
    assert str(error.value) == message


def test_every_table_finds_its_entries_under_their_own_names() -> None:
    assert [activation_named(name).name for name in ACTIVATIONS] == list(ACTIVATIONS)
    assert [cost_named(name).name for name in COSTS] == list(COSTS)


PAIRINGS = [(cost, activation) for cost in COSTS for activation in ACTIVATIONS]


@pytest.mark.parametrize(("cost", "activation"), PAIRINGS, ids="-".join)
def test_squared_errors_go_with_every_output_and_logarithms_with_sigmoid_and_softmax(
    cost: str, activation: str
) -> None:
    if "squared" in cost or activation in ("sigmoid", "softmax"):
        pair = output_pair(cost, activation)
        assert pair is PAIRS[cost, activation]
        assert (pair.cost_function.name, pair.activation.name) == (cost, activation)
        return
    with pytest.raises(ArgumentError) as error:
        output_pair(cost, activation)
    assert str(error.value) == (
        f"cost {cost!r} takes the logarithm of the outputs, which must lie between 0 and 1: "
        f"expected output 'sigmoid' or 'softmax', got {activation!r}. Choose one of the two, or cost 'squared_error'."
    )
    for advised in (("sigmoid", cost), ("softmax", cost), (activation, "squared_error")):
        assert output_pair(advised[1], advised[0])
