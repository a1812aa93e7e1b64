"""`train`: what is asked for, checked and started; `Training`: what comes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, plain
from clearprop.data import Limit, Stream, open_source, stream
from clearprop.engines import engine_named
from clearprop.engines.protocol import Data
from clearprop.errors import ArgumentError
from clearprop.model import Model
from clearprop.network import Network, as_inputs, require_network, require_same_length
from clearprop.settings import DEFAULTS, Settings
from clearprop.sharing import Share
from clearprop.targets import Targets, count_of_classes, encode
from clearprop.training.checkpoints import CheckpointFolder, taken_by_first
from clearprop.training.examples import Figures, divide, example_weights, examples_of, measured
from clearprop.training.history import History
from clearprop.training.run import CHECKPOINT_SECONDS, Callback, Run
from clearprop.training.supply import Held, Streamed, Supply
from clearprop.version import __version__


@dataclass(frozen=True, eq=False)
class Training:
    """A finished training, with all that it started from.

    `stopped` is "finished", "patience", "interrupted", "diverged" (the cost stopped being finite) or "callback";
    `message` says it in a sentence. `network` holds the last weights that were good, with `patience` the best ones.
    `x` and `y` are what was trained on: arrays, or the path of files and the column of their classes.
    """

    network: Network
    model: Model
    history: History
    stopped: str
    message: str
    settings: Settings
    start: Network
    x: Any
    y: Any
    test: Figures | None

    def plot(self) -> Any:
        """A matplotlib Figure of cost and accuracy by epoch (needs the extra `plot`)."""
        from clearprop.plots import curves

        return curves(self.history)

    def __repr__(self) -> str:
        return f"Training of {self.start!r}: {self.message}"


def train(
    network: Network,
    x: Any,
    y: Any = None,
    *,
    optimizer: str = DEFAULTS.optimizer,
    learning_rate: float = DEFAULTS.learning_rate,
    schedule: str = DEFAULTS.schedule,
    batch_size: int = DEFAULTS.batch_size,
    epochs: int | str = DEFAULTS.epochs,
    validation: float | tuple[Any, Any] | None = DEFAULTS.validation,
    test: tuple[Any, Any] | str | os.PathLike[str] | float | None = None,
    initialization: str | None = None,
    l2: float = DEFAULTS.l2,
    dropout: float = DEFAULTS.dropout,
    shuffle: bool = DEFAULTS.shuffle,
    class_weight: Mapping[Any, float] | str | None = None,
    sample_weight: Any = None,
    patience: int | None = DEFAULTS.patience,
    seed: int = DEFAULTS.seed,
    engine: str = DEFAULTS.engine,
    precision: str | None = DEFAULTS.precision,
    optimizer_options: Mapping[str, float] | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    resume: bool = False,
    memory: str | int | None = None,
    shuffle_rows: int | None = None,
) -> Training:
    """Train a network on examples x (n, inputs) with targets y; the network itself stays as it is.

    y is class indices, class names, one-hot rows (n, units), or rows of real numbers with the squared errors.
    `validation` is a share of the examples to hold back, or (x, y); `test` is (x, y) to measure at the end.
    `initialization` draws fresh weights first; without it the training starts from the network's own.
    `class_weight` maps classes to the weight of their examples, or is "balanced"; `sample_weight` is (n,).
    Each callback is called with a `Progress` after every span of steps and stops the training by returning True.
    `checkpoint` is a folder: with `resume=True` a run that was broken off there goes on, bit for bit.

    x may also be the path of a data file, or a glob of them; y is then the column of the classes (the last one unless
    named), and `test` a path or a share of the rows. The rows are streamed: with all that the program needs besides the
    network, they take no more than `memory` (1 GiB, and what JAX takes for itself), and `shuffle_rows` of them (as many
    as fit) are shuffled together.

    Ctrl-C ends the training with what it has. Raises ArgumentError for what cannot be used.
    """
    require_network(network)
    if not isinstance(checkpoint_seconds, (int, float)) or not checkpoint_seconds >= 0:
        raise ArgumentError(f"checkpoint_seconds: expected a number of at least 0, got {checkpoint_seconds!r}.")
    validation = plain(validation)
    settings = Settings(
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        batch_size=batch_size,
        epochs=epochs,
        validation=validation if isinstance(validation, (int, float)) else 0.0,
        l2=l2,
        dropout=dropout,
        shuffle=shuffle,
        patience=patience,
        seed=seed,
        engine=engine,
        precision=precision,
        optimizer_options={} if optimizer_options is None else optimizer_options,
    )
    start = network.initialized(initialization, seed) if initialization else network
    watched: dict[str, Any] = {
        "class_weight": class_weight,
        "callbacks": callbacks,
        "checkpoint": checkpoint,
        "checkpoint_seconds": checkpoint_seconds,
        "resume": resume,
    }
    if isinstance(x, (str, os.PathLike)):
        limit = Limit.of(memory, shuffle_rows, engine_named(engine).library_bytes)
        _refuse_arrays(validation=validation, test=test, sample_weight=sample_weight)
        return train_on_stream(settings, start, _streamed(x, y, test, settings, limit), **watched)
    return train_with(
        settings,
        start,
        x,
        y,
        validation=None if isinstance(validation, (int, float)) else validation,
        test=test,
        sample_weight=sample_weight,
        **watched,
    )


def _refuse_arrays(**given: Any) -> None:
    """ArgumentError for arrays beside the path of files."""
    for name, value in given.items():
        if value is not None and not isinstance(value, (str, os.PathLike, int, float)):
            raise ArgumentError(
                f"{name}: expected none beside files, got {type(value).__name__}; name files or a share, or train on "
                f"arrays."
            )


def _streamed(x: str | os.PathLike[str], target: str | None, test: Any, settings: Settings, limit: Limit) -> Stream:
    source = open_source(x)
    tested = open_source(test, source.reading) if isinstance(test, (str, os.PathLike)) else test
    return stream(source, limit, target=target, test=tested, validation=settings.validation, seed=settings.seed)


def train_with(
    settings: Settings,
    network: Network,
    x: Any,
    y: Any,
    *,
    validation: tuple[Any, Any] | None = None,
    test: Any = None,
    class_weight: Mapping[Any, float] | str | None = None,
    sample_weight: Any = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    resume: bool = False,
) -> Training:
    """`train` with its settings in one piece; `validation` takes the place of the settings' share."""
    inputs = as_inputs(x, network.sizes[0])
    targets = encode(y, network.sizes[-1], network.cost)
    require_same_length(inputs, targets)
    weight = example_weights(targets, class_weight, sample_weight)
    data, held_out = divide(Data(inputs, targets, weight), settings, network, validation)
    tested = None if test is None else examples_of(network, test, targets, "test")
    run = _run(network, lambda *_: Held(data, held_out, settings), settings, callbacks)
    _go(run, checkpoint, checkpoint_seconds, resume)
    figures = None if tested is None else measured(_scores(run.network()), network, [tested])
    return _finished(run, Model(run.network(), None, targets.classes), inputs, y, figures, {"rows": len(inputs)})


