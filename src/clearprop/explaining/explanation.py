"""An explanation is data: sections of blocks, in the order in which one reads them.

A `Step` is one line of arithmetic: an equation, the numbers in it, the result, and which earlier steps its numbers
come from. A `Group` holds the steps that one equation makes in one layer. The other blocks say what stands between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from clearprop.arrays import FloatArray
from clearprop.equations.equation import Equation
from clearprop.equations.formula import Formula, Ranges, Terms
from clearprop.equations.notation import LAYERED, Notation
from clearprop.equations.vectors import vectorized
from clearprop.explaining.figures import DIGITS, put_in, spelled
from clearprop.explaining.putting_in import PARTS, Key, PutIn


@dataclass(frozen=True)
class Summed:
    """The terms of a long sum that are written out, by their places from 0, and what all others add up to."""

    shown: tuple[int, ...]
    count: int
    rest: float


@dataclass(frozen=True)
class Nudge:
    """What really happened when one number was raised by `by` and everything after it was computed again.

    `moved` has, for each quantity that was watched, how much it moved; `slope` is what the equation says.
    """

    raised: Key
    by: float
    moved: tuple[tuple[Key, float], ...]
    slope: float

    @property
    def rate(self) -> float:
        """How fast the first of the quantities moved."""
        return self.moved[0][1] / self.by


@dataclass(frozen=True, eq=False)
class Step:
    """One line of arithmetic. Places count from 0 here, layers as people count them; a notation spells its own way.

    `formula` is the equation's, or for softmax one of its parts; `numbers` holds what was put in for its symbols, and
    `inputs` the ids of the earlier steps that those numbers come from.
    """

    id: str
    equation: Equation[..., Any]
    formula: Formula
    indices: Mapping[str, int]
    ranges: Mapping[str, Sequence[int] | Summed]
    numbers: Mapping[Key, float]
    result: float
    inputs: tuple[str, ...] = ()
    layer: int | None = None
    neuron: int | None = None
    nudge: Nudge | None = None
    of: Key | None = None

    def template(self, notation: Notation) -> str:
        """The equation with letters; in code, as it is computed for the whole layer."""
        if notation.is_code:
            return vectorized(self.equation.formula, {} if self.layer is None else {"l": self.layer})
        return self.equation.formula.spell(notation)

    def left(self, notation: Notation) -> str:
        """What the step computes: `z⁽²⁾₁`; of an update, which parameter's: `new w⁽²⁾₁,₁`, `v_new of w⁽²⁾₁,₁`."""
        left = self.formula.spell_left(notation, self._indices(notation))
        return left if self.of is None else _owned(left, quantity(self.of, notation), notation)

    def symbols(self, notation: Notation) -> str:
        """The right-hand side with this neuron's symbols, sums written out."""
        formula = self.equation.formula if self.formula.symbols & PARTS else self.formula
        return formula.spell_right(notation, self._indices(notation), self._ranges(notation, "…"))

    def arithmetic(self, notation: Notation, digits: int = DIGITS) -> str:
        """The right-hand side with the numbers put in."""
        inside = PutIn(notation, lambda key: put_in(self.numbers[key], notation, digits), notation.first)
        summed = next((over for over in self.ranges.values() if isinstance(over, Summed)), None)
        rest = "" if summed is None else _bracketed(put_in(summed.rest, notation, digits), notation)
        return self.formula.spell_right(inside, self._indices(notation), self._ranges(notation, rest))

    def value(self, notation: Notation, digits: int = DIGITS) -> str:
        """The result."""
        return spelled(self.result, notation, digits)

    def line(self, notation: Notation, digits: int = DIGITS) -> str:
        """`z⁽¹⁾₁ = 0.15 · 0.05 + 0.2 · 0.1 + 0.35 = 0.3775`"""
        left, arithmetic, value = self.left(notation), self.arithmetic(notation, digits), self.value(notation, digits)
        return f"{left} = {arithmetic}" if arithmetic == value else f"{left} = {arithmetic} = {value}"

    def _indices(self, notation: Notation) -> dict[str, int]:
        return {letter: place if letter == "l" else place + notation.first for letter, place in self.indices.items()}

    def _ranges(self, notation: Notation, rest: str) -> Ranges:
        return {letter: _counted(over, notation.first, rest) for letter, over in self.ranges.items()}


def _owned(left: str, parameter: str, notation: Notation) -> str:
    """An update's left side, with the parameter that it belongs to."""
    moved = left == notation.symbol("theta_new", [])
    if notation.is_code:
        return parameter if moved else left
    if notation.stacks:
        return rf"\text{{new }} {parameter}" if moved else rf"{left} \text{{ of }} {parameter}"
    return f"new {parameter}" if moved else f"{left} of {parameter}"


