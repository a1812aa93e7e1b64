"""`clearprop explain`: every equation of one row's way through a model, with its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer

from clearprop.arrays import FloatArray, IntArray
from clearprop.cli import options
from clearprop.cli.calls import number, under_the_names_of_options, whole
from clearprop.cli.console import say, speaking
from clearprop.cli.writing import Out, chosen_format, deliver, format_option
from clearprop.data import Source, labels, open_source
from clearprop.equations.updates import OPTIMIZERS
from clearprop.errors import ArgumentError, DataError, nearest
from clearprop.explaining import explain
from clearprop.explaining.figures import DIGITS
from clearprop.explaining.notations import SCRIPTS
from clearprop.explaining.text import lines_of
from clearprop.explaining.walk import LEARNING_RATE
from clearprop.features import ArrayFeatures, Features, ImageFeatures
from clearprop.features.wording import listed
from clearprop.labelling import inputs_and_outputs
from clearprop.model import Model, load
from clearprop.targets import ClassName

FORMATS = ("text", "html", "latex", "json")


@speaking
def explain_command(
    model: options.ModelFile,
    data: options.Data,
    example: Annotated[
        int, typer.Option(parser=whole, metavar="<int>", help="The row of DATA to explain, counted from 1.")
    ] = 1,
    batch: Annotated[
        int, typer.Option(parser=whole, metavar="<int>", help="So many rows from there on, to set the row beside.")
    ] = 1,
    target: options.Target = None,
    learning_rate: Annotated[
        float, typer.Option(parser=number, metavar="<float>", help="Learning rate η of the update that is shown.")
    ] = LEARNING_RATE,
    optimizer: Annotated[str, typer.Option(help=f"Update rule that is shown: {', '.join(OPTIMIZERS)}.")] = "sgd",
    terms: Annotated[
        int | None,
        typer.Option(parser=whole, metavar="<int>", help="Terms of a long sum to write out; 3 unless named."),
    ] = None,
    layer: Annotated[
        int | None, typer.Option(parser=whole, metavar="<int>", help="Show this layer alone, counted from 1.")
    ] = None,
    neuron: Annotated[
        str | None, typer.Option(metavar="LAYER.NEURON", help="Show this neuron alone, such as 2.7.")
    ] = None,
    weight: Annotated[
        str | None, typer.Option(metavar="LAYER.NEURON.INPUT", help="Show this weight alone, such as 1.4.300.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Explain the answer against this class, not the runner-up.")
    ] = None,
    notation: Annotated[str, typer.Option(help=f"Notation: {', '.join(SCRIPTS)}.")] = "books",
    digits: Annotated[int, typer.Option(parser=whole, metavar="<int>", help="Digits of each number.")] = DIGITS,
    calculus: Annotated[
        bool, typer.Option("--calculus", help="Show where each slope comes from, line by line.")
    ] = False,
    form: Annotated[str | None, format_option(FORMATS)] = None,
    out: Out = None,
    json: options.Json = False,
) -> None:
    """Explain one row of DATA: every equation of its way forward, back and one step on, with the model's numbers.

    Data that comes with test rows of its own is read there, as `evaluate` does.
    """
    if out is not None:
        options.require_place(out, model, data)
    chosen = chosen_format("json" if json else form, out, FORMATS)
    loaded = load(model)
    features, classes = options.labelling_parts(loaded, model)
    with under_the_names_of_options():
        neuron_at, weight_at = _places("neuron", neuron, 2), _places("weight", weight, 3)
        rows = _rows(loaded, features, classes, data, target, example, batch)
        explanation = explain(
            loaded.network,
            rows[0],
            rows[1],
            learning_rate=learning_rate,
            optimizer=optimizer,
            terms=terms,
            layer=layer,
            neuron=neuron_at,
            weight=weight_at,
            against=_class(against, classes),
            notation=notation,
            digits=digits,
            calculus=calculus,
            classes=classes if len(classes) == loaded.network.sizes[-1] else classes[1:],
            inputs=features.input_names,
            image=_image(features),
        )
    deliver(explanation, lines_of(explanation), chosen, out, "explanation")


def _places(name: str, text: str | None, parts: int) -> tuple[int, ...] | None:
    """`2.7` as (2, 7)."""
    if text is None:
        return None
    numbers = text.split(".")
    if len(numbers) != parts or not all(part.isascii() and part.isdigit() for part in numbers):
        wanted = "layer, neuron and input, such as 1.4.300" if parts == 3 else "layer and neuron, such as 2.7"
        raise ArgumentError(f"{name}: expected {wanted}, counted from 1, got {text!r}.")
    return tuple(map(int, numbers))


def _class(name: str | None, classes: tuple[ClassName, ...]) -> int | None:
    """The output of a class, counted from 1."""
    if name is None:
        return None
    spelled = [str(known) for known in classes]
    if name not in spelled:
        raise ArgumentError(f"against: expected one of {listed(classes)}, got {name!r}.{nearest(name, spelled)}")
    return spelled.index(name) + 1


def _rows(
    model: Model,
    features: Features,
    classes: tuple[ClassName, ...],
    data: str,
    target: str | None,
    example: int,
    batch: int,
) -> tuple[FloatArray, IntArray | None]:
    """The inputs of the rows that were asked for, and their class indices if the data has them."""
    for name, value in (("example", example), ("batch", batch)):
        if value < 1:
            raise ArgumentError(f"{name}: expected a whole number of at least 1, got {value}.")
    opened = open_source(data, features.reading)
    source = (opened.test or opened).as_text()
    features.check(source.schema)
    column = target or str(model.provenance.get("target") or source.default_target)
    if target is None and column not in source.schema.names:
        column = ""
    rows = []
    for row in _read(model, features, classes, source, column):
        if row.number >= example:
            rows.append(row)
        if len(rows) == batch:
            break
    if len(rows) < batch:
        raise DataError(f"{source.name}: expected at least {example + batch - 1} rows, got fewer; name an earlier row.")
    for row in rows:
        if row.reason:
            raise DataError(f"{source.name}: row {row.number}: {row.reason}.")
    x, y = np.array([row.inputs for row in rows]), np.array([row.answer for row in rows], dtype=np.intp)
    if (y < 0).any():
        if column:
            say("remark: a row has no known class, so there is no cost and no way back.")
        return x, None
    return x, y


@dataclass(frozen=True)
class _Row:
    """A row: its number from 1, its inputs, why they cannot be used, its class index or −1."""

    number: int
    inputs: FloatArray
    reason: str
    answer: int


def _read(
    model: Model, features: Features, classes: tuple[ClassName, ...], source: Source, column: str
) -> Iterator[_Row]:
    first = 1
    for batch in source.batches(list(dict.fromkeys([*features.columns, *([column] if column else [])]))):
        x, _, unusable = inputs_and_outputs(model, features, batch)
        known = labels(batch, column, features.reading, classes)[0] if column else np.full(len(x), -1)
        for place, inputs in enumerate(x):
            yield _Row(first + place, inputs, unusable.get(place, ""), int(known[place]))
        first += len(x)


def _image(features: Features) -> tuple[int, int] | None:
    """Height and width, if the inputs are a picture in grey."""
    shape = features.shape if isinstance(features, (ArrayFeatures, ImageFeatures)) else ()
    return (shape[0], shape[1]) if len(shape) == 2 and min(shape) > 1 else None
