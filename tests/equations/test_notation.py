"""Formulas as they are spelled: with symbols, with numbers, with sums written out."""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from clearprop.equations import activations, costs, formula, layers, outputs, regularization, schedules, updates
from clearprop.equations.equation import Equation
from clearprop.equations.formula import Formula, Terms
from clearprop.equations.notation import BOOKS, CODE, LATEX, NOTATIONS, TEXT, Notation, Symbol

from .test_formulas import CASES, EQUATIONS, lookup_in, ranges_of

AT = {"l": 2, "j": 1, "k": 2, "i": 3, "m": 2}
OVER = {"i": [1, 2], "j": [1, 2], "k": [1, 2, 3]}
LATEX_COMMANDS = {
    *("frac", "partial", "left", "right", "sum", "sqrt", "ln", "tanh", "cos", "min", "mathrm", "text", "begin", "end"),
    *("lfloor", "rfloor", "lceil", "rceil", "alpha", "beta", "delta", "epsilon", "eta", "lambda", "mu", "pi", "sigma"),
    "theta",
}


def every_spelling(known: Equation[..., Any], notation: Notation) -> list[str]:
    at = [None, AT, {"l": 2}]
    return [known.formula.spell(notation, indices, ranges) for indices in at for ranges in (None, OVER)]


def balanced(text: str) -> bool:
    """Whether every bracket closes the last one that was opened."""
    opened: list[str] = []
    for letter in text:
        if letter in "([{":
            opened.append({"(": ")", "[": "]", "{": "}"}[letter])
        elif letter in ")]}" and (not opened or opened.pop() != letter):
            return False
    return not opened


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("name", EQUATIONS)
def test_every_formula_is_spelled_in_every_notation(name: str, notation: str) -> None:
    for spelled in every_spelling(EQUATIONS[name], NOTATIONS[notation]):
        assert balanced(spelled)
        assert " = " in spelled


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_latex_of_a_formula_uses_commands_that_exist_and_closes_what_it_opens(name: str) -> None:
    for spelled in every_spelling(EQUATIONS[name], LATEX):
        assert set(re.findall(r"\\([a-zA-Z]+)", spelled)) <= LATEX_COMMANDS
        assert spelled.count(r"\left") == spelled.count(r"\right")
        assert spelled.count(r"\begin{cases}") == spelled.count(r"\end{cases}")


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_code_of_a_formula_is_python(name: str) -> None:
    for spelled in every_spelling(EQUATIONS[name], CODE):
        ast.parse(spelled)


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_text_of_a_formula_raises_and_lowers_whole_words_or_none(name: str) -> None:
    for spelled in every_spelling(EQUATIONS[name], TEXT):
        assert not re.search(r"[⁰¹²³⁴-⁹₀-₉][a-z]|[a-z][ˡᵗⱼₖᵢ][a-z]", spelled)


