"""Reports on the terminal and in files: which format was asked for, and where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from clearprop.cli.console import output, say
from clearprop.errors import ArgumentError, nearest
from clearprop.reports import FAINT, FORMULA, HEADING, Line
from clearprop.storage import replacing

ENDINGS = {".txt": "text", ".html": "html", ".htm": "html", ".tex": "latex", ".json": "json"}
STYLES = {HEADING: "bold", FORMULA: "cyan", FAINT: "dim"}
WIDTH = 100
"""Letters in a line of text where no terminal says how wide it is, and at most."""


def chosen_format(form: str | None, out: Path | None, formats: Sequence[str]) -> str:
    """The format that was asked for, by name or by the ending of the file; text where neither says."""
    if form is None:
        ending = "text" if out is None else ENDINGS.get(out.suffix.lower(), "text")
        return ending if ending in formats else "text"
    if form not in formats:
        raise ArgumentError(f"--format: expected one of {', '.join(formats)}, got {form!r}.{nearest(form, formats)}")
    return form


def print_lines(lines: Iterable[Line]) -> None:
    """Text on the terminal, as wide as that is."""
    width = min(output.width, WIDTH) if output.is_terminal else WIDTH
    for line in lines:
        for piece in line.wrapped(width):
            output.print(piece, style=STYLES.get(line.style))


def write(text: str, out: Path | None, what: str) -> None:
    """A report into a file, or onto the terminal where none is named."""
    if out is None:
        output.print(text, end="")
        return
    with replacing(out) as file:
        file.write(text.encode())
    say(f"The {what} is in {out}.")
