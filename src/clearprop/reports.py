"""What reports share: lines of text that wrap, pages of HTML with their formulas, LaTeX and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEADING, FORMULA, PLAIN, FAINT = "heading", "formula", "plain", "faint"


@dataclass(frozen=True)
class Line:
    """A line of text: how it is meant, and how far its continuation is indented where it must wrap."""

    text: str
    style: str = PLAIN
    hanging: int = 0

    def wrapped(self, width: int) -> Iterable[str]:
        """The line in pieces of at most `width` letters where spaces allow it."""
        indent = len(self.text) - len(self.text.lstrip())
        words = re.split(r"(?<=\S) ", self.text)
        piece = words[0]
        for word in words[1:]:
            if len(piece) + 1 + len(word) <= width:
                piece = f"{piece} {word}"
            else:
                yield piece
                piece = " " * (indent + self.hanging) + word
        yield piece


def plain_text(lines: Iterable[Line], width: int) -> str:
    """Lines as plain text."""
    return "\n".join(piece.rstrip() for line in lines for piece in line.wrapped(width)) + "\n"
