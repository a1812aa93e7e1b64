"""An explanation as a LaTeX document. Formulas stand in the line, where LaTeX breaks long sums by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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
from clearprop.explaining.putting_in import Key
from clearprop.explaining.telling import nudge_told
from clearprop.reports import latex_document, latex_text


def document_of(explanation: Explanation, notation: str | None) -> str:
    """The whole document."""
    script = notation_named(notation or explanation.notation).set
    body = "\n\n".join(_Latex(script, explanation.digits).body(explanation))
    return latex_document(explanation.title, body)


@dataclass
class _Latex:
    notation: Notation
    digits: int
    told: set[str] = field(default_factory=set)

    def body(self, explanation: Explanation) -> Iterator[str]:
        for note in explanation.summary:
            yield self.note(note)
        for section in explanation.sections:
            yield rf"\section{{{latex_text(section.title)}}}"
            for block in section.blocks:
                yield from self.block(block)

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case Group():
                yield from self.group(block)
            case Note():
                yield self.note(block)
            case Table():
                yield self.table(block)
            case Derivation():
                left = self.math(block.equation.formula.spell_left(self.notation))
                yield rf"\textit{{Where {left} comes from:}}"
                for formula, reason in block.lines:
                    right = self.math(f"= {formula.spell_right(self.notation)}")
                    yield rf"\quad {right} \quad {latex_text(reason)}"
            case Chain():
                yield self.told_with(block.title, block.quantities, ())
                for step, reason in block.lines:
                    yield rf"{latex_text(reason)}: {self.math(step.line(self.notation, self.digits))}"
            case Picture():
                yield latex_text(f"{block.title}: a picture of {block.pixels.shape[0]} × {block.pixels.shape[1]}.")

    def group(self, group: Group) -> Iterator[str]:
        equation = group.equation
        yield rf"\medskip\textbf{{{self.math(group.steps[0].template(self.notation))}}}"
        if equation.name not in self.told:
            self.told.add(equation.name)
            yield f"{latex_text(equation.sentence)} ({latex_text(equation.source)})"
            yield from self.symbols(group)
        for step in group.steps:
            yield rf"\hangindent=2em {self.math(step.line(self.notation, self.digits))}"
        nudges = [step.nudge for step in group.steps if step.nudge is not None]
        if nudges:
            yield rf"\textit{{Try it:}} {nudge_told(nudges[0], self.quantity, self.figure, self.digits)}"

    def symbols(self, group: Group) -> Iterator[str]:
        formula = group.equation.formula
        names = [name for name in sorted(formula.left_symbols | formula.symbols) if name not in self.told]
        ways = [way for way in sorted(formula.calls) if f"{way}()" not in self.told]
        self.told.update(names, (f"{way}()" for way in ways))
        told = [f"{self.math(symbol)} is {latex_text(text)}" for symbol, text in symbols_told(names, self.notation)]
        told += [latex_text(line) for line in ways_told(ways, self.notation)]
        if told:
            yield f"Here {'; '.join(told)}."

    def note(self, note: Note) -> str:
        return self.told_with(note.text, note.quantities, note.figures)

    def told_with(self, text: str, quantities: tuple[Key, ...], figures: tuple[float, ...]) -> str:
        """Words with formulas in their places, `{0}`, `{1}`, …"""
        parts = [*map(self.quantity, quantities), *map(self.figure, figures)]
        # LaTeX's own braces are many: the words are escaped between the places
        marks = [f"\x00{number}\x00" for number in range(len(parts))]
        told = latex_text(text.format(*marks))
        for mark, part in zip(marks, parts, strict=True):
            told = told.replace(mark, part)
        return told

    def table(self, table: Table) -> str:
        lines = [" & ".join(["", *map(self.head, table.columns)])]
        for name, values in table.rows:
            cells = [latex_text(value) if isinstance(value, str) else self.figure(value) for value in values]
            lines.append(" & ".join([self.head(name), *cells]))
        body = " \\\\\n".join(lines)
        columns = "r" * (1 + len(table.columns))
        return (
            f"{latex_text(table.title)}:\n\n\\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}"
            + (f"{{\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}}}")
        )

    def head(self, heading: Key | str) -> str:
        return latex_text(heading) if isinstance(heading, str) else self.quantity(heading)

    def quantity(self, key: Key) -> str:
        return self.math(quantity(key, self.notation))

    def figure(self, value: float) -> str:
        return self.math(spelled(value, self.notation, self.digits))

    def math(self, formula: str) -> str:
        return rf"\texttt{{{latex_text(formula)}}}" if self.notation.is_code else f"${formula}$"
