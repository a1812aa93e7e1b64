"""Every line of every derivation equals the line before it, for all values: checked with SymPy."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from typing import Any

import pytest
import sympy as sp

from clearprop.equations import activations, costs, layers, outputs
from clearprop.equations.formula import Formula
from clearprop.explaining.derivations import CANCELLING, derivation_of, product
from clearprop.explaining.derivations import _table as table
from clearprop.explaining.explanation import Derivation

UNITS = 3
SIZE = range(1, UNITS + 1)
DERIVED = table()

Values = Mapping[str, Any]


def z(j: int) -> sp.Symbol:
    return sp.Symbol(f"z{j}", real=True)


def value_of(derivation: Derivation) -> Any:
    """What a symbol stands for while this derivation is checked: a is a function of z where its slope is derived."""
    name = derivation.equation.name.removesuffix("_slope").removesuffix("_jacobian")

    def value(symbol: str, at: tuple[int, ...]) -> Any:
        if symbol == "z" and derivation.equation in (
            layers.weight_gradient,
            layers.bias_gradient,
            layers.input_gradient,
        ):
            terms = [value("W", (at[0], at[1], k)) * value("a", (at[0] - 1, k)) for k in SIZE]
            return sp.Add(*terms) + value("b", at)
        if symbol == "z":
            return z(at[1])
        if symbol == "a" and name in activations.ACTIVATIONS:
            return activated(name, at[1])
        if symbol == "y" and derivation.equation is outputs.matching_delta and at[0] == UNITS:
            return 1 - sum(value("y", (j,)) for j in SIZE[:-1])  # the targets add up to 1
        if symbol == "alpha":
            return sp.Symbol("alpha", positive=True)
        return sp.Symbol(f"{symbol}_{'_'.join(map(str, at))}", positive=symbol == "a")

    return value


def activated(name: str, j: int) -> Any:
    """The activation by its own formula, which a test of the equations holds against the code."""
    formula = activations.ACTIVATIONS[name].value.formula
    symbols = {"z": lambda at: z(at[1]), "alpha": lambda _: sp.Symbol("alpha", positive=True)}
    return Translator(lambda symbol, at: symbols[symbol](at), {"l": 2, "j": j}).of(formula)


class Translator:
    """A formula's right-hand side in SymPy, its sums over three neurons."""

    def __init__(self, value: Any, indices: Mapping[str, int]) -> None:
        self.value, self.indices = value, dict(indices)

    def of(self, formula: Formula) -> Any:
        return self.node(ast.parse(formula.right, mode="eval").body)

    def node(self, node: ast.AST) -> Any:
        match node:
            case ast.Constant():
                return sp.nsimplify(node.value, rational=True)
            case ast.Name(id="pi"):
                return sp.pi
            case ast.Name() | ast.Subscript():
                return self.value(*self.symbol(node))
            case ast.UnaryOp():
                return -self.node(node.operand)
            case ast.BinOp():
                left, right = self.node(node.left), self.node(node.right)
                operations = {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}
                if isinstance(node.op, ast.Div):
                    return left / right
                return left**right if isinstance(node.op, ast.Pow) else operations[type(node.op)]
            case ast.IfExp():
                test = node.test
                assert isinstance(test, ast.Compare)
                holds = self.node(test.left) > self.node(test.comparators[0])
                return sp.Piecewise((self.node(node.body), holds), (self.node(node.orelse), True))
            case ast.Call(func=ast.Name(id=name)):
                return self.call(name, node.args)
        raise AssertionError(ast.dump(node))

    def symbol(self, node: ast.AST) -> tuple[str, tuple[int, ...]]:
        if isinstance(node, ast.Name):
            return node.id, ()
        assert isinstance(node, ast.Subscript)
        assert isinstance(node.value, ast.Name)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return node.value.id, tuple(int(eval(ast.unparse(part), {}, self.indices)) for part in parts)  # noqa: S307

    def call(self, name: str, arguments: list[ast.expr]) -> Any:
        if name == "sum":
            letter = ast.unparse(arguments[0])
            each = [Translator(self.value, {**self.indices, letter: i}).node(arguments[1]) for i in SIZE]
            return sp.Add(*each)
        if name == "same":
            first, second = (self.indices[ast.unparse(argument)] for argument in arguments)
            return sp.Integer(first == second)
        if name == "d":
            return self.slope(*arguments)
        functions = {"exp": sp.exp, "ln": sp.log, "sqrt": sp.sqrt, "tanh": sp.tanh}
        return functions[name](self.node(arguments[0]))

    def slope(self, of: ast.expr, by: ast.expr) -> Any:
        by_value = self.node(by)
        if isinstance(of, ast.Name):  # the cost, of which nothing more is said here
            return sp.Symbol(f"dC_d{by_value}")
        if isinstance(of, ast.Subscript) and not by_value.free_symbols & self.node(of).free_symbols:
            (name, at), (by_name, by_at) = self.symbol(of), self.symbol(by)
            return sp.Symbol(f"d{name}{at}_d{by_name}{by_at}") if name == "a" and by_name == "z" else sp.Integer(0)
        return sp.diff(self.node(of), by_value)


