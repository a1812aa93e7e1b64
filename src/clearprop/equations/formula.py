"""A formula is typed once and spelled in any notation, with symbols or with numbers.

It is written as a line of arithmetic, `a[l, j] = exp(z[l, j]) / sum(k, exp(z[l, k]))`:

- `z[l, j]` is the symbol z of layer l and neuron j; the first index of W, b, z, a and delta is the layer;
- `sum(k, …)` adds over all k, `max(k, …)` takes the largest over all k;
- `d(C, a[l, j])` is a slope: how fast C moves when only a moves; of a whole expression too, `d(exp(z), z)`;
- `same(j, k)` is 1 when j = k and 0 otherwise; `p if q > 0 else r` distinguishes two cases.

`Formula.spell` writes it in a notation, `Formula.evaluate` computes it; a test holds every formula against
the code beside it.
"""

from __future__ import annotations

import ast
import copy
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from clearprop.equations.notation import ADD, ATOM, MULTIPLY, NEGATE, POWER, SIGNED, Notation, Symbol


@dataclass(frozen=True)
class Terms:
    """The terms of a long sum that are written out: their index numbers, and how the rest is spelled.

    `rest` stands for all other terms together, `count` says how many those are.
    """

    shown: Sequence[int]
    rest: str
    count: int


Ranges = Mapping[str, Sequence[int] | Terms]
Lookup = Callable[[str, tuple[int, ...]], float]
Indices = Mapping[str, int]

_ARITHMETIC: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp,
    "ln": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "cos": math.cos,
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
}
_CONSTANTS = {"pi": math.pi}