def quantity(key: Key, notation: Notation) -> str:
    """A quantity as a notation spells it: ("dC/da", (2, 0)) is `∂C/∂a⁽²⁾₁`."""
    name, at = key
    if "/" in name:
        (of, by), split = (part.removeprefix("d") for part in name.split("/")), 0
        split = len(at) // 2 if of not in ("C", "C_mean") else 0
        return notation.slope((of, _places(of, at[:split], notation)), (by, _places(by, at[split:], notation)))
    return notation.symbol(name, _places(name, at, notation))


def _places(name: str, at: Sequence[int], notation: Notation) -> list[str]:
    layered = 1 if name in LAYERED else 0
    return [str(place if number < layered else place + notation.first) for number, place in enumerate(at)]


def _counted(over: Sequence[int] | Summed, first: int, rest: str) -> Sequence[int] | Terms:
    if isinstance(over, Summed):
        return Terms([place + first for place in over.shown], rest, over.count)
    return [place + first for place in over]


def _bracketed(text: str, notation: Notation) -> str:
    return notation.brackets(text) if text.startswith(notation.minus) else text


@dataclass(frozen=True, eq=False)
class Group:
    """The steps of one equation in one layer; `left_out` says how many neurons or weights are not shown."""

    steps: tuple[Step, ...]
    left_out: int = 0
    heading: str = ""
    sentence: str = ""

    @property
    def equation(self) -> Equation[..., Any]:
        return self.steps[0].equation


@dataclass(frozen=True)
class Note:
    """A plain sentence between the steps. `parts` may hold quantities to be spelled: `{0}`, `{1}`, …"""

    text: str
    quantities: tuple[Key, ...] = ()
    figures: tuple[float, ...] = ()


def braced(text: str) -> str:
    """A name that may hold braces, to be part of a note."""
    return text.replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers in rows and columns. Headings are quantities or words."""

    title: str
    columns: tuple[Key | str, ...]
    rows: tuple[tuple[Key | str, tuple[float | str, ...]], ...]
    corner: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """Numbers as a picture, (height, width): `signed` ones are weights, the others run from dark to light."""

    title: str
    pixels: FloatArray
    signed: bool = False


@dataclass(frozen=True, eq=False)
class Derivation:
    """Why an equation holds, line by line, each line with the reason that leads to it from the line before."""

    equation: Equation[..., Any]
    lines: tuple[tuple[Formula, str], ...]


@dataclass(frozen=True, eq=False)
class Chain:
    """The same result computed in several ways, each with the reason that leads to it from the one before."""

    title: str
    quantities: tuple[Key, ...]
    lines: tuple[tuple[Step, str], ...]


Block = Group | Note | Table | Picture | Derivation | Chain


def steps_of(block: Block) -> tuple[Step, ...]:
    """The steps in a block."""
    if isinstance(block, Chain):
        return tuple(step for step, _ in block.lines)
    return block.steps if isinstance(block, Group) else ()


@dataclass(frozen=True, eq=False)
class Section:
    """One stage of the walk: forward through a layer, the cost, backward through a layer, the update."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    layer: int | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """One example's way through a network and back, with every number in it.

    `sections` and `steps` are data; `to_text`, `to_html`, `to_latex` and `to_json` write them down, and a notebook
    shows the page. `values` holds whole arrays, the first layer first.
    """

    title: str
    summary: tuple[Note, ...]
    sections: tuple[Section, ...]
    values: Mapping[str, list[FloatArray]]
    notation: str = "books"
    digits: int = DIGITS
    context: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order."""
        return tuple(step for section in self.sections for block in section.blocks for step in steps_of(block))

    def to_text(self, notation: str | None = None, width: int = 100) -> str:
        """Plain text."""
        from clearprop.explaining.text import text_of

        return text_of(self, notation, width)

    def to_html(self, notation: str | None = None) -> str:
        """One self-contained page."""
        from clearprop.explaining.html import page_of

        return page_of(self, notation)

    def to_latex(self, notation: str | None = None) -> str:
        """A LaTeX document that compiles."""
        from clearprop.explaining.latex import document_of

        return document_of(self, notation)

    def to_json(self, notation: str | None = None) -> dict[str, Any]:
        """Every step and whole arrays, as JSON can hold them."""
        from clearprop.explaining.document import document_of

        return document_of(self, notation)

    def _repr_html_(self) -> str:
        from clearprop.explaining.html import fragment_of

        return fragment_of(self)

    def __repr__(self) -> str:
        return f"<{self.title}: {len(self.steps)} steps; .to_text(), .to_html(), .to_latex(), .to_json()>"
