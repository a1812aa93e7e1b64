"""Reads the text of an explanation again and computes every line of it from the numbers that stand there.

It knows nothing of the program but its printed lines. Every printed number stands for an interval: itself where it has
fewer digits than numbers are rounded to, else half a unit of its last digit to each side. What is computed from
intervals is an interval, and the printed result, with its own rounding, must reach into it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

NUMBER = r"\d+(?:\.\d+)?(?:e-?\d+)?"
TOKEN = re.compile(rf"\s*({NUMBER}|exp|ln|tanh|sqrt|if|else|[-+−·/()>{{}},πα]|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\^)")
OTHERS = re.compile(r"\((?:the other [\d,]+ terms together|the other term)\)")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
PI = Decimal("3.14159265358979323846264338327950288419716939937510")
MACHINE = Decimal(10) ** -12
"""What the machine's own rounding may add: so large a share of the largest number on the way."""

NOTHING = Decimal("1e-300")
"""What is smaller is 0 to the machine."""


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high; `size` is the largest that was met on the way."""

    low: Decimal
    high: Decimal
    size: Decimal

    @staticmethod
    def of(*ends: Decimal, size: Decimal = Decimal(0)) -> Interval:
        low, high = min(ends), max(ends)
        return Interval(low, high, max(size, abs(low), abs(high)))

    def __add__(self, other: Interval) -> Interval:
        return Interval.of(self.low + other.low, self.high + other.high, size=max(self.size, other.size))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.size)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval.of(*ends, size=max(self.size * other.top, other.size * self.top))

    def inverse(self) -> Interval:
        if self.low <= 0 <= self.high:
            return Interval(Decimal("-Infinity"), Decimal("Infinity"), Decimal("Infinity"))
        return Interval.of(1 / self.low, 1 / self.high, size=self.size / min(abs(self.low), abs(self.high)) ** 2)

    def raised(self, power: int) -> Interval:
        result = self
        for _ in range(power - 1):
            result = result * self
        return Interval(max(result.low, Decimal(0)), result.high, result.size) if power % 2 == 0 else result

    def through(self, function: str) -> Interval:
        ends = [_applied(function, end) for end in (self.low, self.high)]
        return Interval.of(*ends, size=max(self.size, *(abs(end) for end in ends)))

    @property
    def top(self) -> Decimal:
        return max(abs(self.low), abs(self.high))

    def meets(self, other: Interval) -> bool:
        slack = max(MACHINE * max(self.size, other.size), NOTHING)
        return self.low - slack <= other.high and other.low <= self.high + slack


def _applied(function: str, x: Decimal) -> Decimal:
    if function == "exp":
        return x.exp()
    if function == "ln":
        return Decimal("-Infinity") if x <= 0 else x.ln()
    if function == "sqrt":
        return max(x, Decimal(0)).sqrt()
    assert function == "tanh"
    growth = (2 * x).exp()
    return (growth - 1) / (growth + 1)


def printed(text: str, digits: int) -> Interval:
    """What a printed number may have been before it was rounded."""
    number = Decimal(text)
    mantissa = text.partition("e")[0].replace(".", "").lstrip("0")
    if len(mantissa) < digits:
        return Interval.of(number)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal((0, (5,), exponent - 1))
    return Interval.of(number - half, number + half)


class Reader:
    """Computes a line of arithmetic in the books' spelling."""

    def __init__(self, text: str, digits: int) -> None:
        self.digits, self.tokens, place = digits, [], 0
        while place < len(text.rstrip()):
            found = TOKEN.match(text, place)
            assert found, f"{text!r} cannot be read from {text[place:]!r}"
            self.tokens.append(found[1])
            place = found.end()
        self.place = 0

    def value(self) -> Interval:
        result = self.sum()
        assert self.place == len(self.tokens), self.tokens[self.place :]
        return result

    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> bool:
        if self.next() in wanted:
            self.place += 1
            return True
        return False

    def sum(self) -> Interval:
        result = self.product()
        while self.next() in ("+", "−"):
            sign, term = self.next(), None
            self.place += 1
            term = self.product()
            result = result + (term if sign == "+" else -term)
        return result

    def product(self) -> Interval:
        if self.take("−"):
            return -self.product()
        result = self.power()
        while self.next() in ("·", "/"):
            divides = self.next() == "/"
            self.place += 1
            factor = self.power()
            result = result * (factor.inverse() if divides else factor)
        return result

    def power(self) -> Interval:
        if self.take("−"):
            return -self.power()
        result = self.atom()
        if re.fullmatch("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", self.next()):
            result = result.raised(int(self.next().translate(RAISED)))
            self.place += 1
        elif self.take("^"):
            result = result.raised(int(self.next()))
            self.place += 1
        return result

    def atom(self) -> Interval:
        part = self.next()
        self.place += 1
        if part == "(":
            inside = self.sum()
            assert self.take(")")
            return inside
        if part == "{":
            return self.cases()
        if part == "π":
            return Interval.of(PI)
        if part in ("exp", "ln", "tanh", "sqrt"):
            assert self.take("(")
            inside = self.sum()
            assert self.take(")")
            return inside.through(part)
        return printed(part, self.digits)

    def cases(self) -> Interval:
        first = self.sum()
        assert self.take("if")
        left = self.sum()
        assert self.take(">")
        right = self.sum()
        assert self.take(",")
        assert self.take("else")
        second = self.sum()
        assert self.take("}")
        return first if left.high > right.low else second


def computed_lines(text: str) -> Iterator[str]:
    """The lines with numbers on both sides, each in one piece."""
    for line in text.splitlines():
        if re.match(r"    [^\s=]", line) and " = " in line and not line.startswith("    Try it"):
            yield line.strip()


def wrong_lines(text: str, digits: int) -> list[str]:
    """The lines whose printed result does not follow from their printed numbers."""
    with localcontext(Context(prec=60, Emax=10**9, Emin=-(10**9))):
        return [line for line in computed_lines(text) if not _follows(line, digits)]


def _follows(line: str, digits: int) -> bool:
    parts = OTHERS.sub("", line).split(" = ")
    values = [Reader(part, digits).value() for part in parts[1:]]
    return all(first.meets(second) for first, second in itertools.pairwise(values))


NUDGE = re.compile(
    rf"Try it: raise \S+ by ({NUMBER}), and \S+ (rises|falls) by ({NUMBER}).*; so \S+ moves (−?)({NUMBER}) times as far"
)


def wrong_nudges(text: str, digits: int) -> list[str]:
    """The nudges whose rate is not how far the quantity moved, divided by how far it was nudged."""
    wrong = []
    for by, way, moved, sign, rate in NUDGE.findall(text):
        quotient = printed(moved, digits) * printed(by, digits).inverse()
        if (way == "falls") != (sign == "−") or not quotient.meets(printed(rate, digits)):
            wrong.append(f"{by} {way} {moved} {sign}{rate}")
    return wrong
