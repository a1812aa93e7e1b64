"""A formula for one neuron, written as NumPy computes it for a whole layer: `z1 = W1 @ a0 + b1`.

Nothing is typed again: a symbol loses the letters of its neurons, a sum over two symbols becomes `@`, any other sum
`np.sum`, and where a formula has two letters, each symbol is spread along its own.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from clearprop.equations.formula import Formula, Indices, index_spelling
from clearprop.equations.notation import LAYERED

FUNCTIONS = {"exp": "np.exp", "ln": "np.log", "sqrt": "np.sqrt", "tanh": "np.tanh", "floor": "np.floor"}
OTHERS: Mapping[str, str] = {**FUNCTIONS, "ceil": "np.ceil", "cos": "np.cos", "min": "min"}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


def vectorized(formula: Formula, indices: Indices) -> str:
    """The formula for a whole layer; `indices` may give the layer, {"l": 2}.

    >>> vectorized(Formula("z[l, j] = sum(k, W[l, j, k] * a[l - 1, k]) + b[l, j]"), {"l": 1})
    'z1 = W1 @ a0 + b1'
    >>> vectorized(Formula("d(a[l, j], z[l, k]) = a[l, j] * (same(j, k) - a[l, k])"), {"l": 2})
    'da_dz2 = a2[:, None] * (np.eye(len(a2)) - a2[None, :])'
    """
    left, right = (ast.parse(side, mode="eval").body for side in (formula.left, formula.right))
    axes = _letters(left)
    return f"{_Layer(indices, axes, '').spell(left)} = {_Layer(indices, axes, _layer_of(left)).spell(right)}"


def _letters(node: ast.AST) -> tuple[str, ...]:
    """The letters of neurons and examples in it, in the order in which they appear."""
    found: list[str] = []
    for symbol in (part for part in ast.walk(node) if isinstance(part, ast.Subscript)):
        found += [part.id for part in _places(symbol) if isinstance(part, ast.Name)]
    for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
        if _function(call) == "same":
            found += [argument.id for argument in call.args if isinstance(argument, ast.Name)]
    return tuple(dict.fromkeys(found))


def _function(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Name)
    return call.func.id


def _name(symbol: ast.Subscript) -> str:
    assert isinstance(symbol.value, ast.Name)
    return symbol.value.id


def _places(symbol: ast.Subscript) -> list[ast.expr]:
    """The indices of a symbol without its layer."""
    parts = symbol.slice.elts if isinstance(symbol.slice, ast.Tuple) else [symbol.slice]
    return list(parts[1:]) if _name(symbol) in LAYERED else list(parts)


def _layer_of(node: ast.AST) -> str:
    """A symbol whose length is the number of neurons, for the table of [j = k]."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Subscript)]
    return ast.unparse(names[0]) if names else ""


