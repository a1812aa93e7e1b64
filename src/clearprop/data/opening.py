"""From what the user typed to a source."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from clearprop.data.builtin import LOADERS, open_builtin
from clearprop.data.idx import is_idx_folder, open_idx
from clearprop.data.json_lines import JsonTable
from clearprop.data.media import is_media_folder, open_media, open_media_folder, sort_of
from clearprop.data.npz import open_npz
from clearprop.data.parquet import ParquetTable
from clearprop.data.source import Source
from clearprop.data.text_table import TextTable
from clearprop.errors import DataError, nearest
from clearprop.features import Reading
from clearprop.features.wording import listed

TEXT = (".csv", ".tsv", ".tab", ".txt", ".data")
PARQUET = (".parquet", ".pq")
JSON_LINES = (".jsonl", ".ndjson", ".json")
KNOWN = (
    "expected a CSV, TSV, Parquet or JSON-lines file, an .npz file, a folder of IDX files, of images or of sounds, "
    "or a built-in set"
)


def open_source(spec: str | os.PathLike[str], reading: Reading | None = None) -> Source:
    """Open a data file, a glob of files, a folder or a built-in set (`digits`, `iris`, `wine`, `breast-cancer`).

    A bare name of a built-in set means that set; `./iris` and `iris.csv` mean files. reading says how text is
    read: for new files, that of the model's features. Raises DataError.
    """
    reading = reading or Reading()
    typed = os.fspath(spec)
    if typed in LOADERS:
        return open_builtin(typed, reading)
    if os.path.isdir(typed):
        return _open_folder(Path(typed), reading)
    found = files_of(typed)
    if found:
        return _open_files(found, Path(typed).name, reading)
    if glob.has_magic(typed):
        raise DataError(f"{typed}: expected files of this pattern, got none; correct the pattern.")
    path = Path(typed)
    if path.suffix or path.name != typed:
        alike = glob.glob(f"*{glob.escape(path.suffix)}", root_dir=path.parent)  # nope.csv is no misspelled docs
        others = set(alike) - {path.name}  # a link to nowhere has its own name
        raise DataError(
            f"{typed}: expected a file or a folder, got a path at which there is none; correct it."
            f"{nearest(path.name, sorted(others))}"
        )
    raise DataError(
        f"{typed}: {KNOWN} ({', '.join(LOADERS)}), got a name that is none of them.{nearest(typed, LOADERS)}"
    )


def files_of(spec: str) -> list[Path]:
    """The file of that name, or the files of that pattern in the order of their names."""
    if os.path.isfile(spec):
        return [Path(spec)]
    return [Path(path) for path in sorted(glob.glob(spec)) if os.path.isfile(path)]


def _open_folder(folder: Path, reading: Reading) -> Source:
    name = folder.name or folder.resolve().name
    if is_idx_folder(folder):
        return open_idx(folder, name, reading)
    if is_media_folder(folder):
        return open_media_folder(folder, name, reading)
    held = sorted(path.name for path in folder.iterdir())
    got = f"{listed(held)}" if held else "an empty folder"
    raise DataError(
        f"{name}: expected a folder of images or of sounds for each class, or IDX files such as "
        f"'train-images-idx3-ubyte.gz' and 'train-labels-idx1-ubyte.gz', got {got}."
    )


def _open_files(paths: list[Path], name: str, reading: Reading) -> Source:
    if any(sort_of(path) for path in paths):
        return open_media(paths, name, reading)
    endings = {ending_of(path) for path in paths}
    if len(endings) > 1:
        raise DataError(f"{name}: expected files of one kind, got {listed(sorted(endings))}; name one kind.")
    for path in paths:
        _refuse_unreadable(path)
    ending = endings.pop()
    if ending in TEXT:
        return TextTable(tuple(paths), name, reading)
    if ending in PARQUET:
        return ParquetTable(tuple(paths), name, reading)
    if ending in JSON_LINES:
        return JsonTable(tuple(paths), name, reading)
    if ending == ".npz":
        return open_npz(paths, name, reading)
    endings_known = [*TEXT, *PARQUET, *JSON_LINES, ".npz"]
    got = f"the ending {ending!r}" if ending else "a name without an ending"
    raise DataError(
        f"{name}: expected a file that ends in {', '.join(endings_known)}, or an image or a sound, got {got}; "
        f"save it as one of these, or rename it."
    )


def ending_of(path: Path) -> str:
    """`.csv` for `a.csv`, `A.CSV` and `a.csv.gz`; a compressed file of another kind keeps `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    ending = Path(name).suffix
    return ending if ending in (*TEXT, *JSON_LINES) else path.suffix.lower()


def _refuse_unreadable(path: Path) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise DataError(f"{path.name}: expected a file that can be read, got: {reason}.") from None
