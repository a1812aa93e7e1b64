"""Options that more than one command takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from clearprop.cli.console import say
from clearprop.data import Source, open_source
from clearprop.data.builtin import LOADERS
from clearprop.errors import ArgumentError
from clearprop.features import Features, Reading
from clearprop.model import Model
from clearprop.storage import require_writable
from clearprop.targets import ClassName

Data = Annotated[
    str,
    typer.Argument(
        help="A CSV, TSV, Parquet, JSON-lines or .npz (x, y) file or a glob of them, a folder of IDX files, "
        "a folder with a folder of images or of sounds for each class, "
        "or a built-in set: digits, iris, wine, breast-cancer.",
        metavar="DATA",
        show_default=False,
    ),
]
ModelFile = Annotated[
    Path, typer.Argument(help="A model that `clearprop train` saved.", metavar="MODEL", show_default=False)
]
Target = Annotated[
    str | None, typer.Option(help="The column that holds the classes; the last one unless named.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, on standard output.")]


def opened(data: str, reading: Reading) -> Source:
    """What DATA names, with a remark where the name of a built-in set hides a file or a folder."""
    if data in LOADERS and os.path.exists(data):
        say(f"{data} is the built-in set; for what is here under that name type ./{data}")
    return open_source(data, reading)


def require_place(out: Path, *read: str | Path) -> None:
    """ArgumentError unless a file can be written at `out` without destroying one that is read."""
    require_writable(out)
    for path in read:
        if out.exists() and os.path.exists(path) and out.samefile(path):
            raise ArgumentError(
                f"{out}: expected a new file for --out, got the file that is read; choose another name."
            )


def labelling_parts(model: Model, path: Path) -> tuple[Features, tuple[ClassName, ...]]:
    """What labelling files needs besides the network. ArgumentError for a model that was trained on arrays."""
    if model.features is None or model.classes is None:
        raise ArgumentError(
            f"{path}: expected a model that `clearprop train` saved, got one that was trained on arrays in Python; "
            f"label arrays there, with cp.labeller(cp.load({str(path)!r}))."
        )
    return model.features, model.classes
