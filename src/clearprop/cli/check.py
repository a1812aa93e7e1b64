"""`clearprop check`: a learner's own code, or their numbers, against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearprop.checking import check_file, check_function_in
from clearprop.checking.conventions import EXAMPLES, WEIGHTS
from clearprop.checking.kinds import KINDS
from clearprop.checking.writing import lines_of
from clearprop.cli import options
from clearprop.cli.calls import number, under_the_names_of_options, whole
from clearprop.cli.console import speaking
from clearprop.cli.writing import Out, chosen_format, deliver, format_option
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.errors import ArgumentError

FORMATS = ("text", "html", "json")
FOUND = 1
"""Exit code when a mistake was found."""


@speaking
def check_command(
    code: Annotated[
        str,
        typer.Argument(
            metavar="FILE.py:FUNCTION",
            help="The function to check; or a JSON file with weights, biases, x, y, weight_gradients, bias_gradients.",
            show_default=False,
        ),
    ],
    layers: Annotated[
        str | None, typer.Option(help="All sizes, inputs first, such as 2,3,2.", show_default=False)
    ] = None,
    activations: Annotated[
        str | None,
        typer.Option(help=f"One for each layer of weights, such as sigmoid,softmax: {', '.join(ACTIVATIONS)}."),
    ] = None,
    cost: Annotated[str | None, typer.Option(help=f"Cost: {', '.join(COSTS)}.")] = None,
    kind: Annotated[str, typer.Option(help=f"What the function is: {', '.join(KINDS)}.")] = "backprop",
    examples: Annotated[
        str | None, typer.Option(help=f"How it takes examples: {', '.join(EXAMPLES)}; found by trying unless named.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help=f"How it takes weights: {', '.join(WEIGHTS)}; found by trying unless named.")
    ] = None,
    forward: Annotated[
        str | None,
        typer.Option(metavar="FUNCTION", help="A forward function in the same file, to find the activations by."),
    ] = None,
    cost_function: Annotated[
        str | None, typer.Option(metavar="FUNCTION", help="A cost function in the same file, to find the cost by.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(parser=number, metavar="<float>", help="Seconds that the code may run at a time.")
    ] = 10.0,
    memory: Annotated[int, typer.Option(parser=whole, metavar="<int>", help="MiB that it may ask for.")] = 2048,
    form: Annotated[str | None, format_option(FORMATS)] = None,
    out: Out = None,
    json: options.Json = False,
) -> None:
    """Check backpropagation that was written by hand: name the mistake, prove it, point at the line.

    The code runs in a process of its own, with limits on time and memory. Exit code 0: right; 1: a mistake found.
    """
    path, name = _parts(code)
    if out is not None:
        options.require_place(out, path)
    chosen = chosen_format("json" if json else form, out, FORMATS)
    names = _names(activations)
    with under_the_names_of_options():
        if name is None:
            report = check_file(path, names, cost)
        else:
            report = check_function_in(
                path,
                name,
                layers=_sizes(layers),
                activations=names,
                cost=cost,
                kind=kind,
                examples=examples,
                weights=weights,
                forward=forward,
                cost_function=cost_function,
                seconds=seconds,
                memory=memory,
            )
    deliver(report, lines_of(report), chosen, out, "report")
    if not report.ok:
        raise typer.Exit(FOUND)


def _parts(code: str) -> tuple[Path, str | None]:
    """The file, and the function in it; None for a file of numbers."""
    file, colon, name = code.rpartition(":")
    if not colon:
        file, name = code, ""
    path = Path(file)
    if not path.is_file():
        raise ArgumentError(
            f"{file}: expected a file, such as network.py:backprop, got a path at which there is none; correct it."
        )
    if path.suffix == ".json" and not name:
        return path, None
    if not name:
        raise ArgumentError(f"{code}: expected FILE.py:FUNCTION, such as {path.name}:backprop, got no function.")
    return path, name


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


def _sizes(text: str | None) -> list[int]:
    if text is None:
        raise ArgumentError("--layers: expected all sizes, inputs first, such as 2,3,2, got none.")
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ArgumentError(f"--layers: expected all sizes, inputs first, such as 2,3,2, got {text!r}.")
    return [int(part) for part in parts]
