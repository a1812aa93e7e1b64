"""How a number is printed: rounded to so many digits, so that what is printed can be computed again.

A number with fewer digits than asked for is exact as it stands; one with as many or more is rounded to its last digit.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal

from clearprop.equations.notation import Notation

DIGITS = 5
"""Digits that are printed unless asked otherwise."""

LEAST_POWER, MOST_POWER = -4, 7
"""Powers of ten between which a number is written out; the others are written with theirs, 1.2e-7."""

EXACT = 14
"""Digits up to which two floating-point numbers that differ only by the machine's rounding agree."""

NEAR = 1e-9
"""A number so close to ±1 is printed by its distance from it."""


class Near(float):
    """A number at 1 or −1 to all digits of a float, with its distance from there: 1 − 4.2e-18.

    1 − a of a saturated neuron is not 0, and its slope hangs on it.
    """

    distance: float

    def __new__(cls, value: float, distance: float) -> Near:
        number = super().__new__(cls, value)
        number.distance = distance
        return number

    def __rsub__(self, other: float) -> float:
        return self.distance if other == 1 and self > 0 else other - float(self)

    def __pow__(self, power: float, modulo: None = None) -> float:
        assert modulo is None
        return Near(1.0, self.distance * (2 - self.distance)) if power == 2 else float(self) ** power


def near(value: float, distance: float) -> float:
    """The number, with its distance from ±1 where it is so close that its digits do not show it."""
    return Near(value, distance) if 0 < distance < NEAR else value


def printed(value: float, digits: int = DIGITS) -> str:
    """The number in ASCII: `0.059870`, `1.2346e-7`, `-0.99998766`, `1 - 4.2484e-18`.

    >>> [printed(v) for v in (0.5, 1 / 3, -2.0, 1234567.8, 1.23456789e-7, 0.999987659, 0.0)]
    ['0.5', '0.33333', '-2', '1234568', '1.2346e-7', '0.999987659', '0']
    """
    if isinstance(value, Near):
        apart = printed(value.distance, digits)
        return f"1 - {apart}" if value > 0 else f"-1 + {apart}"
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    number = Decimal(f"{value:.{EXACT - 1}e}").normalize()
    if len(number.as_tuple().digits) > digits:
        wanted = max(digits + _nines(value), number.adjusted() + 1 if number.adjusted() < MOST_POWER else 0)
        number = Context(prec=wanted, rounding=ROUND_HALF_EVEN).create_decimal(Decimal(repr(float(value))))
        power = number.adjusted()
        number = number.quantize(Decimal((0, (1,), power - wanted + 1))) if power < MOST_POWER else number
    return _written(number)


def rounded(value: float, digits: int) -> float:
    """The number with so many digits and no more: one that is told, not computed with."""
    return float(f"{value:.{digits - 1}e}")


def _nines(value: float) -> int:
    """How many digits of a number just below ±1 are nines, which say nothing: they are printed besides."""
    apart = 1 - abs(value)
    return int(-math.log10(apart)) if 0 < apart < 0.1 else 0


def _written(number: Decimal) -> str:
    power = number.adjusted()
    if LEAST_POWER <= power < MOST_POWER:
        return f"{number:f}"
    sign, digits, _ = number.as_tuple()
    mantissa = "".join(map(str, digits))
    point = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{'-' * sign}{mantissa[0]}{point}e{power}"


def spelled(value: float, notation: Notation, digits: int = DIGITS) -> str:
    """The number in a notation, as a result stands after its equals sign."""
    text = printed(value, digits)
    if isinstance(value, Near):
        first, apart = text.split("+ " if value < 0 else "- ", 1)
        sign = "+" if value < 0 else notation.minus
        return f"{_in(first.strip(), notation)} {sign} {_in(apart, notation)}"
    return _in(text, notation)


def put_in(value: float, notation: Notation, digits: int = DIGITS) -> str:
    """The number as it stands in the place of a symbol, inside other arithmetic."""
    text = spelled(value, notation, digits)
    return notation.brackets(text) if isinstance(value, Near) else text


def _in(text: str, notation: Notation) -> str:
    mantissa, _, power = text.replace("-", notation.minus, 1 if text.startswith("-") else 0).partition("e")
    if not power:
        return mantissa
    return rf"{mantissa} {{\times}} 10^{{{power}}}" if notation.stacks else f"{mantissa}e{power}"
