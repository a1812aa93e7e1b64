"""An explanation as text: every step a line that can be computed again with a pocket calculator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from clearprop.equations.activations import NIELSEN
from clearprop.equations.notation import Notation
from clearprop.explaining.explanation import (
    Block,
    Chain,
    Derivation,
    Explanation,
    Group,
    Note,
    Picture,
    Table,
    quantity,
)
from clearprop.explaining.figures import spelled
from clearprop.explaining.glossary import symbols_told, ways_told
from clearprop.explaining.notations import notation_named
from clearprop.explaining.picturing import drawn
from clearprop.explaining.putting_in import Key
from clearprop.explaining.telling import nudge_told
from clearprop.reports import FAINT, FORMULA, HEADING, PICTURE, Line, plain_text


def text_of(explanation: Explanation, notation: str | None, width: int) -> str:
    """The whole explanation as plain text."""
    return plain_text(lines_of(explanation, notation), width)


def lines_of(explanation: Explanation, notation: str | None = None) -> Iterator[Line]:
    """The lines, each with what it is."""
    script = notation_named(notation or explanation.notation).text
    return _Text(script, explanation.digits).lines(explanation)


@dataclass
class _Text:
    """Writes lines in one notation, and remembers what it has told already."""

    script: Notation
    digits: int
    told: set[str] = field(default_factory=set)

    def lines(self, explanation: Explanation) -> Iterator[Line]:
        yield Line(explanation.title, HEADING)
        for note in explanation.summary:
            yield self.note(note)
        for number, section in enumerate(explanation.sections, 1):
            yield Line("")
            yield Line(f"{number}. {section.title}", HEADING)
            for block in section.blocks:
                yield from self.block(block)

    def block(self, block: Block) -> Iterator[Line]:
        match block:
            case Group():
                yield from self.group(block)
            case Note():
                yield self.note(block)
            case Table():
                yield from self.table(block)
            case Derivation():
                yield from self.derivation(block)
            case Chain():
                yield from self.chain(block)
            case Picture():
                yield from self.picture(block)

    def group(self, group: Group) -> Iterator[Line]:
        equation = group.equation
        yield Line(group.steps[0].template(self.script), FORMULA, 2)
        if equation.name not in self.told:
            self.told.add(equation.name)
            yield Line(f"  {equation.sentence} ({self.source(equation.source)})", FAINT)
            if symbols := self.new_symbols(group):
                yield Line(f"  Here {'; '.join(symbols)}.", FAINT)
        for step in group.steps:
            yield Line(f"    {step.line(self.script, self.digits)}", hanging=2)
        yield from self.nudge(group)

    def nudge(self, group: Group) -> Iterator[Line]:
        """One nudge of each group; where the layers are too wide to be shown whole, one of each equation."""
        nudges = [step.nudge for step in group.steps if step.nudge is not None]
        name = f"nudge of {group.equation.name}"
        if nudges and not (group.left_out and name in self.told):
            self.told.add(name)
            yield Line(f"    Try it: {nudge_told(nudges[0], self.quantity, self.figure, self.digits)}", FAINT, 2)

    def source(self, source: str) -> str:
        """A source, without the title of a book that was named before."""
        if NIELSEN not in source:
            return source
        if NIELSEN in self.told:
            return source.replace(NIELSEN, NIELSEN.partition(",")[0])
        self.told.add(NIELSEN)
        return source

    def new_symbols(self, group: Group) -> list[str]:
        formula = group.equation.formula
        names = [name for name in sorted(formula.left_symbols | formula.symbols) if name not in self.told]
        ways = [way for way in sorted(formula.calls) if f"{way}()" not in self.told]
        self.told.update(names, (f"{way}()" for way in ways))
        symbols = [f"{symbol} is {meaning}" for symbol, meaning in symbols_told(names, self.script)]
        return symbols + ways_told(ways, self.script)

    def note(self, note: Note) -> Line:
        return Line(f"  {note_told(note, self.script, self.digits)}")

    def table(self, table: Table) -> Iterator[Line]:
        yield Line(f"  {table.title}:", FAINT)
        heads = [self.head(column) for column in table.columns]
        rows = [[self.head(name), *(self.cell(value) for value in values)] for name, values in table.rows]
        widths = [max(map(len, column)) for column in zip(["", *heads], *rows, strict=True)]
        for row in [["", *heads], *rows]:
            yield Line(
                "    " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)), hanging=4
            )

    def head(self, heading: Key | str) -> str:
        return heading if isinstance(heading, str) else self.quantity(heading)

    def cell(self, value: float | str) -> str:
        return value if isinstance(value, str) else self.figure(value)

    def quantity(self, key: Key) -> str:
        return quantity(key, self.script)

    def figure(self, value: float) -> str:
        return spelled(value, self.script, self.digits)

    def derivation(self, derivation: Derivation) -> Iterator[Line]:
        left = derivation.equation.formula.spell_left(self.script)
        yield Line(f"  Where it comes from: {left}", FAINT)
        for formula, reason in derivation.lines:
            yield Line(f"      = {formula.spell_right(self.script)}   ({reason})", hanging=4)

    def chain(self, chain: Chain) -> Iterator[Line]:
        title = chain.title.format(*(quantity(key, self.script) for key in chain.quantities))
        yield Line(f"  {title}", FAINT)
        for step, reason in chain.lines:
            yield Line(f"      {reason}:", FAINT)
            yield Line(f"    {step.line(self.script, self.digits)}", hanging=2)

    def picture(self, picture: Picture) -> Iterator[Line]:
        if not picture.signed:
            yield Line(f"  {picture.title}:", FAINT)
            yield from (Line(f"    {row}", PICTURE) for row in drawn(picture.pixels))


def note_told(note: Note, script: Notation, digits: int) -> str:
    """A note with its quantities and figures put in."""
    parts = [*(quantity(key, script) for key in note.quantities), *(spelled(f, script, digits) for f in note.figures)]
    return note.text.format(*parts)
