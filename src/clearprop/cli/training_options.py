"""What `train` and the commands that look at trainings share: options, what they mean, the data that they name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer

from clearprop.cli import options
from clearprop.cli.calls import number, under_the_names_of_options, whole
from clearprop.cli.console import progress_bar
from clearprop.data import Limit, Prepared, Source, Stream, TooManyRows, prepare, stream
from clearprop.data.media import MediaFiles
from clearprop.data.splitting import check_share
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.equations.initializations import INITIALIZATIONS
from clearprop.errors import ArgumentError
from clearprop.features.media import IMAGE
from clearprop.settings import MEANING

LAYERS = "256"
MOST_NEURONS = 10_000_000
TEST_SHARE = 0.2
KINDS = {number: "<float>", whole: "<int>"}


def _option(name: str, parser: Any = None) -> Any:
    return typer.Option(help=MEANING[name], parser=parser, metavar=KINDS.get(parser))


Test = Annotated[
    str | None,
    typer.Option(
        help="Rows to measure the model on: a data file, or a share of the rows. Unless named, the test rows that "
        "come with the data, else 0.2.",
    ),
]
Layers = Annotated[str, typer.Option(help="Neurons of the hidden layers, such as 16,16; 'none' for none.")]
HiddenActivation = Annotated[str, typer.Option(help=f"Activation of the hidden layers: {', '.join(ACTIVATIONS)}.")]
OutputActivation = Annotated[str, typer.Option("--output", help="Activation of the output layer: any of these.")]
Cost = Annotated[str, typer.Option(help=f"Cost: {', '.join(COSTS)}.")]
Initialization = Annotated[str, typer.Option(help=f"First weights: auto, {', '.join(INITIALIZATIONS)}.")]
Optimizer = Annotated[str, _option("optimizer")]
LearningRate = Annotated[float, _option("learning_rate", number)]
Schedule = Annotated[str, _option("schedule")]
BatchSize = Annotated[int, _option("batch_size", whole)]
Epochs = Annotated[str, _option("epochs")]
Validation = Annotated[float, _option("validation", number)]
L2 = Annotated[float, _option("l2", number)]
Dropout = Annotated[float, _option("dropout", number)]
Patience = Annotated[int | None, _option("patience", whole)]
Seed = Annotated[int, _option("seed", whole)]
Engine = Annotated[str, _option("engine")]
Precision = Annotated[str | None, _option("precision")]
Missing = Annotated[
    list[str] | None,
    typer.Option(metavar="<str>", help="Text that stands for a missing value, such as '?'; may be repeated."),
]
Size = Annotated[
    str | None,
    typer.Option(
        metavar="WIDTHxHEIGHT",
        help="Size that images are brought to, such as 28x28; chosen from them unless named.",
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        show_default="1GiB, and what JAX itself takes",
        help="What the rows may take with the program, besides the network: 2GiB, 800MB. Rows that do not fit are "
        "streamed from the files in every epoch.",
    ),
]
ShuffleRows = Annotated[
    int | None,
    typer.Option(
        parser=whole,
        metavar="<int>",
        help="Stream the rows, and shuffle so many together; as many as fit unless named.",
    ),
]
StripLabel = Annotated[str, typer.Option(help="Ending to strip from every label, such as '.'.")]


def epochs_of(text: str) -> int | str:
    """A number of epochs, or the word that stands for one."""
    try:
        return int(text)
    except ValueError:
        return text


def hidden_sizes(text: str) -> list[int]:
    """`16,16` as [16, 16], `none` as []."""
    if text == "none":
        return []
    sizes = [int(size) if size.strip().isdecimal() else 0 for size in text.split(",")]
    if not all(0 < size <= MOST_NEURONS for size in sizes):
        raise ArgumentError(
            f"layers: expected numbers of neurons from 1 to {MOST_NEURONS:,}, such as 16,16, or 'none', got {text!r}."
        )
    return sizes


def image_size_of(text: str | None) -> tuple[int, int] | None:
    """`28x14` as (height, width): (14, 28)."""
    if text is None:
        return None
    sizes = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", text)
    if sizes is None:
        raise ArgumentError(f"size: expected width and height of the images, such as 28x28, got {text!r}.")
    return int(sizes[2]), int(sizes[1])


def share_of(test: str | None) -> float | None:
    """The share of the rows to test on, 0 for none; None where the rows are named or come with the data."""
    try:
        share = None if test is None else float(test)
    except ValueError:
        return None
    if share:
        check_share("test", share)
    return share


def test_of(test: str | None, share: float | None, source: Source) -> Source | float | None:
    """The rows to test on: a share, a file, else those that come with the data, else a fifth."""
    if share is not None:
        return share or None
    return (source.test or TEST_SHARE) if test is None else options.opened(test, source.reading)


def require_images(source: Source, size: tuple[int, int] | None) -> None:
    """ArgumentError for a size that nothing would be brought to."""
    if size is not None and not (isinstance(source, MediaFiles) and source.sort == IMAGE):
        raise ArgumentError(f"--size: expected images to bring to that size, got {source.name}; leave --size out.")


def prepared(
    source: Source,
    target: str | None,
    test: Source | float | None,
    validation: float,
    seed: int,
    image_size: tuple[int, int] | None,
    memory: float = math.inf,
) -> Prepared:
    """The arrays of a data source, with a bar on a terminal while it is read. TooManyRows if they do not fit."""
    with _reading_bar(source) as progress:
        return prepare(
            source,
            target=target,
            test=test,
            validation=validation,
            seed=seed,
            image_size=image_size,
            progress=progress,
            memory=memory,
        )


def prepared_or_streamed(
    source: Source,
    target: str | None,
    test: Source | float | None,
    validation: float,
    seed: int,
    image_size: tuple[int, int] | None,
    limit: Limit,
) -> Prepared | Stream:
    """The arrays of a data source if they fit into memory; the rows are streamed if they do not, or if it is said how
    many to shuffle together."""
    if limit.shuffle_rows is None:
        # images and sounds are never streamed: decoding them anew in every epoch would take longer than all else
        most = math.inf if isinstance(source, MediaFiles) else limit.for_held_rows
        with suppress(TooManyRows):
            return prepared(source, target, test, validation, seed, image_size, most)
    with _reading_bar(source) as progress, under_the_names_of_options():
        return stream(source, limit, target=target, test=test, validation=validation, seed=seed, progress=progress)


@contextmanager
def _reading_bar(source: Source) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, and a function that moves it."""
    with progress_bar() as bar:
        task = bar.add_task("reading", total=source.row_count())
        yield lambda done, total: bar.update(task, completed=done, total=total)
