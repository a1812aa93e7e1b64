"""`clearprop train`: from a data file to a model file."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from clearprop.arrays import BoolArray
from clearprop.capacity import free_memory, spelled_bytes
from clearprop.cli import options, processes, training_options
from clearprop.cli.calls import under_the_names_of_options
from clearprop.cli.console import DIVERGED, DONE, INTERRUPTED, counted, output, print_json, progress_bar, say, speaking
from clearprop.cli.launching import launch
from clearprop.cli.report import cost_text, print_evaluation
from clearprop.cli.training_options import LAYERS
from clearprop.data import Limit, Prepared, Reading, Stream
from clearprop.engines import engine_named, precision_for
from clearprop.engines.protocol import kept_precision
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError
from clearprop.evaluation import Evaluation
from clearprop.labelling import evaluate_parts
from clearprop.model import Model, save
from clearprop.network import COST, HIDDEN, INITIALIZATION, OUTPUT, Network
from clearprop.settings import DEFAULTS, Settings
from clearprop.training import Training, train_on_stream, train_with
from clearprop.training.run import Callback, Progress

BYTES_TO_START = 24
"""What a weight takes at the start at least: drawn and scaled in float64, rounded to float32, and copied."""
EXIT_CODES = {"diverged": DIVERGED, "interrupted": INTERRUPTED}


@speaking
def train_command(
    data: options.Data,
    out: Annotated[Path, typer.Option(help="Where to save the model (.safetensors).", show_default=False)],
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
    precision: training_options.Precision = DEFAULTS.precision,
    count: processes.Processes = None,
    cluster: processes.Cluster = None,
    coordinator: processes.Coordinator = None,
    process_id: processes.ProcessId = None,
    process_count: processes.ProcessCount = None,
    missing: training_options.Missing = None,
    size: training_options.Size = None,
    memory: training_options.Memory = None,
    shuffle_rows: training_options.ShuffleRows = None,
    strip_label: training_options.StripLabel = "",
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
            epochs=training_options.epochs_of(epochs),
            validation=validation,
            l2=l2,
            dropout=dropout,
            patience=patience,
            seed=seed,
            engine=engine,
            precision=precision,
        )
        computing = engine_named(engine)
        precision_for(computing, precision)
        lookup(ACTIVATIONS, output_activation, "output")
        hidden = training_options.hidden_sizes(layers)
        initialize = partial(
            Network.initialize, hidden=activation, output=output_activation, cost=cost, initialization=initialization
        )
        initialize([1] * (len(hidden) + 1) + [2])
        share = training_options.share_of(test)
        image_size = training_options.image_size_of(size)
        limit = Limit.of(memory, shuffle_rows, computing.library_bytes)
    processes.require_sense(engine, count, cluster, coordinator, process_id, process_count)
    _require_companions(settings, checkpoint, resume)
    options.require_place(out, data, *([] if test is None else [test]))
    if count is not None:
        raise typer.Exit(launch(count, processes.without_option(sys.argv[1:], "--processes")))
    with processes.joined(cluster, coordinator, process_id, process_count, checkpoint) as member:
        source = options.opened(data, Reading(missing=tuple(missing or ()), strip_label=strip_label))
        training_options.require_images(source, image_size)
        tested = training_options.test_of(test, share, source)
        rows = training_options.prepared_or_streamed(source, target, tested, validation, seed, image_size, limit)
        sizes = [rows.features.width, *hidden, len(rows.classes)]
        _require_memory(sizes)
        network = _without_unused_inputs(initialize(sizes, seed=seed), rows.never_set)
        training = _train(network, rows, settings, checkpoint, resume, quiet=json or not member.first)
        member.leave()
        if not member.first:
            raise typer.Exit(EXIT_CODES.get(training.stopped, DONE))
        model = Model(
            training.network,
            rows.features,
            rows.classes,
            {**training.model.provenance, **rows.provenance},
        )
        evaluation = None
        if rows.test:
            evaluation = evaluate_parts(model, ((part.x, part.y, part.rows + 1) for part in rows.test.parts()))
            model = replace(model, provenance={**model.provenance, "test": evaluation.figures()})
        save(model, out)
        _report(training, rows, evaluation, out, json)
        _explain_stop(training, checkpoint)
    raise typer.Exit(EXIT_CODES.get(training.stopped, DONE))


def _require_companions(settings: Settings, checkpoint: Path | None, resume: bool) -> None:
    """ArgumentError for an option that can do nothing without another one."""
    if resume and checkpoint is None:
        raise ArgumentError("--resume: expected a folder of checkpoints, got none; name it with --checkpoint DIR.")
    if settings.patience is not None and settings.validation == 0:
        raise ArgumentError("--patience: expected validation rows to watch, got none; add --validation 0.1.")


def _require_memory(sizes: list[int]) -> None:
    """MemoryError for a network whose first weights alone do not fit in memory."""
    if BYTES_TO_START * sum(n_in * n_out for n_in, n_out in pairwise(sizes)) > free_memory():
        raise MemoryError


def _without_unused_inputs(network: Network, never_set: BoolArray) -> Network:
    """Weights of 0 for inputs that never change in training: no example would ever correct what was drawn for them."""
    first = network.weights[0] * ~never_set
    return network.with_parameters([first, *network.weights[1:]], network.biases)


def _train(
    network: Network,
    rows: Prepared | Stream,
    settings: Settings,
    checkpoint: Path | None,
    resume: bool,
    *,
    quiet: bool,
) -> Training:
    announcement = _announcement(network, settings, rows)
    with progress_bar() as bar:
        shown: list[Callback] = [_shown_on(bar, None if quiet else announcement)]
        if isinstance(rows, Stream):
            return train_on_stream(settings, network, rows, callbacks=shown, checkpoint=checkpoint, resume=resume)
        held_out = rows.validation
        return train_with(
            settings,
            network,
            rows.training.x,
            rows.training.y,
            validation=None if held_out is None else (held_out.x, held_out.y),
            callbacks=shown,
            checkpoint=checkpoint,
            resume=resume,
        )


def _announcement(network: Network, settings: Settings, rows: Prepared | Stream) -> str:
    shape = "-".join(map(str, network.sizes))
    epochs = counted(settings.epochs_for(len(rows)), "epoch")
    updates = counted(settings.steps_for(len(rows)), "update")
    told = f"Training {shape} on {counted(len(rows), 'row')}: {epochs} of {updates}."
    return f"{told} {_how_streamed(rows, settings)}" if isinstance(rows, Stream) else told


def _how_streamed(rows: Stream, settings: Settings) -> str:
    engine, limit = engine_named(settings.engine), rows.limit
    precision = precision_for(engine, settings.precision)
    count, itemsize = engine.group.count, np.dtype(kept_precision(precision)).itemsize
    with under_the_names_of_options():
        block = limit.block_rows(rows.features, itemsize, settings.batch_size, len(rows), count)
    why = f"for they do not fit into --memory {spelled_bytes(limit.memory)}"
    asked = "as --shuffle-rows asks" if limit.shuffle_rows else why
    if count == 1:
        return f"The rows are streamed, {asked}; {block:,} are shuffled together."
    return (
        f"The rows are streamed, {asked}: each of {count} processes reads its own part and shuffles "
        f"{ceil(block / count):,} rows together."
    )


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


def _report(training: Training, rows: Prepared | Stream, evaluation: Evaluation | None, out: Path, json: bool) -> None:
    if json:
        print_json(
            {
                "model": str(out),
                "stopped": training.stopped,
                "message": training.message,
                "epochs": len(training.history),
                "layers": list(training.network.sizes),
                "provenance": rows.provenance,
                "test": None if evaluation is None else evaluation.document(),
                "history": training.history.document(),
            }
        )
        return
    if training.stopped != "diverged":
        output.print(f"Training {training.message}")
    tested = rows.provenance.get("test data")
    if evaluation is None:
        output.print("How good it is was not measured: no rows were held out.")
    elif tested:
        print_evaluation(evaluation, f"of {tested}")
    else:
        print_evaluation(evaluation, f"of {rows.provenance['data']}", "held-out row")
    output.print(f"The model is in {out}. Label new rows with: clearprop label {shlex.quote(str(out))} FILE")


def _explain_stop(training: Training, checkpoint: Path | None) -> None:
    if training.stopped == "interrupted":
        how = f"Go on with the same command and --resume; the run is in {checkpoint}."
        say(how if checkpoint else "To be able to go on another time, name a folder with --checkpoint.")
    if training.stopped == "diverged":
        say(f"error: {training.message}")
