"""`clearprop train`: from a data file to a model file."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from clearprop.capacity import free_memory
from clearprop.cli import options
from clearprop.cli.calls import number, under_the_names_of_options, whole
from clearprop.cli.console import DIVERGED, DONE, INTERRUPTED, counted, output, print_json, progress_bar, say, speaking
from clearprop.cli.report import cost_text, print_evaluation
from clearprop.data import Prepared, Reading, Source, prepare
from clearprop.data.media import MediaFiles
from clearprop.data.splitting import check_share
from clearprop.engines import engine_named
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.equations.initializations import INITIALIZATIONS
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError
from clearprop.evaluation import Evaluation
from clearprop.features.media import IMAGE
from clearprop.labelling import evaluate_rows
from clearprop.model import Model, save
from clearprop.network import COST, HIDDEN, INITIALIZATION, OUTPUT, Network
from clearprop.settings import DEFAULTS, MEANING, Settings
from clearprop.training import Training, train_with
from clearprop.training.run import Callback, Progress

LAYERS = "256"
MOST_NEURONS = 10_000_000
TEST_SHARE = 0.2
BYTES_TO_START = 24
"""What a weight takes at the start at least: drawn and scaled in float64, rounded to float32, and copied."""
KINDS = {number: "<float>", whole: "<int>"}
EXIT_CODES = {"diverged": DIVERGED, "interrupted": INTERRUPTED}


def _option(name: str, parser: Any = None) -> Any:
    return typer.Option(help=MEANING[name], parser=parser, metavar=KINDS.get(parser))


@speaking
def train_command(
    data: options.Data,
    out: Annotated[Path, typer.Option(help="Where to save the model (.safetensors).", show_default=False)],
    target: options.Target = None,
    test: Annotated[
        str | None,
        typer.Option(
            help="Rows to measure the model on: a data file, or a share of the rows. Unless named, the test rows that "
            "come with the data, else 0.2.",
        ),
    ] = None,
    layers: Annotated[str, typer.Option(help="Neurons of the hidden layers, such as 16,16; 'none' for none.")] = LAYERS,
    activation: Annotated[
        str, typer.Option(help=f"Activation of the hidden layers: {', '.join(ACTIVATIONS)}.")
    ] = HIDDEN,
    output_activation: Annotated[
        str, typer.Option("--output", help="Activation of the output layer: any of these.")
    ] = OUTPUT,
    cost: Annotated[str, typer.Option(help=f"Cost: {', '.join(COSTS)}.")] = COST,
    initialization: Annotated[
        str, typer.Option(help=f"First weights: auto, {', '.join(INITIALIZATIONS)}.")
    ] = INITIALIZATION,
    optimizer: Annotated[str, _option("optimizer")] = DEFAULTS.optimizer,
    learning_rate: Annotated[float, _option("learning_rate", number)] = DEFAULTS.learning_rate,
    schedule: Annotated[str, _option("schedule")] = DEFAULTS.schedule,
    batch_size: Annotated[int, _option("batch_size", whole)] = DEFAULTS.batch_size,
    epochs: Annotated[str, _option("epochs")] = str(DEFAULTS.epochs),
    validation: Annotated[float, _option("validation", number)] = DEFAULTS.validation,
    l2: Annotated[float, _option("l2", number)] = DEFAULTS.l2,
    dropout: Annotated[float, _option("dropout", number)] = DEFAULTS.dropout,
    patience: Annotated[int | None, _option("patience", whole)] = DEFAULTS.patience,
    seed: Annotated[int, _option("seed", whole)] = DEFAULTS.seed,
    engine: Annotated[str, _option("engine")] = DEFAULTS.engine,
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="<str>", help="Text that stands for a missing value, such as '?'; may be repeated."),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WIDTHxHEIGHT",
            help="Size that images are brought to, such as 28x28; chosen from them unless named.",
        ),
    ] = None,
    strip_label: Annotated[str, typer.Option(help="Ending to strip from every label, such as '.'.")] = "",
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Folder for checkpoints, so that a broken-off run can go on.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the checkpoint folder.")] = False,
    json: options.Json = False,
) -> None:
    """Train a network on DATA, measure it on held-out rows, save it to one file."""
    # every wrong option is told before a long file is read
    with under_the_names_of_options():
        settings = Settings(
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            batch_size=batch_size,
            epochs=_epochs(epochs),
            validation=validation,
            l2=l2,
            dropout=dropout,
            patience=patience,
            seed=seed,
            engine=engine,
        )
        engine_named(engine)
        lookup(ACTIVATIONS, output_activation, "output")
        hidden = _hidden_sizes(layers)
        initialize = partial(
            Network.initialize, hidden=activation, output=output_activation, cost=cost, initialization=initialization
        )
        initialize([1] * (len(hidden) + 1) + [2])
        share = _share(test)
        image_size = _image_size(size)
    _require_companions(settings, checkpoint, resume)
    options.require_place(out, data, *([] if test is None else [test]))
    source = options.opened(data, Reading(missing=tuple(missing or ()), strip_label=strip_label))
    _require_images(source, image_size)
    tested = _test(test, share, source)
    with progress_bar() as bar:
        reading = bar.add_task("reading", total=source.row_count())
        prepared = prepare(
            source,
            target=target,
            test=tested,
            validation=validation,
            seed=seed,
            image_size=image_size,
            progress=lambda done, total: bar.update(reading, completed=done, total=total),
        )
    sizes = [prepared.features.width, *hidden, len(prepared.classes)]
    _require_memory(sizes)
    network = _without_unused_inputs(initialize(sizes, seed=seed), prepared)
    training = _train(network, prepared, settings, checkpoint, resume, quiet=json)
    model = Model(
        training.network,
        prepared.features,
        prepared.classes,
        {**training.model.provenance, **prepared.provenance},
    )
    evaluation = None
    if tested_on := prepared.test:
        evaluation = evaluate_rows(model, tested_on.x, tested_on.y, tested_on.rows + 1)
        model = replace(model, provenance={**model.provenance, "test": evaluation.figures()})
    save(model, out)
    _report(training, prepared, evaluation, out, json)
    _explain_stop(training, checkpoint)
    raise typer.Exit(EXIT_CODES.get(training.stopped, DONE))


def _epochs(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _hidden_sizes(text: str) -> list[int]:
    if text == "none":
        return []
    sizes = [int(size) if size.strip().isdecimal() else 0 for size in text.split(",")]
    if not all(0 < size <= MOST_NEURONS for size in sizes):
        raise ArgumentError(
            f"layers: expected numbers of neurons from 1 to {MOST_NEURONS:,}, such as 16,16, or 'none', got {text!r}."
        )
    return sizes


def _image_size(text: str | None) -> tuple[int, int] | None:
    """`28x14` as (height, width): (14, 28)."""
    if text is None:
        return None
    sizes = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", text)
    if sizes is None:
        raise ArgumentError(f"size: expected width and height of the images, such as 28x28, got {text!r}.")
    return int(sizes[2]), int(sizes[1])


def _share(test: str | None) -> float | None:
    """The share of the rows to test on, 0 for none; None where the rows are named or come with the data."""
    try:
        share = None if test is None else float(test)
    except ValueError:
        return None
    if share:
        check_share("test", share)
    return share


def _test(test: str | None, share: float | None, source: Source) -> Source | float | None:
    """The rows to test on: a share, a file, else those that come with the data, else a fifth."""
    if share is not None:
        return share or None
    return (source.test or TEST_SHARE) if test is None else options.opened(test, source.reading)


def _require_companions(settings: Settings, checkpoint: Path | None, resume: bool) -> None:
    """ArgumentError for an option that can do nothing without another one."""
    if resume and checkpoint is None:
        raise ArgumentError("--resume: expected a folder of checkpoints, got none; name it with --checkpoint DIR.")
    if settings.patience is not None and settings.validation == 0:
        raise ArgumentError("--patience: expected validation rows to watch, got none; add --validation 0.1.")


def _require_images(source: Source, size: tuple[int, int] | None) -> None:
    """ArgumentError for a size that nothing would be brought to."""
    if size is not None and not (isinstance(source, MediaFiles) and source.sort == IMAGE):
        raise ArgumentError(f"--size: expected images to bring to that size, got {source.name}; leave --size out.")


def _require_memory(sizes: list[int]) -> None:
    """MemoryError for a network whose first weights alone do not fit in memory."""
    if BYTES_TO_START * sum(n_in * n_out for n_in, n_out in pairwise(sizes)) > free_memory():
        raise MemoryError


def _without_unused_inputs(network: Network, prepared: Prepared) -> Network:
    """Weights of 0 for inputs that never change in training: no example would ever correct what was drawn for them."""
    first = network.weights[0] * ~prepared.never_set
    return network.with_parameters([first, *network.weights[1:]], network.biases)


def _train(
    network: Network, prepared: Prepared, settings: Settings, checkpoint: Path | None, resume: bool, *, quiet: bool
) -> Training:
    held_out = prepared.validation
    with progress_bar() as bar:
        return train_with(
            settings,
            network,
            prepared.training.x,
            prepared.training.y,
            validation=None if held_out is None else (held_out.x, held_out.y),
            callbacks=[_shown_on(bar, None if quiet else _announcement(network, settings, len(prepared.training.y)))],
            checkpoint=checkpoint,
            resume=resume,
        )


def _announcement(network: Network, settings: Settings, examples: int) -> str:
    shape = "-".join(map(str, network.sizes))
    epochs, updates = counted(settings.epochs_for(examples), "epoch"), counted(settings.steps_for(examples), "update")
    return f"Training {shape} on {counted(examples, 'row')}: {epochs} of {updates}."


def _shown_on(bar: Any, announcement: str | None) -> Callback:
    """Announces a training once it is under way: no sooner, for a checkpoint folder may still be refused."""
    task = bar.add_task("training", total=None)
    waiting = [announcement] if announcement else []

    def show(progress: Progress) -> None:
        while waiting:
            say(waiting.pop())
        description = f"epoch {progress.epoch}/{progress.epochs}, cost {cost_text(progress.cost)}"
        bar.update(task, total=progress.steps, completed=progress.step, description=description)

    return show


def _report(training: Training, prepared: Prepared, evaluation: Evaluation | None, out: Path, json: bool) -> None:
    if json:
        print_json(
            {
                "model": str(out),
                "stopped": training.stopped,
                "message": training.message,
                "epochs": len(training.history),
                "layers": list(training.network.sizes),
                "provenance": prepared.provenance,
                "test": None if evaluation is None else evaluation.document(),
                "history": training.history.document(),
            }
        )
        return
    if training.stopped != "diverged":
        output.print(f"Training {training.message}")
    tested = prepared.provenance.get("test data")
    if evaluation is None:
        output.print("How good it is was not measured: no rows were held out.")
    elif tested:
        print_evaluation(evaluation, f"of {tested}")
    else:
        print_evaluation(evaluation, f"of {prepared.provenance['data']}", "held-out row")
    output.print(f"The model is in {out}. Label new rows with: clearprop label {shlex.quote(str(out))} FILE")


def _explain_stop(training: Training, checkpoint: Path | None) -> None:
    if training.stopped == "interrupted":
        how = f"Go on with the same command and --resume; the run is in {checkpoint}."
        say(how if checkpoint else "To be able to go on another time, name a folder with --checkpoint.")
    if training.stopped == "diverged":
        say(f"error: {training.message}")
