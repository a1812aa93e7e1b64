"""Putting numbers in for the symbols of a formula, and keeping account of which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clearprop.equations.notation import LAYERED, Notation, Symbol

Key = tuple[str, tuple[int, ...]]
"""A quantity of a network: its name and its place, the layer as it is, all else from 0: ("W", (1, 0, 2))."""

GONE = "gone"
"""An activation that cancels: it is struck out where that can be set."""

PARTS = frozenset({"e", "total", GONE})
"""Symbols that stand for parts of a formula that were computed before; their first index is the layer."""


def key_of(symbol: Symbol, first: int) -> Key:
    """The quantity that a spelled symbol stands for; `first` is what its indices are counted from."""
    name, indices = symbol
    layered = 1 if name in LAYERED or name in PARTS else 0
    at = tuple(int(index) if place < layered else int(index) - first for place, index in enumerate(indices))
    return name, at


def slope_key(of: Symbol, by: Symbol, first: int) -> Key:
    """The quantity of a slope: ("dC/da", (2, 0)), ("da/dz", (2, 0, 2, 1))."""
    (name, at), (by_name, by_at) = key_of(of, first), key_of(by, first)
    return f"d{name}/d{by_name}", (*at, *by_at)


class PutIn(Notation):
    """A notation whose symbols are spelled as their numbers. `number(key)` spells one."""

    def __init__(self, script: Notation, number: Callable[[Key], str], first: int) -> None:
        self._script, self._number, self.first = script, number, first
        self.stacks, self.is_code, self.minus = script.stacks, script.is_code, script.minus

    def symbol(self, name: str, indices: Sequence[str]) -> str:
        key = key_of((name, indices), self.first)
        if name == GONE:
            text = self._number(("a", key[1]))
            return rf"\cancel{{{text}}}" if self.stacks else text
        return self._number(key)

    def slope(self, of: Symbol, by: Symbol) -> str:
        return self._number(slope_key(of, by, self.first))

    def same(self, first: str, second: str) -> str:
        return "1" if first == second else "0"

    def product(self, left: str, right: str) -> str:
        # side by side, as letters stand, two numbers would read as one
        return rf"{left} \cdot {right}" if self.stacks else self._script.product(left, right)

    def constant(self, name: str) -> str:
        return self._script.constant(name)

    def brackets(self, text: str) -> str:
        return self._script.brackets(text)

    def fraction(self, above: str, below: str) -> str:
        return self._script.fraction(above, below)

    def power(self, base: str, exponent: str) -> str:
        return self._script.power(base, exponent)

    def call(self, name: str, argument: str) -> str:
        return self._script.call(name, argument)

    def cases(self, value: str, condition: str, otherwise: str) -> str:
        return self._script.cases(value, condition, otherwise)

    def rest(self, value: str, count: int) -> str:
        return self._script.rest(value, count)
