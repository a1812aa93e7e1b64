"""Reports on the terminal and in files: which format was asked for, and where it goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from clearprop.cli.console import output, print_json, say
from clearprop.errors import ArgumentError, nearest
from clearprop.reports import FAINT, FORMULA, HEADING, Line, plain_text
from clearprop.storage import replacing

ENDINGS = {
    **dict.fromkeys(("", ".txt", ".md", ".log"), "text"),
    **dict.fromkeys((".html", ".htm"), "html"),
    ".tex": "latex",
    ".json": "json",
}
STYLES = {HEADING: "bold", FORMULA: "cyan", FAINT: "dim"}
WIDTH = 100
"""Letters in a line of text where no terminal says how wide it is, and at most."""


Out = Annotated[Path | None, typer.Option(help="Where to write it; the terminal unless named.")]


def format_option(formats: Sequence[str]) -> Any:
    """The option that names one of the formats."""
    return typer.Option("--format", help=f"{', '.join(formats)}; by the ending of --out unless named.")


class Report(Protocol):
    """What `explain`, `check` and `diagnose` have found."""

    def to_html(self) -> str: ...

    def to_json(self) -> dict[str, Any]: ...


def chosen_format(form: str | None, out: Path | None, formats: Sequence[str]) -> str:
    """The format that was asked for, by name or by the ending of the file; text where there is neither."""
    if form is None:
        return "text" if out is None else _by_ending(out, formats)
    if form not in formats:
        raise ArgumentError(f"--format: expected one of {', '.join(formats)}, got {form!r}.{nearest(form, formats)}")
    return form


def _by_ending(out: Path, formats: Sequence[str]) -> str:
    form = ENDINGS.get(out.suffix.lower())
    if form is None or form not in formats:
        known = [ending for ending, of_format in ENDINGS.items() if ending and of_format in formats]
        raise ArgumentError(
            f"--out: expected a name that ends in one of {', '.join(known)}, got {out.name!r}. With --format it "
            f"may end in any way."
        )
    return form


def deliver(report: Report, lines: Iterable[Line], form: str, out: Path | None, what: str) -> None:
    """A report, whose text are these lines, into a file, or onto the terminal where none is named."""
    if out is None and form == "text":
        _print(lines)
    elif out is None and form == "json":
        print_json(report.to_json())
    elif out is None:
        output.print(_written(report, lines, form), end="")
    else:
        text = _written(report, lines, form)
        with replacing(out) as file:
            file.write(text.encode())
        say(f"The {what} is in {out}.")


def _print(lines: Iterable[Line]) -> None:
    """As wide as the terminal is."""
    width = min(output.width, WIDTH) if output.is_terminal else WIDTH
    for line in lines:
        for piece in line.wrapped(width):
            output.print(piece, style=STYLES.get(line.style))


def _written(report: Any, lines: Iterable[Line], form: str) -> str:
    match form:
        case "html":
            return str(report.to_html())
        case "latex":
            return str(report.to_latex())
        case "json":
            return json.dumps(report.to_json(), ensure_ascii=False) + "\n"
        case _:
            return plain_text(lines, WIDTH)