SPELLINGS = [
    ("softmax", activations.softmax, "text", "a⁽ˡ⁾ⱼ = exp(z⁽ˡ⁾ⱼ) / (Σₖ exp(z⁽ˡ⁾ₖ))"),
    ("softmax", activations.softmax, "latex", r"a_{j}^{(l)} = \frac{e^{z_{j}^{(l)}}}{\sum_{k} e^{z_{k}^{(l)}}}"),
    ("softmax", activations.softmax, "code", "a[l][j] = exp(z[l][j]) / sum(exp(z[l][k]) for k in neurons)"),
    ("weighted_input", layers.weighted_input, "text", "z⁽ˡ⁾ⱼ = Σₖ w⁽ˡ⁾ⱼₖ · a⁽ˡ⁻¹⁾ₖ + b⁽ˡ⁾ⱼ"),
    (
        "weighted_input",
        layers.weighted_input,
        "latex",
        r"z_{j}^{(l)} = \sum_{k} w_{jk}^{(l)} \, a_{k}^{(l-1)} + b_{j}^{(l)}",
    ),
    (
        "weighted_input",
        layers.weighted_input,
        "code",
        "z[l][j] = sum(W[l][j, k] * a[l-1][k] for k in neurons) + b[l][j]",
    ),
    ("softmax_jacobian", activations.softmax_jacobian, "text", "∂a⁽ˡ⁾ⱼ/∂z⁽ˡ⁾ₖ = a⁽ˡ⁾ⱼ · ([j = k] − a⁽ˡ⁾ₖ)"),
    (
        "softmax_jacobian",
        activations.softmax_jacobian,
        "latex",
        r"\frac{\partial a_{j}^{(l)}}{\partial z_{k}^{(l)}} = a_{j}^{(l)} \, \left([j = k] - a_{k}^{(l)}\right)",
    ),
    ("softmax_jacobian", activations.softmax_jacobian, "code", "da_dz[l][j, k] = a[l][j] * ((j == k) - a[l][k])"),
    ("cross_entropy", costs.cross_entropy, "text", "C = −Σⱼ yⱼ · ln(a⁽ˡ⁾ⱼ)"),
    ("relu", activations.relu, "text", "a⁽ˡ⁾ⱼ = {z⁽ˡ⁾ⱼ if z⁽ˡ⁾ⱼ > 0, else 0}"),
    (
        "relu",
        activations.relu,
        "latex",
        r"a_{j}^{(l)} = \begin{cases} z_{j}^{(l)} & z_{j}^{(l)} > 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    ("step", schedules.step, "text", "ηₜ = η / 10^floor(3 · t / T)"),
    ("step", schedules.step, "latex", r"\eta_{t} = \frac{\eta}{10^{\left\lfloor \frac{3 \, t}{T} \right\rfloor}}"),
    ("without_bias", updates.without_bias, "text", "corrected = mean / (1 − βᵗ)"),
    ("l2_cost", regularization.l2_cost, "text", "C_penalty = λ / 2 · Σⱼ Σₖ (w⁽ˡ⁾ⱼₖ)²"),
    (
        "l2_cost",
        regularization.l2_cost,
        "code",
        "C_penalty = lambda_ / 2 * sum(sum(W[l][j, k] ** 2 for k in neurons) for j in neurons)",
    ),
    (
        "mean_bias_gradient",
        layers.mean_bias_gradient,
        "code",
        "dC_mean_db[l][j] = sum(delta[l][i, j] for i in examples) / n",
    ),
]


@pytest.mark.parametrize(
    ("known", "notation", "spelled"),
    [case[1:] for case in SPELLINGS],
    ids=[f"{name}-{notation}" for name, _, notation, _ in SPELLINGS],
)
def test_a_formula_reads_like_the_books(known: Equation[..., Any], notation: str, spelled: str) -> None:
    assert known.formula.spell(NOTATIONS[notation]) == spelled


WRITTEN_OUT = {
    "text": "z⁽²⁾₁ = w⁽²⁾₁,₁ · a⁽¹⁾₁ + w⁽²⁾₁,₂ · a⁽¹⁾₂ + w⁽²⁾₁,₃ · a⁽¹⁾₃ + b⁽²⁾₁",
    "latex": r"z_{1}^{(2)} = w_{1,1}^{(2)} \, a_{1}^{(1)} + w_{1,2}^{(2)} \, a_{2}^{(1)} + w_{1,3}^{(2)} \, a_{3}^{(1)}"
    " + b_{1}^{(2)}",
    "code": "z2[1] = W2[1, 1] * a1[1] + W2[1, 2] * a1[2] + W2[1, 3] * a1[3] + b2[1]",
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_sum_is_written_out_over_its_range(notation: str) -> None:
    assert layers.weighted_input.formula.spell(NOTATIONS[notation], AT, OVER) == WRITTEN_OUT[notation]


def test_a_sum_over_a_single_term_is_that_term() -> None:
    assert costs.cross_entropy.formula.spell(TEXT, {"l": 1}, {"j": [1]}) == "C = −(y₁ · ln(a⁽¹⁾₁))"
    assert costs.squared_error.formula.spell(TEXT, {"l": 1}, {"j": [1]}) == "C = (a⁽¹⁾₁ − y₁)²"


class Numbers(Notation):
    """Plain text with numbers in place of the symbols."""

    def __init__(self, values: dict[tuple[str, tuple[str, ...]], float]) -> None:
        self._values = values

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        return self._spelled(self._values[name, tuple(indices)])

    def slope(self, of: Symbol, by: Symbol) -> str:
        return self._spelled(self._values[f"d{of[0]}/d{by[0]}", (*of[1], *by[1])])

    def _spelled(self, value: float) -> str:
        return f"{value:g}".replace("-", self.minus)


def test_numbers_put_in_for_symbols_keep_their_signs_in_brackets() -> None:
    one = ("2", "1")
    numbers = Numbers(
        {("z", one): -0.5, ("W", ("2", "1", "1")): 2.0, ("W", ("2", "1", "2")): -3.0, ("b", one): -0.5}
        | {("a", ("1", "1")): 0.25, ("a", ("1", "2")): -1.0, ("a", one): -2.0, ("da/dz", (*one, *one)): 0.5}
    )
    at = {"l": 2, "j": 1}
    spelled = {known.name: known.formula.spell(numbers, at, {"k": [1, 2]}) for known in SIGNED}
    assert spelled == {
        "weighted_input": "−0.5 = 2 · 0.25 + (−3) · (−1) + (−0.5)",
        "sigmoid_slope": "0.5 = (−2) · (1 − (−2))",
        "tanh_slope": "0.5 = 1 − (−2)²",
        "sigmoid": "−2 = 1 / (1 + exp(−(−0.5)))",
        "tanh": "−2 = tanh(−0.5)",
    }


SIGNED = (
    layers.weighted_input,
    activations.sigmoid_slope,
    activations.tanh_slope,
    activations.sigmoid,
    activations.tanh,
)


PYTHON = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "tanh", "cos", "floor", "ceil", "pi")}