def train_on_stream(
    settings: Settings,
    network: Network,
    rows: Stream,
    *,
    class_weight: Mapping[Any, float] | str | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    resume: bool = False,
) -> Training:
    """`train` with its settings in one piece, on rows that are read anew in every epoch."""
    inputs, units = rows.features.width, len(rows.classes)
    if network.sizes[0] != inputs or count_of_classes(network.sizes[-1]) != units:
        raise ArgumentError(
            f"network: expected {inputs} inputs and {units} outputs for the rows of {rows.source.name}, "
            f"got {network.sizes[0]} and {network.sizes[-1]}; write "
            f"cp.Network.initialize([{', '.join(map(str, [inputs, *network.sizes[1:-1], units]))}])."
        )
    run = _run(
        network,
        lambda precision, share: Streamed(rows, network, settings, precision, class_weight, share),
        settings,
        callbacks,
    )
    _go(run, checkpoint, checkpoint_seconds, resume)
    trained = run.network()
    figures = None
    if rows.test is not None:
        targets = (Data(part.x, Targets(network.sizes[-1], part.y, rows.classes)) for part in rows.test.parts())
        figures = measured(_scores(trained), network, targets)
    model = Model(trained, rows.features, rows.classes)
    return _finished(run, model, rows.source.name, rows.target, figures, rows.provenance)