@dataclass(frozen=True)
class Formula:
    """An equation `left = right` over named symbols; `source` is the line of arithmetic it was typed as."""

    source: str

    @cached_property
    def _sides(self) -> tuple[ast.expr, ast.expr]:
        return ast.parse(self.left, mode="eval").body, ast.parse(self.right, mode="eval").body

    @property
    def symbols(self) -> frozenset[str]:
        """The names of the symbols on the right-hand side, e.g. {"W", "a", "b"}."""
        nodes = list(ast.walk(self._sides[1]))
        indexed = {n.value.id for n in nodes if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)}
        indices = {
            name.id
            for n in nodes
            if isinstance(n, ast.Subscript)
            for name in ast.walk(n.slice)
            if isinstance(name, ast.Name)
        }
        functions = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        names = {n.id for n in nodes if isinstance(n, ast.Name)}
        return frozenset(indexed | (names - indices - functions - _CONSTANTS.keys()))

    def spell(self, notation: Notation, indices: Indices | None = None, ranges: Ranges | None = None) -> str:
        """The formula in a notation.

        `indices` puts numbers in place of index letters ({"l": 2, "j": 1}); `ranges` writes a sum out term by
        term ({"k": [1, 2, 3]}), or some of its terms and the rest as one number (`Terms`). A notation whose symbols
        are numbers gives the formula with the numbers put in.

        >>> from clearprop.equations.notation import TEXT
        >>> Formula("a[l, j] = exp(z[l, j]) / sum(k, exp(z[l, k]))").spell(TEXT, {"l": 2, "j": 1})
        'a⁽²⁾₁ = exp(z⁽²⁾₁) / (Σₖ exp(z⁽²⁾ₖ))'
        """
        return f"{self.spell_left(notation, indices)} = {self.spell_right(notation, indices, ranges)}"

    def spell_left(self, notation: Notation, indices: Indices | None = None) -> str:
        """What stands left of the equals sign."""
        return _Speller(notation, indices or {}, {}).spell(self._sides[0])

    def spell_right(self, notation: Notation, indices: Indices | None = None, ranges: Ranges | None = None) -> str:
        """What stands right of the equals sign."""
        return _Speller(notation, indices or {}, ranges or {}).spell(self._sides[1])

    def evaluate(self, lookup: Lookup, indices: Indices, ranges: Mapping[str, Sequence[int]]) -> float:
        """The value of the right-hand side; `lookup(name, indices)` gives each symbol's value."""
        return _Evaluator(lookup, indices, ranges).value(self._sides[1])

    @property
    def letters(self) -> frozenset[str]:
        """The letters of its indices: {"l", "j", "k"} for the weighted input."""
        nodes = [node for side in self._sides for node in ast.walk(side)]
        slices = [node.slice for node in nodes if isinstance(node, ast.Subscript)]
        return frozenset(name.id for part in slices for name in ast.walk(part) if isinstance(name, ast.Name))

    @property
    def calls(self) -> frozenset[str]:
        """The names of the functions in it, sums and slopes included: {"sum", "exp"} for softmax."""
        nodes = (node for side in self._sides for node in ast.walk(side))
        return frozenset(_name_of(node) for node in nodes if isinstance(node, ast.Call))

    @property
    def left_symbols(self) -> frozenset[str]:
        """The names of the symbols on the left-hand side: {"C", "a"} for ∂C/∂a."""
        return Formula(f"x = {self.left}").symbols

    @cached_property
    def _sums(self) -> list[ast.Call]:
        calls = (node for node in ast.walk(self._sides[1]) if isinstance(node, ast.Call))
        return [call for call in calls if _name_of(call) == "sum"]

    @property
    def summed(self) -> tuple[str, ...]:
        """The letters that its sums run over, the outer sum first: ("k",) for the weighted input."""
        return tuple(_bound_index(call) for call in self._sums)

    def terms(self, lookup: Lookup, indices: Indices, ranges: Mapping[str, Sequence[int]]) -> list[float]:
        """The value of each term of its first sum, in the order of that sum's range."""
        evaluator, letter = _Evaluator(lookup, indices, ranges), self.summed[0]
        return [evaluator._at(letter, number).value(self._sums[0].args[1]) for number in ranges[letter]]

    @property
    def term(self) -> Formula:
        """One term of its first sum, as a formula of itself."""
        term = ast.unparse(self._sums[0].args[1])
        return Formula(f"{term} = {term}")

    @property
    def left(self) -> str:
        """What stands left of the equals sign, as it was typed."""
        return self.source.partition(" = ")[0]

    @property
    def right(self) -> str:
        """What stands right of it."""
        return self.source.partition(" = ")[2]

    def above_and_below(self) -> tuple[Formula, Formula]:
        """What stands above and below the fraction that the right-hand side is, each as a formula of itself."""
        fraction = self._sides[1]
        assert isinstance(fraction, ast.BinOp)
        assert isinstance(fraction.op, ast.Div)
        above, below = ast.unparse(fraction.left), ast.unparse(fraction.right)
        return Formula(f"{above} = {above}"), Formula(f"{below} = {below}")

    def renamed(self, letters: Mapping[str, str]) -> Formula:
        """The formula with other letters for some of its indices.

        >>> Formula("C = sum(j, a[l, j])").renamed({"j": "m"})
        Formula(source='C = sum(m, a[l, m])')
        """
        sides = [ast.unparse(_Exchange(letters).visit(copy.deepcopy(side))) for side in self._sides]
        return Formula(" = ".join(sides))

    def put(self, parts: Mapping[str, str]) -> Formula:
        """The formula with other parts put in for some, each written as arithmetic.

        >>> Formula("C = exp(z[j]) / 2").put({"exp(z[j])": "e[j]"})
        Formula(source='C = e[j] / 2')
        """
        right = _Exchange(parts).visit(copy.deepcopy(self._sides[1]))
        return Formula(f"{self.left} = {ast.unparse(right)}")


