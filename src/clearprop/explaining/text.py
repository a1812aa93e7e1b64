"""An explanation as text: every step a line that can be computed again with a pocket calculator."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.equations.activations import NIELSEN
from clearprop.explaining.explanation import (
    Chain,
    Derivation,
    Explanation,
    Group,
    Note,
    Picture,
    Table,
)
from clearprop.explaining.notations import notation_named
from clearprop.explaining.picturing import drawn
from clearprop.explaining.telling import Renderer
from clearprop.reports import FAINT, FORMULA, HEADING, PICTURE, Line, plain_text


def text_of(explanation: Explanation, notation: str | None, width: int) -> str:
    """The whole explanation as plain text."""
    return plain_text(lines_of(explanation, notation), width)


def lines_of(explanation: Explanation, notation: str | None = None) -> Iterator[Line]:
    """The lines, each with what it is."""
    script = notation_named(notation or explanation.notation).text
    return _Text(script, explanation.digits).lines(explanation)


class _Text(Renderer[Line]):
    def lines(self, explanation: Explanation) -> Iterator[Line]:
        yield Line(explanation.title, HEADING)
        for note in explanation.summary:
            yield self.note(note)
        for number, section in enumerate(explanation.sections, 1):
            yield Line("")
            yield Line(f"{number}. {section.title}", HEADING)
            for block in section.blocks:
                yield from self.block(block)

    def group(self, group: Group) -> Iterator[Line]:
        equation = group.equation
        yield Line(group.steps[0].template(self.notation), FORMULA, 2)
        if equation.name not in self.told:
            self.told.add(equation.name)
            yield Line(f"  {equation.sentence} ({self.source(equation.source)})", FAINT)
            symbols, ways = self.new_symbols(group)
            if told := [*(f"{symbol} is {meaning}" for symbol, meaning in symbols), *ways]:
                yield Line(f"  Here {'; '.join(told)}.", FAINT)
        for step in group.steps:
            yield Line(f"    {step.line(self.notation, self.digits)}", hanging=2)
        yield from self.nudge(group)

    def nudge(self, group: Group) -> Iterator[Line]:
        """One nudge of each group; where the layers are too wide to be shown whole, one of each equation."""
        nudges = [step.nudge for step in group.steps if step.nudge is not None]
        name = f"nudge of {group.equation.name}"
        if nudges and not (group.left_out and name in self.told):
            self.told.add(name)
            yield Line(f"    Try it: {self.nudged(nudges[0])}", FAINT, 2)

    def source(self, source: str) -> str:
        """A source, without the title of a book that was named before."""
        if NIELSEN not in source:
            return source
        if NIELSEN in self.told:
            return source.replace(NIELSEN, NIELSEN.partition(",")[0])
        self.told.add(NIELSEN)
        return source

    def note(self, note: Note) -> Line:
        return Line(f"  {self.sentence(note.text, note.quantities, note.figures)}")

    def table(self, table: Table) -> Iterator[Line]:
        yield Line(f"  {table.title}:", FAINT)
        heads = [self.head(column) for column in table.columns]
        rows = [[self.head(name), *(self.cell(value) for value in values)] for name, values in table.rows]
        widths = [max(map(len, column)) for column in zip(["", *heads], *rows, strict=True)]
        for row in [["", *heads], *rows]:
            yield Line(
                "    " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)), hanging=4
            )

    def derivation(self, derivation: Derivation) -> Iterator[Line]:
        left = derivation.equation.formula.spell_left(self.notation)
        yield Line(f"  Where it comes from: {left}", FAINT)
        for formula, reason in derivation.lines:
            yield Line(f"      = {formula.spell_right(self.notation)}   ({reason})", hanging=4)

    def chain(self, chain: Chain) -> Iterator[Line]:
        yield Line(f"  {self.sentence(chain.title, chain.quantities)}", FAINT)
        for step, reason in chain.lines:
            yield Line(f"      {reason}:", FAINT)
            yield Line(f"    {step.line(self.notation, self.digits)}", hanging=2)

    def picture(self, picture: Picture) -> Iterator[Line]:
        if not picture.signed:
            yield Line(f"  {picture.title}:", FAINT)
            yield from (Line(f"    {row}", PICTURE) for row in drawn(picture.pixels))