def equal(first: Any, second: Any) -> bool:
    """Whether two expressions are the same for all values: proven, not tried."""
    difference = (first - second).rewrite(sp.exp)
    if difference.has(sp.Piecewise):
        difference = sp.piecewise_fold(difference)
        parts = [part for part, _ in difference.args] if isinstance(difference, sp.Piecewise) else [difference]
        return all(sp.simplify(part) == 0 for part in parts)
    return bool(sp.simplify(sp.expand(sp.together(difference))) == 0)


@pytest.mark.parametrize("name", sorted(DERIVED))
def test_every_line_equals_the_line_before(name: str) -> None:
    derivation = DERIVED[name]
    places = [(1, 1), (1, 2), (3, 2)] if "k" in derivation.lines[-1][0].source else [(1, 1), (2, 2)]
    for j, k in places:
        translate = Translator(value_of(derivation), {"l": 2, "j": j, "k": k})
        lines = [translate.of(formula) for formula, _ in derivation.lines]
        for first, second in itertools.pairwise(lines):
            if name == outputs.matching_delta.name and "d(" in derivation.lines[0][0].right and first is lines[0]:
                continue  # the chain rule is checked below, with both slopes put in
            assert equal(first, second), f"{first}\n{second}"


@pytest.mark.parametrize("k", SIZE)
def test_the_chain_rule_with_both_slopes_is_the_cost_differentiated_through_softmax(k: int) -> None:
    shares = [sp.exp(z(j)) / sp.Add(*(sp.exp(z(m)) for m in SIZE)) for j in SIZE]
    y = [sp.Symbol(f"y{j}") for j in SIZE[:-1]]
    y.append(1 - sum(y))
    cost = -sum(one * sp.log(share) for one, share in zip(y, shares, strict=True))
    value = {"a": lambda at: shares[at[1] - 1], "y": lambda at: y[at[0] - 1]}
    translate = Translator(lambda symbol, at: value[symbol](at), {"l": 2, "k": k})
    for formula in (product(), *(Formula(f"delta[l, k] = {line}") for line, _ in CANCELLING)):
        assert equal(translate.of(formula), sp.diff(cost, z(k)))


def test_a_derivation_starts_at_the_formula_and_ends_at_its_slope() -> None:
    for activation in activations.ACTIVATIONS.values():
        derivation = derivation_of(activation.slope)
        assert derivation is not None
        assert derivation.lines[-1][0] == activation.slope.formula
        assert derivation.lines[0][0].right.startswith("d(")
    for cost in costs.COSTS.values():
        derivation = derivation_of(cost.slope)
        assert derivation is not None
        assert derivation.lines[-1][0] == cost.slope.formula


def test_every_line_has_a_reason() -> None:
    for derivation in DERIVED.values():
        assert all(reason for _, reason in derivation.lines)


@pytest.mark.parametrize(
    ("name", "line", "right", "wrong"),
    [
        ("sigmoid_slope", 2, "exp(-z[l, j]) /", "-exp(-z[l, j]) /"),
        ("softmax_jacobian", 1, "exp(z[l, j]) * exp(z[l, k])", "exp(z[l, j]) * exp(z[l, j])"),
        ("cross_entropy_slope", 1, "-y[j]", "y[j]"),
        ("weight_gradient", 2, "a[l - 1, k]", "a[l - 1, j]"),
        ("matching_delta", 3, "- y[k]", "+ y[k]"),
    ],
)
def test_a_line_with_one_wrong_sign_or_letter_is_found(name: str, line: int, right: str, wrong: str) -> None:
    derivation = DERIVED[name]
    formula = derivation.lines[line][0]
    assert right in formula.source
    translate = Translator(value_of(derivation), {"l": 2, "j": 1, "k": 2})
    spoiled = Formula(formula.source.replace(right, wrong, 1))
    assert not equal(translate.of(derivation.lines[line - 1][0]), translate.of(spoiled))
