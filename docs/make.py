"""Writes the pages that are made from the program: the command line's and the equations'.

python docs/make.py           write them
python docs/make.py --check   fail if one of them is not what would be written
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import doctest
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from clearprop.cli.app import app
from clearprop.equations import (
    activations,
    costs,
    initializations,
    layers,
    outputs,
    regularization,
    schedules,
    updates,
)
from clearprop.equations.equation import Equation
from clearprop.equations.notation import TEXT
from clearprop.equations.outputs import MATCHING, PAIRS

DOCS = Path(__file__).resolve().parent
MODULES = (layers, activations, costs, outputs, regularization, updates, schedules, initializations)
MADE = "<!-- Made by docs/make.py; change what it is made from. -->\n"
WIDTH = 100


def command_line_page() -> str:
    """What `--help` says, command by command."""
    group = typer.main.get_command(app)
    context = group.make_context("clearprop", [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH)
    parts = [MADE, "# The command line\n", _block(group.get_help(context))]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(
            name, [], parent=context, resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
        )
        parts += [f"## clearprop {name}\n", _block(command.get_help(inner))]
    parts.append(
        "## Exit codes\n\n"
        "| code | meaning |\n|---|---|\n"
        "| 0 | done |\n"
        "| 2 | the call or the input is wrong: one sentence on standard error, nothing written |\n"
        "| 3 | `train`: the cost stopped being finite; the last good weights are saved |\n"
        "| 130 | interrupted; what there is is saved, and how to go on is said |\n"
    )
    return "\n".join(parts)


def equations_page() -> str:
    """Every equation: formula, plain sentence, source."""
    parts = [
        MADE,
        "# The equations\n",
        "Notation of 3Blue1Brown and Nielsen: W⁽ˡ⁾ leads into layer l, z = Wa + b, a = f(z), C is the cost of one "
        "example, δ = ∂C/∂z; j counts the neurons of a layer, k those of the layer before, i the examples.\n",
    ]
    for module in MODULES:
        parts.append(f"## {(module.__doc__ or '').splitlines()[0].rstrip('.')}\n")
        parts += [_entry(equation) for equation in equations_of(module)]
    parts += ["## Which cost goes with which output\n", "| cost | output activation | δ |", "|---|---|---|"]
    parts += [
        f"| {c} | {f} | {'a − y' if (c, f) in MATCHING else 'slope of the cost through the slopes of the activation'} |"
        for c, f in PAIRS
    ]
    return "\n".join(parts) + "\n"


def equations_of(module: object) -> Iterator[Equation[..., object]]:
    """The equations that a module defines, in their order."""
    for value in vars(module).values():
        if isinstance(value, Equation) and value.function.__module__ == getattr(module, "__name__", None):
            yield value


def _entry(equation: Equation[..., object]) -> str:
    return f"**{equation.name}**: `{equation.formula.spell(TEXT)}`\n{equation.sentence}\n*Source: {equation.source}.*\n"


def _block(text: str) -> str:
    return "```\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```\n"


def draw_curves() -> None:
    """The picture in the README: the curves of the training that it shows."""
    shown: dict[str, Any] = {}
    examples = doctest.DocTestParser().get_examples((DOCS.parent / "README.md").read_text())
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for example in examples:
            exec(compile(example.source, "README.md", "single"), shown)  # noqa: S102 - our own page
    shown["training"].plot().savefig(DOCS / "curves.png", dpi=80)


PAGES = {"command-line.md": command_line_page, "equations.md": equations_page}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = 0
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        old = path.read_text() if path.exists() else ""
        if check and old != text:
            stale += 1
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, "made now"))
        elif not check:
            path.write_text(text)
    if not check:
        draw_curves()
    if stale:
        raise SystemExit(f"\n{stale} page(s) of docs/ are stale: run make docs.")


if __name__ == "__main__":
    os.environ["COLUMNS"] = str(WIDTH)
    main()
