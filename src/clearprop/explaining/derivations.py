"""Where each slope comes from, line by line.

A derivation starts at the equation's left-hand side and ends at its right-hand side; both, and the formulas put in, are
the equations' own. Only the lines between are written here, each with the reason that leads to it. A test checks every
line against the one before it with a computer algebra system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from clearprop.equations.activations import (
    ACTIVATIONS,
    Activation,
    elementwise_pullback,
    softmax,
    softmax_jacobian,
    softmax_pullback,
)
from clearprop.equations.costs import COSTS, Cost, cross_entropy_slope
from clearprop.equations.equation import Equation
from clearprop.equations.formula import Formula
from clearprop.equations.layers import bias_gradient, input_gradient, weight_gradient, weighted_input
from clearprop.equations.outputs import matching_delta
from clearprop.explaining.explanation import Block, Chain, Derivation, Group, Section

Between = Sequence[tuple[str, str]]
"""Lines of arithmetic, each with its reason."""

PUT_IN = "put in what stands for it"

ACTIVATION_LINES: dict[str, Between] = {
    "identity": [],
    "sigmoid": [
        ("-1 / (1 + exp(-z[l, j])) ** 2 * d(1 + exp(-z[l, j]), z[l, j])", "1/u has the slope −1/u², times that of u"),
        ("exp(-z[l, j]) / (1 + exp(-z[l, j])) ** 2", "e to the power of −z has the slope of itself, negative"),
        (
            "1 / (1 + exp(-z[l, j])) * ((1 + exp(-z[l, j]) - 1) / (1 + exp(-z[l, j])))",
            "split the fraction; add 1 and take it off again",
        ),
        ("1 / (1 + exp(-z[l, j])) * (1 - 1 / (1 + exp(-z[l, j])))", "the second factor is 1 less the first"),
    ],
    "tanh": [
        ("d((exp(z[l, j]) - exp(-z[l, j])) / (exp(z[l, j]) + exp(-z[l, j])), z[l, j])", "what tanh is made of"),
        (
            "((exp(z[l, j]) + exp(-z[l, j])) ** 2 - (exp(z[l, j]) - exp(-z[l, j])) ** 2)"
            " / (exp(z[l, j]) + exp(-z[l, j])) ** 2",
            "quotient rule: (u′v − uv′)/v², where u′ = v and v′ = u",
        ),
        ("1 - tanh(z[l, j]) ** 2", "divide both squares by the one below"),
    ],
    "relu": [],
    "leaky_relu": [],
    "gelu": [],
}
"""From ∂/∂z of the activation's formula, which comes first, to its slope, which comes last."""

LAST_OF_ACTIVATION = {
    "identity": "z moves as fast as itself",
    "sigmoid": "the first factor is a",
    "tanh": "tanh(z) is a",
    "relu": "z moves as fast as itself, and 0 does not move; at the corner 0 is chosen",
    "leaky_relu": "z moves as fast as itself, αz α times as fast; at the corner α is chosen",
    "gelu": "product rule: slope of the first factor times the second, plus the first times the slope of the second",
}

SOFTMAX_LINES: Between = [
    (
        "(same(j, k) * exp(z[l, j]) * sum(m, exp(z[l, m])) - exp(z[l, j]) * exp(z[l, k])) / sum(m, exp(z[l, m])) ** 2",
        "quotient rule: (u′v − uv′)/v²; above, z of k moves only its own e to the power of z, below it moves the sum",
    ),
    (
        "exp(z[l, j]) / sum(m, exp(z[l, m])) * ((same(j, k) * sum(m, exp(z[l, m])) - exp(z[l, k]))"
        " / sum(m, exp(z[l, m])))",
        "both parts above hold the same e to the power of z: take it out",
    ),
    (
        "exp(z[l, j]) / sum(m, exp(z[l, m])) * (same(j, k) - exp(z[l, k]) / sum(m, exp(z[l, m])))",
        "divide each part by the sum",
    ),
]

COST_LINES: dict[str, Between] = {
    "squared_error": [("d((a[l, j] - y[j]) ** 2, a[l, j])", "only the term of j moves with its a")],
    "half_squared_error": [("d((a[l, j] - y[j]) ** 2 / 2, a[l, j])", "only the term of j moves with its a")],
    "cross_entropy": [("d(-y[j] * ln(a[l, j]), a[l, j])", "only the term of j moves with its a")],
    "binary_cross_entropy": [
        (
            "d(-(y[j] * ln(a[l, j]) + (1 - y[j]) * ln(1 - a[l, j])), a[l, j])",
            "only the term of j moves with its a",
        )
    ],
}

LAST_OF_COST = {
    "squared_error": "a square has the slope of twice what is squared",
    "half_squared_error": "a square has the slope of twice what is squared, and half of that is itself",
    "cross_entropy": "ln(a) has the slope 1/a",
    "binary_cross_entropy": "ln(a) has the slope 1/a, and ln(1 − a) has −1/(1 − a)",
}