def _run(
    network: Network, supply: Callable[[str, Share], Supply], settings: Settings, callbacks: Sequence[Callback]
) -> Run:
    """A run that is ready to go. ArgumentError for what it cannot do."""
    run = Run(network, supply, settings, callbacks)
    if settings.patience is not None and not run.supply.has_held_out:
        raise ArgumentError(
            "patience: expected validation data to watch, got none; give a share, such as validation=0.1."
        )
    if callable(callbacks):
        raise ArgumentError("callbacks: expected a list of functions, got one function; write callbacks=[…].")
    for callback in callbacks:
        if not callable(callback):
            raise ArgumentError(f"callbacks: expected functions, got {callback!r}.")
    return run


def _go(run: Run, checkpoint: str | os.PathLike[str] | None, checkpoint_seconds: float, resume: bool) -> None:
    """Train, with checkpoints if there is a folder for them."""
    run.require_same_everywhere()
    if checkpoint is not None:
        folder = CheckpointFolder(Path(checkpoint))
        with taken_by_first(folder, run.engine.group):
            run.keep_checkpoints(folder, checkpoint_seconds, resume)
            run.go()
    elif resume:
        raise ArgumentError("resume: expected a checkpoint folder to resume from, got none; name it with checkpoint=….")
    else:
        run.go()


def _scores(network: Network) -> Callable[[FloatArray], FloatArray]:
    """The weighted inputs of the output layer, by the equations."""
    return lambda x: np.asarray(network.step(x).z[len(network.layers)])


def _finished(run: Run, model: Model, x: Any, y: Any, test: Figures | None, about_rows: Mapping[str, Any]) -> Training:
    provenance = {
        "clearprop": __version__,
        **about_rows,
        "settings": {**run.settings.document(), "engine": run.engine.name, "precision": run.precision},
        "epochs": run.at.position.epoch,
        "stopped": run.at.position.stopped,
        "test": None if test is None else asdict(test),
    }
    return Training(
        network=model.network,
        model=replace(model, provenance=provenance),
        history=run.at.position.history,
        stopped=run.at.position.stopped,
        message=_message(run),
        settings=run.settings,
        start=run.start,
        x=x,
        y=y,
        test=test,
    )


def _message(run: Run) -> str:
    position, settings = run.at.position, run.settings
    match position.stopped:
        case "finished":
            return f"finished after {position.epoch} epoch{'s' * (position.epoch != 1)}."
        case "patience":
            best = position.epoch - position.waited
            return (
                f"stopped after {position.epoch} epochs: no better validation cost since epoch {best}, "
                f"whose weights are kept."
            )
        case "callback":
            where = f"in epoch {position.epoch + 1}" if position.step else f"after epoch {position.epoch}"
            return f"stopped by a callback {where}."
        case "interrupted":
            epoch = min(position.epoch + 1, run.epochs)
            return f"interrupted in epoch {epoch} of {run.epochs}; what was learned so far is kept."
        case _:
            return (
                f"the cost stopped being finite in epoch {position.epoch + 1}; the last good weights are kept. "
                f"Look at the learning rate ({settings.learning_rate:g}: try {settings.learning_rate / 10:g}) "
                f"and at the scale of the inputs (the largest is {run.largest_input():g})."
            )
