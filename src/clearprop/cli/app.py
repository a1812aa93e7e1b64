"""The program `clearprop`: its commands, and what happens when a call is wrong."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from clearprop.cli.calls import sentence
from clearprop.cli.check import check_command
from clearprop.cli.console import DONE, WRONG_INPUT, say
from clearprop.cli.diagnose import diagnose_command
from clearprop.cli.evaluate import evaluate_command
from clearprop.cli.explain import explain_command
from clearprop.cli.label import label_command
from clearprop.cli.show import show_command
from clearprop.cli.train import train_command
from clearprop.version import __version__

app = typer.Typer(
    name="clearprop",
    help="Fully connected neural networks that you can see through.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("train")(train_command)
app.command("label")(label_command)
app.command("evaluate")(evaluate_command)
app.command("show")(show_command)
app.command("explain")(explain_command)
app.command("check")(check_command)
app.command("diagnose")(diagnose_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clearprop {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Fully connected neural networks that you can see through."""


def main() -> None:
    """Run the program. A wrong call gets one sentence on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is no reason to stop
    try:
        code = app(prog_name="clearprop", standalone_mode=False)  # whatever ran it
    except TyperException as error:
        say(f"error: {sentence(error)}")
        code = WRONG_INPUT
    sys.exit(code if isinstance(code, int) else DONE)
