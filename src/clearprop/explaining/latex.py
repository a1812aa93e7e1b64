"""An explanation as a LaTeX document. Formulas stand in the line, where LaTeX breaks long sums by itself."""

from __future__ import annotations

from collections.abc import Iterator

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
from clearprop.explaining.telling import Renderer
from clearprop.reports import latex_document, latex_text


def document_of(explanation: Explanation, notation: str | None) -> str:
    """The whole document."""
    script = notation_named(notation or explanation.notation).set
    body = "\n\n".join(_Latex(script, explanation.digits).body(explanation))
    return latex_document(explanation.title, body)


class _Latex(Renderer[str]):
    def body(self, explanation: Explanation) -> Iterator[str]:
        for note in explanation.summary:
            yield self.note(note)
        for section in explanation.sections:
            yield rf"\section{{{latex_text(section.title)}}}"
            for block in section.blocks:
                yield from self.block(block)

    def group(self, group: Group) -> Iterator[str]:
        equation = group.equation
        yield rf"\medskip\textbf{{{self.math(group.steps[0].template(self.notation))}}}"
        if equation.name not in self.told:
            self.told.add(equation.name)
            yield f"{latex_text(equation.sentence)} ({latex_text(equation.source)})"
            symbols, ways = self.new_symbols(group)
            told = [*(f"{self.math(symbol)} is {latex_text(text)}" for symbol, text in symbols), *map(latex_text, ways)]
            if told:
                yield f"Here {'; '.join(told)}."
        for step in group.steps:
            yield rf"\hangindent=2em {self.math(step.line(self.notation, self.digits))}"
        nudges = [step.nudge for step in group.steps if step.nudge is not None]
        if nudges:
            yield rf"\textit{{Try it:}} {self.nudged(nudges[0])}"

    def note(self, note: Note) -> str:
        return self.sentence(note.text, note.quantities, note.figures)

    def derivation(self, derivation: Derivation) -> Iterator[str]:
        left = self.math(derivation.equation.formula.spell_left(self.notation))
        yield rf"\textit{{Where {left} comes from:}}"
        for formula, reason in derivation.lines:
            right = self.math(f"= {formula.spell_right(self.notation)}")
            yield rf"\quad {right} \quad {latex_text(reason)}"

    def chain(self, chain: Chain) -> Iterator[str]:
        yield self.sentence(chain.title, chain.quantities)
        for step, reason in chain.lines:
            yield rf"{latex_text(reason)}: {self.math(step.line(self.notation, self.digits))}"

    def picture(self, picture: Picture) -> Iterator[str]:
        height, width = picture.pixels.shape
        yield latex_text(f"{picture.title}: a picture of {height} × {width}.")

    def table(self, table: Table) -> Iterator[str]:
        lines = [" & ".join(["", *map(self.head, table.columns)])]
        for name, values in table.rows:
            lines.append(" & ".join([self.head(name), *map(self.cell, values)]))
        body = " \\\\\n".join(lines)
        columns = "r" * (1 + len(table.columns))
        yield (
            f"{latex_text(table.title)}:\n\n\\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}"
            + (f"{{\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}}}")
        )

    def words(self, text: str) -> str:
        return latex_text(text)

    def math(self, formula: str) -> str:
        return rf"\texttt{{{latex_text(formula)}}}" if self.notation.is_code else f"${formula}$"
