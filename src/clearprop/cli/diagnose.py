"""`clearprop diagnose`: why a training fails, proven by experiment."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

import typer

from clearprop.cli import options, training_options
from clearprop.cli.calls import under_the_names_of_options
from clearprop.cli.console import DONE, INTERRUPTED, progress_bar, speaking
from clearprop.cli.training_options import LAYERS
from clearprop.cli.writing import Out, chosen_format, deliver, format_option
from clearprop.data import Prepared, Reading
from clearprop.diagnosing.examination import BUDGET, examine, setup_from
from clearprop.diagnosing.guess import guesses_of
from clearprop.diagnosing.shape import shape_from
from clearprop.diagnosing.text import lines_of
from clearprop.errors import ArgumentError
from clearprop.network import COST, HIDDEN, INITIALIZATION, OUTPUT
from clearprop.settings import DEFAULTS, Settings

FORMATS = ("text", "html", "json")
CAUSE_FOUND = 1
"""Exit code where a cause is proven."""


@speaking
def diagnose_command(
    data: options.Data,
    target: options.Target = None,
    test: training_options.Test = None,
    layers: training_options.Layers = LAYERS,
    activation: training_options.HiddenActivation = HIDDEN,
    output_activation: training_options.OutputActivation = OUTPUT,
    cost: training_options.Cost = COST,
    initialization: training_options.Initialization = INITIALIZATION,
    optimizer: training_options.Optimizer = DEFAULTS.optimizer,
    learning_rate: training_options.LearningRate = DEFAULTS.learning_rate,
    schedule: training_options.Schedule = DEFAULTS.schedule,
    batch_size: training_options.BatchSize = DEFAULTS.batch_size,
    epochs: training_options.Epochs = str(DEFAULTS.epochs),
    validation: training_options.Validation = DEFAULTS.validation,
    l2: training_options.L2 = DEFAULTS.l2,
    dropout: training_options.Dropout = DEFAULTS.dropout,
    patience: training_options.Patience = DEFAULTS.patience,
    seed: training_options.Seed = DEFAULTS.seed,
    engine: training_options.Engine = DEFAULTS.engine,
    missing: training_options.Missing = None,
    size: training_options.Size = None,
    strip_label: training_options.StripLabel = "",
    suspect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GUESS",
            help="Your own guess, put to the test: 'averaging', or a setting such as learning-rate=0.1; may be "
            "repeated.",
        ),
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="SECONDS", help="Begin no further experiment after so many seconds, such as 60s.")
    ] = f"{BUDGET:g}s",
    form: Annotated[str | None, format_option(FORMATS)] = None,
    out: Out = None,
    json: options.Json = False,
) -> None:
    """Say why a training on DATA fails: suspects are put to the test, beside the unchanged training on the same seeds.

    It takes the options of `train`. Exit code 1 says that a cause is proven.
    """
    if out is not None:
        options.require_place(out, data)
    chosen = chosen_format("json" if json else form, out, FORMATS)
    with under_the_names_of_options():
        seconds, share = _seconds(budget), training_options.share_of(test)
        hidden, image_size = training_options.hidden_sizes(layers), training_options.image_size_of(size)
        guesses_of(suspect or ())
        settings = Settings(
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            batch_size=batch_size,
            epochs=training_options.epochs_of(epochs),
            validation=validation,
            l2=l2,
            dropout=dropout,
            patience=patience,
            seed=seed,
            engine=engine,
        )
    source = options.opened(data, Reading(missing=tuple(missing or ()), strip_label=strip_label))
    training_options.require_images(source, image_size)
    tested = training_options.test_of(test, share, source)
    prepared = training_options.prepared(source, target, tested, 0.0, seed, image_size)
    with under_the_names_of_options(), progress_bar() as bar:
        doing = bar.add_task("experiments", total=None)
        sizes = [prepared.features.width, *hidden, len(prepared.classes)]
        setup = setup_from(
            prepared.training.x,
            prepared.training.y,
            shape_from(sizes, activation, output_activation, cost, initialization),
            settings,
            test=_test(prepared),
        )
        diagnosis = examine(
            replace(setup, classes=prepared.classes),
            suspect=suspect or (),
            budget=seconds,
            report=lambda what: bar.update(doing, description=what),
        )
    deliver(diagnosis, lines_of(diagnosis), chosen, out, "diagnosis")
    if diagnosis.stopped == "interrupted":
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(CAUSE_FOUND if diagnosis.causes else DONE)


def _test(prepared: Prepared) -> tuple[object, object] | None:
    return None if prepared.test is None else (prepared.test.x, prepared.test.y)


def _seconds(text: str) -> float:
    """`60s`, `60` or `2m` as seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m)?", text.strip())
    if found is None or float(found[1]) == 0:
        raise ArgumentError(f"budget: expected a time such as 60s or 2m, got {text!r}.")
    return float(found[1]) * (60 if found[2] == "m" else 1)
