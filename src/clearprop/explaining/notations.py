"""The notations that an explanation can be read in."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.equations.notation import BOOKS, CODE, Notation
from clearprop.equations.tables import lookup


@dataclass(frozen=True)
class Script:
    """A notation as plain text, and for pages that set formulas; code is text everywhere."""

    text: Notation
    set: Notation


SCRIPTS = {name: Script(*pair) for name, pair in BOOKS.items()} | {"code": Script(CODE, CODE)}


def notation_named(name: str) -> Script:
    """The notation of that name; ArgumentError for an unknown one."""
    return lookup(SCRIPTS, name, "notation")