CANCELLING: Between = [
    (
        "sum(j, -y[j] * (same(j, k) - a[l, k]))",
        "Each output divides in the one slope and multiplies in the other: it cancels",
    ),
    (
        "a[l, k] * sum(j, y[j]) - y[k]",
        "The target of k itself is what [j = k] leaves; all targets have the same a beside them",
    ),
]
"""From the product of Jacobian and ∂C/∂a to a − y."""

TARGETS_ADD_UP = "The targets add up to 1"


def product() -> Formula:
    """The pullback of softmax with the slopes of softmax and cross-entropy put in."""
    slopes = {cross_entropy_slope.formula.left: cross_entropy_slope.formula.right}
    slopes[softmax_jacobian.formula.left] = softmax_jacobian.formula.right
    return softmax_pullback.formula.put(slopes)


def derivation_of(equation: Equation[..., Any]) -> Derivation | None:
    """The derivation of an equation, if it is one that is derived."""
    return _table().get(equation.name)


def derived(section: Section) -> Section:
    """The section with the derivation of every equation that has one, after its steps."""
    return replace(section, blocks=tuple(part for block in section.blocks for part in _with_derivation(block)))


def _with_derivation(block: Block) -> Iterator[Block]:
    yield block
    if isinstance(block, Chain):
        yield _table()[matching_delta.name]
    elif isinstance(block, Group) and block.equation is not matching_delta:
        derivation = derivation_of(block.equation)
        if derivation is not None:
            yield derivation


@cache
def _table() -> dict[str, Derivation]:
    derivations = [*map(_of_activation, ACTIVATIONS.values()), *map(_of_cost, COSTS.values()), *_of_layers()]
    return {derivation.equation.name: derivation for derivation in derivations}


def _derivation(equation: Equation[..., Any], lines: Between, last: str) -> Derivation:
    left = equation.formula.left
    formulas = [(Formula(f"{left} = {right}"), reason) for right, reason in lines]
    return Derivation(equation, (*formulas, (equation.formula, last)))


def _of_activation(activation: Activation) -> Derivation:
    value = activation.value.formula.right
    if activation.couples:
        # k is taken: it is the z that moves
        value = softmax.formula.put({"sum(k, exp(z[l, k]))": "sum(m, exp(z[l, m]))"}).right
        lines = [(f"d({value}, z[l, k])", PUT_IN), *SOFTMAX_LINES]
        return _derivation(activation.slope, lines, "each fraction is a share")
    lines = [(f"d({value}, z[l, j])", PUT_IN), *ACTIVATION_LINES[activation.name]]
    return _derivation(activation.slope, lines, LAST_OF_ACTIVATION[activation.name])


def _of_cost(cost: Cost) -> Derivation:
    # j is taken: it is the a that moves
    value = cost.value.formula.renamed({"j": "m"}).right
    return _derivation(cost.slope, [(f"d({value}, a[l, j])", PUT_IN), *COST_LINES[cost.name]], LAST_OF_COST[cost.name])


def _of_layers() -> Iterator[Derivation]:
    z = weighted_input.formula.renamed({"k": "m"}).right
    chain = "chain rule: it moves z, and z moves the cost"
    yield _derivation(
        weight_gradient,
        [("delta[l, j] * d(z[l, j], W[l, j, k])", chain), (f"delta[l, j] * d({z}, W[l, j, k])", PUT_IN)],
        "of the whole sum, only the term of k moves with this weight",
    )
    yield _derivation(
        bias_gradient,
        [("delta[l, j] * d(z[l, j], b[l, j])", chain), (f"delta[l, j] * d({z}, b[l, j])", PUT_IN)],
        "the bias moves z as fast as itself",
    )
    yield _derivation(
        input_gradient,
        [
            ("sum(j, delta[l, j] * d(z[l, j], a[l - 1, k]))", "chain rule: it moves every z of its layer, so add up"),
            (f"sum(j, delta[l, j] * d({z}, a[l - 1, k]))", PUT_IN),
        ],
        "of each sum, only the term of k moves with this activation",
    )
    yield _derivation(elementwise_pullback, [], "chain rule: z moves a, and a moves the cost")
    yield _derivation(softmax_pullback, [], "chain rule: z moves every a of its layer, and each moves the cost")
    first = (product().right, "put both slopes in")
    renamed = matching_delta.formula.renamed({"j": "k"})
    lines = [(softmax_pullback.formula.right, "chain rule"), first, *CANCELLING]
    formulas = [(Formula(f"{renamed.left} = {right}"), reason) for right, reason in lines]
    yield Derivation(matching_delta, (*formulas, (renamed, TARGETS_ADD_UP)))