@dataclass(frozen=True)
class _Layer:
    indices: Indices
    axes: tuple[str, ...]
    """The letters that the arrays have an axis for."""
    like: str

    def spell(self, node: ast.AST) -> str:
        match node:
            case ast.Constant():
                return str(node.value)
            case ast.Name(id="pi"):
                return "np.pi"
            case ast.Name():
                return node.id
            case ast.Subscript():
                return self._spread(self._base(node), _letters(node))
            case ast.UnaryOp():
                return f"-{self._bracketed(node.operand)}"
            case ast.BinOp():
                left, right = self._bracketed(node.left, node.op), self._bracketed(node.right, node.op, right=True)
                return f"{left} {OPERATORS[type(node.op)]} {right}"
            case ast.IfExp():
                assert isinstance(node.test, ast.Compare)
                test = f"{self.spell(node.test.left)} > {self.spell(node.test.comparators[0])}"
                return f"np.where({test}, {self.spell(node.body)}, {self.spell(node.orelse)})"
            case ast.Call():
                return self._call(node)
        raise AssertionError(f"no formula has a part like {ast.unparse(node)}")

    def _base(self, symbol: ast.Subscript) -> str:
        name = _name(symbol)
        if name not in LAYERED:
            return name
        parts = symbol.slice.elts if isinstance(symbol.slice, ast.Tuple) else [symbol.slice]
        layer = index_spelling(parts[0], self.indices)
        return f"{name}{layer}" if layer.isdigit() else f"{name}[{layer}]"

    def _spread(self, base: str, letters: tuple[str, ...]) -> str:
        """The array with an axis for every letter of the whole formula."""
        if letters == self.axes or not letters or len(self.axes) < 2:
            return base
        return f"{base}[{', '.join(':' if axis in letters else 'None' for axis in self.axes)}]"

    def _bracketed(self, node: ast.AST, op: ast.operator | None = None, *, right: bool = False) -> str:
        text = self.spell(node)
        if isinstance(node, ast.UnaryOp):
            return f"({text})" if right or isinstance(op, ast.Pow) else text
        matrix = isinstance(node, ast.Call) and " @ " in text and not text.startswith("np.")
        if matrix and not isinstance(op, (ast.Add, ast.Sub)) and not (isinstance(op, ast.Div) and not right):
            return f"({text})"
        if not isinstance(node, ast.BinOp):
            return text
        loose = isinstance(node.op, (ast.Add, ast.Sub))
        if op is None:
            return f"({text})" if loose else text
        tight = not isinstance(op, (ast.Add, ast.Sub))
        again = right and not isinstance(op, ast.Add) and type(node.op) in (type(op), ast.Mult, ast.Div) and tight
        return f"({text})" if (loose and (tight or (right and isinstance(op, ast.Sub)))) or again else text

    def _call(self, call: ast.Call) -> str:
        name = _function(call)
        if name == "sum":
            return self._sum(call)
        if name == "same":
            like = _Layer(self.indices, (), "").spell(ast.parse(self.like, mode="eval").body)
            return f"np.eye(len({like}))"
        if name == "d":
            return self._slope(*call.args)
        return f"{OTHERS[name]}({', '.join(self.spell(argument) for argument in call.args)})"

    def _slope(self, of: ast.expr, by: ast.expr) -> str:
        name = of.id if isinstance(of, ast.Name) else _name(of) if isinstance(of, ast.Subscript) else ""
        assert isinstance(by, ast.Subscript)
        letters = tuple(dict.fromkeys([*_letters(of), *_letters(by)]))
        return self._spread(f"d{name}_d{self._base(by)}", letters)

    def _sum(self, call: ast.Call) -> str:
        assert isinstance(call.args[0], ast.Name)
        letter, term = call.args[0].id, call.args[1]
        free = tuple(axis for axis in self.axes if axis in _letters(term))
        if (product := self._product(term, letter, free)) is not None:
            return product
        own = (letter, *free) if letter == "i" else (*free, letter)  # examples are rows
        inside = _Layer(self.indices, own, self.like).spell(term)
        return f"np.sum({inside})" if own == (letter,) else f"np.sum({inside}, axis={own.index(letter)})"

    def _product(self, term: ast.expr, letter: str, free: tuple[str, ...]) -> str | None:
        """A sum over the product of two symbols as the product of matrices that it is."""
        if not (isinstance(term, ast.BinOp) and isinstance(term.op, ast.Mult) and free):
            return None
        factors = [term.left, term.right]
        if not all(isinstance(factor, ast.Subscript) or _is_slope(factor) for factor in factors):
            return None
        whole = [_Layer(self.indices, _letters(factor), self.like).spell(factor) for factor in factors]
        letters = [_letters(factor) for factor in factors]
        first, second = (0, 1) if free[0] in letters[0] or (len(letters[1]) == 2 and len(free) == 1) else (1, 0)
        if len(free) == 1 and free[0] not in letters[first]:
            return f"{whole[first]} @ {whole[second]}"  # (j) @ (j, k)
        turned = whole[first] if letters[first][-1] == letter else f"{whole[first]}.T"
        return f"{turned} @ {whole[second]}"


def _is_slope(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _function(node) == "d"
