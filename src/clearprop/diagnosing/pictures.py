"""Pictures of an arm of an experiment as SVG: what is answered to which class, and how the cost went.

They are read without colour: by numbers, places and dashes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from clearprop.arrays import FloatArray, IntArray, is_finite
from clearprop.diagnosing.laboratory import Arm
from clearprop.reports import escaped
from clearprop.targets import predicted_class

SIZE, MARGIN = 220, 34
"""The square of a picture, and the room beside it for words, in pixels."""
LETTER = 6
"""The width of a letter, in pixels."""
IN_THE_MARGIN = 2
"""Letters that have room in the margin."""
LONGEST = 14
"""Letters of a class name that are shown beside a row."""
MOST_CLASSES = 12
"""More classes than so many have no numbers in their squares."""
DOTS = 200
"""Examples of real numbers that are shown."""
DASHES = ("", "6 3", "2 3")
"""How the lines of the seeds are told apart."""


def answers_picture(arm: Arm) -> str:
    """Row by row the classes, column by column the answers; of real numbers each answer beside its target."""
    outcome, setup = arm.outcomes[0], arm.setup
    if not is_finite(outcome.outputs):
        return _svg("answers", _middle("no number left to show"))
    if setup.classes is None:
        return _svg("answers", "".join(_dots(setup.judges.y[:, 0], outcome.outputs[:, 0])))
    table = np.zeros((setup.class_count, setup.class_count), np.int64)
    np.add.at(table, (setup.judges.y, predicted_class(outcome.outputs)), 1)
    names = [_shortened(str(name), LONGEST) for name in setup.classes]
    longest = max(map(len, names)) if len(names) <= MOST_CLASSES else 0
    room = LETTER * max(0, longest - IN_THE_MARGIN)
    return _svg("answers", "".join(_squares(table, names, room)), room)


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _squares(table: IntArray, names: Sequence[str], room: int) -> Iterator[str]:
    """The table with the names of its rows, which take `room` pixels to the left of it, and of its columns."""
    count = len(table)
    side = SIZE / count
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    yield _words(MARGIN + SIZE / 2, 12, "answer")
    yield _sideways(11 - room, "class")
    for row in range(count):
        if count <= MOST_CLASSES:
            middle = MARGIN + (row + 0.5) * side
            yield f'<text x="{MARGIN - 6}" y="{middle + 4:.0f}" text-anchor="end">{escaped(names[row])}</text>'
            yield _words(middle, MARGIN - 6, _shortened(names[row], int(side / LETTER)))
        for column in range(count):
            x, y = MARGIN + column * side, MARGIN + row * side
            grey = round(255 - 100 * float(shares[row, column]))
            yield (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" '
                f'fill="rgb({grey},{grey},{grey})" stroke="#888"/>'
            )
            if count <= MOST_CLASSES and table[row, column]:
                yield _words(x + side / 2, y + side / 2 + 4, str(table[row, column]))


def _dots(targets: FloatArray, answers: FloatArray) -> Iterator[str]:
    targets, answers = targets[:DOTS], answers[:DOTS]
    low, high = float(min(targets.min(), answers.min())), float(max(targets.max(), answers.max()))
    size = (high - low) or 1.0
    yield _frame() + _words(MARGIN + SIZE / 2, MARGIN + SIZE + 14, "target")
    yield _sideways(11, "answer")
    yield _line([(MARGIN, MARGIN + SIZE), (MARGIN + SIZE, MARGIN)], "2 3")
    for target, answer in zip(targets.tolist(), answers.tolist(), strict=True):
        x, y = MARGIN + SIZE * (target - low) / size, MARGIN + SIZE * (1 - (answer - low) / size)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="none" stroke="#000"/>'


def costs_picture(arm: Arm, beside: Sequence[Arm]) -> str:
    """The cost of each seed from the first epoch to the last, on one logarithmic axis for all the arms `beside` each
    other."""
    finite = [cost for other in beside for cost in _costs(other) if math.isfinite(cost) and cost > 0]
    if not _costs(arm) or not finite:
        return _svg("cost", _middle("no epoch with a cost"))
    low, high = min(finite), max(finite)
    parts = [
        _frame(),
        _words(MARGIN + SIZE / 2, MARGIN + SIZE + 14, "first epoch → last"),
        _words(MARGIN + SIZE / 2, MARGIN - 6, "cost (logarithmic)"),
        f'<text x="{MARGIN + 4}" y="{MARGIN + 12}" text-anchor="start">{high:.2g}</text>',
        f'<text x="{MARGIN + 4}" y="{MARGIN + SIZE - 4}" text-anchor="start">{low:.2g}</text>',
    ]
    for outcome, dashes in zip(arm.outcomes, DASHES, strict=False):
        parts.append(_line(_course(outcome.history["cost"], low, high), dashes))
    return _svg("cost", "".join(parts))


def _course(costs: Sequence[float], low: float, high: float) -> list[tuple[float, float]]:
    """Where the costs lie in the picture; one alone is a level line."""
    costs = list(costs) * (2 if len(costs) == 1 else 1)
    places = np.linspace(MARGIN, MARGIN + SIZE, len(costs)).tolist()
    size = math.log(high / low) or 1.0
    heights = (math.log(min(max(cost, low), high) / low) / size for cost in costs)
    return [(place, MARGIN + SIZE * (1 - height)) for place, height in zip(places, heights, strict=True)]


def _costs(arm: Arm) -> list[float]:
    return [cost for outcome in arm.outcomes for cost in outcome.history["cost"]]


def _svg(title: str, inside: str, room: int = 0) -> str:
    """The picture, with so many pixels more at its left."""
    side = SIZE + MARGIN + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + room}" height="{side}" '
        f'viewBox="{-room} 0 {side + room} {side}" '
        f'role="img" font-family="sans-serif" font-size="11" text-anchor="middle"><title>{title}</title>'
        f'<rect x="{-room}" width="{side + room}" height="{side}" fill="#fff"/>{inside}</svg>'
    )


def _frame() -> str:
    return f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#888"/>'


def _middle(text: str) -> str:
    return _words(MARGIN + SIZE / 2, MARGIN + SIZE / 2, text)


def _words(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}">{escaped(text)}</text>'


def _sideways(x: float, text: str) -> str:
    """Words from below to above, beside the middle of the picture."""
    y = MARGIN + SIZE / 2
    return f'<text x="{x:.0f}" y="{y:.0f}" transform="rotate(-90 {x:.0f} {y:.0f})">{escaped(text)}</text>'


def _line(points: Sequence[tuple[float, float]], dashes: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="#000"{dashed}/>'
