"""How messages name columns, shapes and cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NAMES_SHOWN = 10
CELL_SHOWN = 40


def listed(names: Iterable[object]) -> str:
    """`'a', 'b'`; of many names the first few and the count."""
    names = list(names)
    text = ", ".join(map(repr, names[:NAMES_SHOWN]))
    return text if len(names) <= NAMES_SHOWN else f"{text}, ... ({len(names)} in all)"


def spelled(shape: Sequence[int]) -> str:
    """`28 x 28`"""
    return " x ".join(map(str, shape))


def shown(cell: str) -> str:
    """A cell as a message shows it: its beginning when it is long."""
    return cell if len(cell) <= CELL_SHOWN else f"{cell[:CELL_SHOWN]}..."
