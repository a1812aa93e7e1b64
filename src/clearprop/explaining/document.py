"""An explanation as JSON: every step with its spellings, its numbers and where they come from; whole arrays."""

from __future__ import annotations

import math
from typing import Any

from clearprop.equations.notation import LATEX
from clearprop.explaining.explanation import (
    Block,
    Chain,
    Derivation,
    Explanation,
    Group,
    Note,
    Nudge,
    Picture,
    Step,
    Summed,
    Table,
    steps_of,
)
from clearprop.explaining.notations import Script, notation_named
from clearprop.explaining.telling import Teller


def document_of(explanation: Explanation, notation: str | None) -> dict[str, Any]:
    """All of it as what JSON knows; infinity and NaN become None."""
    writer = _Document(notation_named(notation or explanation.notation), explanation.digits)
    return {
        "title": explanation.title,
        "notation": notation or explanation.notation,
        "digits": explanation.digits,
        "summary": [writer.note(note) for note in explanation.summary],
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "layer": section.layer,
                "blocks": [writer.block(block) for block in section.blocks],
            }
            for section in explanation.sections
        ],
        "values": {name: [finite(array.tolist()) for array in arrays] for name, arrays in explanation.values.items()},
    }


class _Document(Teller):
    def __init__(self, script: Script, digits: int) -> None:
        super().__init__(script.text, digits)
        self.script = script

    def block(self, block: Block) -> dict[str, Any]:
        match block:
            case Group():
                return {
                    "kind": "equation",
                    "name": block.equation.name,
                    "formula": block.steps[0].template(self.script.text),
                    "sentence": block.equation.sentence,
                    "source": block.equation.source,
                    "not shown": block.left_out,
                    "steps": [self.step(step) for step in block.steps],
                }
            case Chain():
                steps = zip(steps_of(block), block.lines, strict=True)
                lines = [{"reason": reason, **self.step(step)} for step, (_, reason) in steps]
                title = block.title.format(*map(self.quantity, block.quantities))
                return {"kind": "chain", "title": title, "steps": lines}
            case Note():
                return {"kind": "note", "text": self.note(block)}
            case Table():
                rows = [{"of": self.head(name), "values": finite(list(values))} for name, values in block.rows]
                columns = [self.head(column) for column in block.columns]
                return {"kind": "table", "title": block.title, "columns": columns, "rows": rows}
            case Picture():
                return {"kind": "picture", "title": block.title, "pixels": block.pixels.tolist()}
            case Derivation():
                lines = [
                    {"formula": formula.spell(self.script.text), "reason": reason} for formula, reason in block.lines
                ]
                return {"kind": "derivation", "of": block.equation.name, "lines": lines}

    def step(self, step: Step) -> dict[str, Any]:
        text, digits = self.script.text, self.digits
        return {
            "id": step.id,
            "equation": step.equation.name,
            "layer": step.layer,
            "neuron": None if step.neuron is None else step.neuron + 1,
            "left": step.left(text),
            "symbols": step.symbols(text),
            "numbers": step.arithmetic(text, digits),
            "line": step.line(text, digits),
            "latex": step.line(LATEX if self.script.set.is_code else self.script.set, digits),
            "result": finite(step.result),
            "put in": {self.quantity(key): finite(float(value)) for key, value in step.numbers.items()},
            "the others": [self.rest(over) for over in step.ranges.values() if isinstance(over, Summed)],
            "inputs": list(step.inputs),
            "nudge": None if step.nudge is None else self.nudge(step.nudge),
        }

    def rest(self, over: Summed) -> dict[str, Any]:
        return {"terms": over.count, "together": finite(over.rest)}

    def nudge(self, nudge: Nudge) -> dict[str, Any]:
        return {
            "raised": self.quantity(nudge.raised),
            "by": nudge.by,
            "moved": {self.quantity(key): moved for key, moved in nudge.moved},
            "rate": nudge.rate,
            "slope": nudge.slope,
            "text": self.nudged(nudge),
        }

    def note(self, note: Note) -> str:
        return self.sentence(note.text, note.quantities, note.figures)


def finite(value: Any) -> Any:
    """Numbers as they are, infinity and NaN as None, in lists too."""
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
