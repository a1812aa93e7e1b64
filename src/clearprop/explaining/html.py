"""An explanation as a page: from the overview down to a single product, each level behind a fold.

The folds are the browser's own (`details`), the formulas are MathML: there is no script and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clearprop.equations.formula import Formula
from clearprop.explaining.explanation import (
    Chain,
    Derivation,
    Explanation,
    Group,
    Note,
    Picture,
    Section,
    Step,
    Summed,
    Table,
)
from clearprop.explaining.figures import spelled
from clearprop.explaining.notations import notation_named
from clearprop.explaining.telling import Renderer
from clearprop.reports import escaped, fragment, mathml, page, pieces, png

HOW_TO_READ = "Open a stage to see its equations, an equation to see its numbers, a line to see every product in it."

PICTURE_SIZE = 168
"""Width of a picture on the page."""


def page_of(explanation: Explanation, notation: str | None = None) -> str:
    """The whole page."""
    return page(explanation.title, _body(explanation, notation))


def fragment_of(explanation: Explanation) -> str:
    """What a notebook shows."""
    return fragment(_body(explanation, None))


def _body(explanation: Explanation, notation: str | None) -> str:
    script = notation_named(notation or explanation.notation).set
    return "\n".join(_Html(script, explanation.digits).body(explanation))


class _Html(Renderer[str]):
    def body(self, explanation: Explanation) -> Iterator[str]:
        yield f'<main class="report"><h1>{escaped(explanation.title)}</h1>'
        for note in explanation.summary:
            yield self.note(note)
        yield f'<p class="plain">{HOW_TO_READ}</p>'
        for number, section in enumerate(explanation.sections, 1):
            yield from self.section(section, number)
        yield "</main>"

    def section(self, section: Section, number: int) -> Iterator[str]:
        opened = " open" if number == 1 else ""
        title = f"<b>{number}. {escaped(section.title)}</b>"
        yield f'<details class="section" id="{section.key}"{opened}><summary>{title}</summary>'
        for block in section.blocks:
            yield from self.block(block)
        yield "</details>"

    def group(self, group: Group) -> Iterator[str]:
        equation = group.equation
        yield f'<details class="equation"><summary>{self.math(group.steps[0].template(self.notation))}</summary>'
        yield f"<p>{escaped(equation.sentence)}</p>"
        symbols, ways = self.new_symbols(group)
        if told := [*(f"{self.math(symbol)}: {escaped(meaning)}" for symbol, meaning in symbols), *map(escaped, ways)]:
            yield f'<ul class="plain">{"".join(f"<li>{line}</li>" for line in told)}</ul>'
        for step in group.steps:
            yield from self.step(step)
        if group.left_out:
            yield f'<p class="plain">{group.left_out:,} more like these are not shown.</p>'
        yield f'<p class="source">Source: {escaped(equation.source)}.</p></details>'

    def step(self, step: Step) -> Iterator[str]:
        left, value = self.math(step.left(self.notation)), self.math(step.value(self.notation, self.digits))
        equals = self.math("=")
        yield (
            f'<details class="step" id="{escaped(step.id)}"><summary>{left} {equals} '
            f'<span class="result">{value}</span></summary>'
        )
        yield f'<div class="wide">{left} {equals} {self.math(step.symbols(self.notation))}</div>'
        arithmetic = self.math(step.arithmetic(self.notation, self.digits))
        yield f'<div class="wide">{left} {equals} {arithmetic} {equals} {value}</div>'
        yield from self.products(step)
        if step.nudge is not None:
            yield f'<div class="try">Try it: {self.nudged(step.nudge)}</div>'
        if step.inputs:
            links = ", ".join(f'<a href="#{escaped(source)}">{escaped(source)}</a>' for source in step.inputs)
            yield f'<p class="source">Its numbers come from {links}.</p>'
        yield "</details>"

    def products(self, step: Step) -> Iterator[str]:
        """The terms of a sum, one a line."""
        if len(step.formula.summed) != 1:
            return
        letter = step.formula.summed[0]
        over = step.ranges[letter]
        shown = over.shown if isinstance(over, Summed) else over
        yield '<div class="wide"><table><tr><th>term</th><th>its numbers</th><th>is</th></tr>'
        for place in shown:
            term = term_of(step, letter, place)
            symbols, numbers = term.symbols(self.notation), term.arithmetic(self.notation, self.digits)
            value = self.math(spelled(term.result, self.notation, self.digits))
            yield f"<tr><td>{self.math(symbols)}</td><td>{self.math(numbers)}</td><td>{value}</td></tr>"
        if isinstance(over, Summed):
            rest = self.math(spelled(over.rest, self.notation, self.digits))
            yield f'<tr><td colspan="2">the other {over.count:,} terms together</td><td>{rest}</td></tr>'
        yield "</table></div>"

    def note(self, note: Note) -> str:
        return f"<p>{self.sentence(note.text, note.quantities, note.figures)}</p>"

    def table(self, table: Table) -> Iterator[str]:
        yield f'<p class="plain">{escaped(table.title)}:</p><div class="wide"><table><tr><th></th>'
        yield "".join(f"<th>{self.head(column)}</th>" for column in table.columns) + "</tr>"
        for name, values in table.rows:
            cells = "".join(f"<td>{self.cell(value)}</td>" for value in values)
            yield f"<tr><th>{self.head(name)}</th>{cells}</tr>"
        yield "</table></div>"

    def derivation(self, derivation: Derivation) -> Iterator[str]:
        left = self.math(derivation.equation.formula.spell_left(self.notation))
        yield f"<details><summary>Where {left} comes from</summary>"
        for formula, reason in derivation.lines:
            right = self.math(formula.spell_right(self.notation))
            yield f'<div class="wide">{left} {self.math("=")} {right}</div><p class="plain">{escaped(reason)}</p>'
        yield "</details>"

    def chain(self, chain: Chain) -> Iterator[str]:
        yield f"<details open><summary>{self.sentence(chain.title, chain.quantities)}</summary>"
        for step, reason in chain.lines:
            yield f'<p class="plain">{escaped(reason)}:</p>'
            yield f'<div class="wide">{self.math(step.line(self.notation, self.digits))}</div>'
        yield "</details>"

    def picture(self, picture: Picture) -> Iterator[str]:
        """Grey from dark to light; of weights, blue below 0 and red above, white at 0."""
        height, width = picture.pixels.shape
        rows = [row.tobytes() for row in _colours(picture)]
        title = escaped(picture.title)
        tall = round(PICTURE_SIZE * height / width)
        image = f'<img src="{png(rows, width)}" width="{PICTURE_SIZE}" height="{tall}" alt="{title}">'
        yield f'<figure>{image}<figcaption class="plain">{title}</figcaption></figure>'

    def words(self, text: str) -> str:
        return escaped(text)

    def math(self, formula: str) -> str:
        """A formula, in pieces between which a line may end; of code, the code."""
        if self.notation.is_code:
            return f"<code>{escaped(formula)}</code>"
        return " ".join(map(mathml, pieces(formula)))


def term_of(step: Step, letter: str, place: int) -> Step:
    """One term of a step's sum as a step of its own."""
    formula: Formula = step.formula.term
    indices = {**step.indices, letter: place}
    value = formula.evaluate(lambda name, at: step.numbers[name, at], indices, {})
    return Step(f"{step.id}.term.{place + 1}", step.equation, formula, indices, {}, step.numbers, value)


def _colours(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The picture as RGB, (height, width, 3)."""
    pixels = np.asarray(picture.pixels, dtype=np.float64)
    if picture.signed:
        scale = float(np.max(np.abs(pixels))) or 1.0
        strength = pixels / scale
        faded = 255 * (1 - np.abs(strength))
        red, blue = np.where(strength > 0, 255, faded), np.where(strength < 0, 255, faded)
        colours = np.stack([red, faded, blue], axis=-1)
    else:
        low, high = float(pixels.min()), float(pixels.max())
        grey = 255 * (pixels - low) / ((high - low) or 1.0)
        colours = np.repeat(grey[:, :, None], 3, axis=2)
    return np.asarray(np.round(colours), dtype=np.uint8)