class _Exchange(ast.NodeTransformer):
    """Puts other parts in for those that read as its keys do."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = {ast.unparse(ast.parse(part, mode="eval")): new for part, new in parts.items()}

    def visit(self, node: ast.AST) -> ast.AST:
        new = self._parts.get(ast.unparse(node)) if isinstance(node, ast.expr) else None
        return self.generic_visit(node) if new is None else ast.parse(new, mode="eval").body


def _name_of(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Name)
    return call.func.id


def _bound_index(call: ast.Call) -> str:
    assert isinstance(call.args[0], ast.Name)
    return call.args[0].id


def _symbol(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """A symbol's name and its indices: `z[l, j]` is ("z", [l, j]), `C` is ("C", [])."""
    if isinstance(node, ast.Name):
        return node.id, []
    assert isinstance(node, ast.Subscript)
    assert isinstance(node.value, ast.Name)
    return node.value.id, node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def index_value(node: ast.expr, indices: Indices) -> int:
    """An index such as `l - 1` with numbers put in."""
    if isinstance(node, ast.BinOp):
        left, right = index_value(node.left, indices), index_value(node.right, indices)
        return int(_ARITHMETIC[type(node.op)](left, right))
    return indices[node.id] if isinstance(node, ast.Name) else int(ast.literal_eval(node))


def index_spelling(node: ast.expr, indices: Indices) -> str:
    """An index as it is written: its number where it is known, else its letters."""
    letters = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    known = all(letter in indices for letter in letters)
    return str(index_value(node, indices)) if known else ast.unparse(node).replace(" ", "")


@dataclass(frozen=True)
class _Evaluator:
    lookup: Lookup
    indices: Indices
    ranges: Mapping[str, Sequence[int]]

    def value(self, node: ast.expr) -> float:
        match node:
            case ast.Constant():
                return float(ast.literal_eval(node))
            case ast.Name() if node.id in _CONSTANTS:
                return _CONSTANTS[node.id]
            case ast.Name() | ast.Subscript():
                name, at = _symbol(node)
                return self.lookup(name, tuple(index_value(index, self.indices) for index in at))
            case ast.UnaryOp():
                return -self.value(node.operand)
            case ast.BinOp():
                return _ARITHMETIC[type(node.op)](self.value(node.left), self.value(node.right))
            case ast.IfExp():
                return self.value(node.body if self._holds(node.test) else node.orelse)
            case ast.Call():
                return self._call(node)
        raise AssertionError(f"no formula has a part like {ast.unparse(node)}")

    def _holds(self, test: ast.expr) -> bool:
        assert isinstance(test, ast.Compare)
        return self.value(test.left) > self.value(test.comparators[0])

    def _call(self, call: ast.Call) -> float:
        name = _name_of(call)
        if name in ("sum", "max"):
            terms = [self._at(_bound_index(call), i).value(call.args[1]) for i in self.ranges[_bound_index(call)]]
            return math.fsum(terms) if name == "sum" else max(terms)
        if name == "same":
            first, second = (index_value(index, self.indices) for index in call.args)
            return float(first == second)
        if name == "d":
            (of, of_at), (by, by_at) = _symbol(call.args[0]), _symbol(call.args[1])
            at = tuple(index_value(index, self.indices) for index in [*of_at, *by_at])
            return self.lookup(f"d{of}/d{by}", at)
        return _FUNCTIONS[name](*(self.value(argument) for argument in call.args))

    def _at(self, letter: str, number: int) -> _Evaluator:
        return _Evaluator(self.lookup, {**self.indices, letter: number}, self.ranges)