class Computed(type(CODE)):  # type: ignore[misc]
    """Code with numbers put in, whole and signed, so that Python computes what stands there."""

    def __init__(self, lookup: Any) -> None:
        self._lookup = lookup

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        try:
            return repr(float(self._lookup(name, tuple(map(int, indices)))))
        except KeyError:
            return name  # the left-hand side

    def slope(self, of: Symbol, by: Symbol) -> str:
        return self.symbol(f"d{of[0]}/d{by[0]}", [*of[1], *by[1]])


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_code_with_numbers_put_in_computes_what_the_formula_says(name: str) -> None:
    known, over = EQUATIONS[name], ranges_of(name)
    for values, indices, computed in list(CASES[known](np.random.default_rng(4)))[:20]:
        lookup = lookup_in(values)
        spelled = known.formula.spell(Computed(lookup), indices, over).partition(" = ")[2]
        assert eval(spelled, dict(PYTHON)) == pytest.approx(computed, rel=1e-12, abs=1e-14)  # noqa: S307


BRACKETS = {
    "a product keeps its sum": ("c = (a + b) * d", "c = (a + b) · d"),
    "a difference keeps a difference": ("c = a - (b - d)", "c = a − (b − d)"),
    "a difference keeps a sum": ("c = a - (b + d)", "c = a − (b + d)"),
    "a sum needs none": ("c = a + (b - d)", "c = a + b − d"),
    "a quotient keeps a product": ("c = a / (b * d)", "c = a / (b · d)"),
    "a quotient keeps a quotient": ("c = a / (b / d)", "c = a / (b / d)"),
    "a product keeps a quotient": ("c = a * (b / d)", "c = a · (b / d)"),
    "a quotient of a product needs none": ("c = a * b / d", "c = a · b / d"),
    "a quotient keeps a sign": ("c = a / -b", "c = a / (−b)"),
    "a sign keeps a sum": ("c = -(a + b)", "c = −(a + b)"),
    "a sign of a product needs none": ("c = -a * b", "c = −a · b"),
    "a power keeps a sum": ("c = (a + b) ** 2", "c = (a + b)²"),
    "a power keeps a sign": ("c = (-a) ** 2", "c = (−a)²"),
    "a power keeps a power": ("c = (a ** 2) ** 3", "c = (a²)³"),
    "a power of several digits": ("c = a ** 12", "c = a¹²"),
    "a power that is a sum": ("c = a ** (b + 1)", "c = a^(b + 1)"),
    "a sum of sums": ("c = sum(k, a[l, k] + b)", "c = Σₖ (a⁽ˡ⁾ₖ + b)"),
    "a sum of products": ("c = sum(k, a[l, k] * b)", "c = Σₖ a⁽ˡ⁾ₖ · b"),
    "the largest": ("c = max(k, z[l, k])", "c = maxₖ z⁽ˡ⁾ₖ"),
}