@dataclass(frozen=True)
class _Speller:
    notation: Notation
    indices: Indices
    ranges: Ranges

    def spell(self, node: ast.expr) -> str:
        return self._spell(node)[0]

    def _inside(self, node: ast.expr, level: int) -> str:
        """The spelling of a part, in brackets if it binds less tightly than its surroundings."""
        text, own = self._spell(node)
        return text if own >= level else self.notation.brackets(text)

    def _spell(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Constant():
                return str(node.value), ATOM
            case ast.Name() if node.id in _CONSTANTS:
                return self.notation.constant(node.id), ATOM
            case ast.Name() | ast.Subscript():
                return self._signed(self.notation.symbol(*self._spelled_symbol(node)))
            case ast.UnaryOp():
                return self.notation.minus + self._inside(node.operand, NEGATE), NEGATE
            case ast.BinOp():
                return self._spell_arithmetic(node)
            case ast.IfExp():
                return self._spell_cases(node), ATOM
            case ast.Call():
                return self._spell_call(node)
        raise AssertionError(f"no formula has a part like {ast.unparse(node)}")

    def _signed(self, text: str) -> tuple[str, int]:
        return text, SIGNED if text.startswith(self.notation.minus) else ATOM

    def _spelled_symbol(self, node: ast.expr) -> Symbol:
        name, at = _symbol(node)
        return name, [index_spelling(index, self.indices) for index in at]

    def _spell_arithmetic(self, node: ast.BinOp) -> tuple[str, int]:
        match node.op:
            case ast.Div():
                if self.notation.stacks:
                    return self.notation.fraction(self.spell(node.left), self.spell(node.right)), ATOM
                left, right = self._inside(node.left, MULTIPLY), self._inside(node.right, POWER)
                return self.notation.fraction(left, right), MULTIPLY
            case ast.Pow():
                return self._spell_power(node)
            case ast.Mult():
                left, right = self._inside(node.left, MULTIPLY), self._inside(node.right, NEGATE)
                return self.notation.product(left, right), MULTIPLY
            case ast.Sub():
                left, right = self._inside(node.left, SIGNED), self._inside(node.right, MULTIPLY)
                return f"{left} {self.notation.minus} {right}", ADD
            case _:
                return self._added([self._inside(node.left, SIGNED), self._inside(node.right, ADD)]), ADD

    def _spell_power(self, node: ast.BinOp) -> tuple[str, int]:
        base, own = self._spell(node.left)
        exponent = self.spell(node.right) if self.notation.stacks else self._inside(node.right, ATOM)
        indexed = isinstance(node.left, ast.Subscript)  # its layer stands where an exponent would
        if own < ATOM or (indexed and not self.notation.is_code):
            base = self.notation.brackets(base)
        return self.notation.power(base, exponent), POWER

    def _spell_cases(self, node: ast.IfExp) -> str:
        assert isinstance(node.test, ast.Compare)
        condition = f"{self.spell(node.test.left)} > {self.spell(node.test.comparators[0])}"
        return self.notation.cases(self.spell(node.body), condition, self.spell(node.orelse))

    def _spell_call(self, call: ast.Call) -> tuple[str, int]:
        name = _name_of(call)
        if name in ("sum", "max"):
            return self._spell_over(name, call)
        if name == "same":
            return self.notation.same(*(index_spelling(index, self.indices) for index in call.args)), ATOM
        if name == "d":
            return self._spell_slope(*call.args)
        return self.notation.call(name, ", ".join(self.spell(argument) for argument in call.args)), ATOM

    def _spell_slope(self, of: ast.expr, by: ast.expr) -> tuple[str, int]:
        if isinstance(of, (ast.Name, ast.Subscript)):
            return self._signed(self.notation.slope(self._spelled_symbol(of), self._spelled_symbol(by)))
        return self.notation.slope_of(self.spell(of), self._spelled_symbol(by)), MULTIPLY

    def _spell_over(self, name: str, call: ast.Call) -> tuple[str, int]:
        letter, term = _bound_index(call), call.args[1]
        if letter not in self.ranges:
            if self.notation.is_code:
                return self.notation.over(name, letter, self.spell(term)), ATOM
            return self.notation.over(name, letter, self._inside(term, MULTIPLY)), NEGATE
        over = self.ranges[letter]
        numbers = over.shown if isinstance(over, Terms) else over
        each = [_Speller(self.notation, {**self.indices, letter: i}, self.ranges) for i in numbers]
        if name == "max":
            return self.notation.call("max", ", ".join(speller.spell(term) for speller in each)), ATOM
        first, *rest = each
        terms = [first.spell(term), *(speller._inside(term, ADD) for speller in rest)]
        if isinstance(over, Terms):
            terms.append(self.notation.rest(over.rest, over.count))
            rest = each
        return self._added(terms), ADD if rest else first._spell(term)[1]

    def _added(self, terms: Sequence[str]) -> str:
        """Terms with a plus between them, or the minus that a term begins with."""
        minus = self.notation.minus
        rest = (
            f" {minus} {term.removeprefix(minus)}" if term.startswith(minus) else f" + {term}" for term in terms[1:]
        )
        return terms[0] + "".join(rest)