@pytest.mark.parametrize(("source", "spelled"), BRACKETS.values(), ids=BRACKETS.keys())
def test_brackets_stand_where_they_are_needed_and_nowhere_else(source: str, spelled: str) -> None:
    assert Formula(source).spell(TEXT) == spelled


def test_the_largest_is_written_out_as_a_list() -> None:
    assert Formula("c = max(k, z[l, k] - 1)").spell(TEXT, {"l": 1}, {"k": [1, 2]}) == "c = max(z⁽¹⁾₁ − 1, z⁽¹⁾₂ − 1)"


def test_the_examples_of_the_docstrings_run() -> None:
    assert doctest.testmod(formula) == (0, 4)


BOOKS_SPELLINGS = [
    ("nielsen", "z²₁ = Σₖ w²₁ₖ · a¹ₖ + b²₁", r"z_{1}^{2} = \sum_{k} w_{1,k}^{2} \, a_{k}^{1} + b_{1}^{2}"),
    ("3blue1brown", "∂C₀/∂z⁽²⁾₁ = a⁽²⁾₁ − y₁", r"\frac{\partial C_{0}}{\partial z_{1}^{(2)}} = a_{1}^{(2)} - y_{1}"),
]


@pytest.mark.parametrize(("name", "text", "latex"), BOOKS_SPELLINGS, ids=["nielsen", "3blue1brown"])
def test_each_book_spells_in_its_own_way(name: str, text: str, latex: str) -> None:
    known = layers.weighted_input if name == "nielsen" else outputs.matching_delta
    spelled = [known.formula.spell(notation, {"l": 2, "j": 1}) for notation in BOOKS[name]]
    assert [spelled[0].replace("₁,ₖ", "₁ₖ"), spelled[1]] == [text, latex]


def test_a_long_sum_shows_some_terms_and_the_rest_as_one_number() -> None:
    over = {"k": Terms([3, 1], "(−2.5)", 770)}
    spelled = layers.weighted_input.formula.spell(TEXT, {"l": 1, "j": 1}, over)
    assert spelled == ("z⁽¹⁾₁ = w⁽¹⁾₁,₃ · a⁽⁰⁾₃ + w⁽¹⁾₁,₁ · a⁽⁰⁾₁ + (−2.5) (the other 770 terms together) + b⁽¹⁾₁")


def test_a_formula_is_taken_apart_and_put_together() -> None:
    above, below = activations.softmax.formula.above_and_below()
    assert above == Formula("exp(z[l, j]) = exp(z[l, j])")
    assert below.summed == ("k",)
    named = activations.softmax.formula.put({above.right: "e[l, j]", below.right: "total[l]"})
    assert named == Formula("a[l, j] = e[l, j] / total[l]")
    assert layers.weighted_input.formula.term.right == "W[l, j, k] * a[l - 1, k]"
    assert layers.weighted_input.formula.letters == {"l", "j", "k"}
