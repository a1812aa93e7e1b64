"""Folders of images and of sounds: a folder for each class, or single files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.data.source import Piece, Source, named, selected
from clearprop.errors import DataError
from clearprop.features import Reading
from clearprop.features.media import FILE, IMAGE, SOUND
from clearprop.features.wording import listed

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = {
    IMAGE: (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"),
    SOUND: (".wav", ".flac", ".ogg", ".oga", ".aiff", ".aif"),
}
CLASS = "class"
BATCH_FILES = 512
BATCH_BYTES = 32 << 20


@dataclass(frozen=True, eq=False)
class MediaFiles:
    """Files of one sort; the class of each is the name of its folder."""

    paths: tuple[Path, ...]
    name: str
    sort: str
    reading: Reading
    test: None = None
    default_target: str = CLASS

    @cached_property
    def schema(self) -> pa.Schema:
        import pyarrow as pa

        numbered = all(re.fullmatch(r"0|[1-9][0-9]{0,17}", path.parent.name) for path in self.paths)
        fields = [(FILE, pa.string()), (self.sort, pa.binary()), (CLASS, pa.int64() if numbered else pa.string())]
        return named(pa.schema(fields), self.name)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = selected(self.schema, columns)
        whole = self.schema.field(CLASS).type == pa.int64()
        for paths in self._parts():
            cells: dict[str, list[object]] = {
                FILE: [f"{path.parent.name}/{path.name}" for path in paths],
                self.sort: [_content(path) for path in paths] if self.sort in schema.names else [],
                CLASS: [int(path.parent.name) if whole else path.parent.name for path in paths],
            }
            yield pa.record_batch([pa.array(cells[field.name], field.type) for field in schema], schema=schema)

    def _parts(self) -> Iterator[list[Path]]:
        part: list[Path] = []
        size = 0
        for path in self.paths:
            length = path.stat().st_size
            if part and (len(part) == BATCH_FILES or size + length > BATCH_BYTES):
                yield part
                part, size = [], 0
            part.append(path)
            size += length
        if part:
            yield part

    def pieces(self) -> list[Piece]:
        return [self.batches]

    def row_count(self) -> int:
        return len(self.paths)

    def as_text(self) -> Source:
        return self

    def without(self, others: MediaFiles) -> MediaFiles:
        """These files but for those that are also among others."""
        known = {path.resolve() for path in others.paths}
        return replace(self, paths=tuple(path for path in self.paths if path.resolve() not in known))


def sort_of(path: Path) -> str | None:
    """`image`, `sound` or None, from the ending of a file's name."""
    return next((sort for sort, endings in ENDINGS.items() if path.suffix.lower() in endings), None)


def open_media(paths: Sequence[Path], name: str, reading: Reading) -> MediaFiles:
    """Single files, all images or all sounds. Raises DataError for a mixture."""
    sorts = {sort_of(path): path for path in reversed(paths)}  # the first of each sort
    if len(sorts) > 1:
        got = " and ".join(sorted(f"{path.parent.name}/{path.name}" for path in sorts.values()))
        raise DataError(f"{name}: expected only images or only sounds, got {got}; keep them in folders of their own.")
    sort = next(iter(sorts))
    assert sort is not None
    return MediaFiles(tuple(paths), name, sort, reading)


def is_media_folder(folder: Path) -> bool:
    """Whether a folder holds images or sounds, itself or in the folders in it."""
    return any(sort_of(path) for path in _visible(folder)) or any(
        sort_of(path) for inner in _visible(folder) if inner.is_dir() for path in _visible(inner)
    )


def open_media_folder(folder: Path, name: str, reading: Reading) -> MediaFiles:
    """A folder with a folder of images or of sounds for each class, or a folder of files. Raises DataError.

    Hidden files are passed over, and so are files whose name has the ending of neither sort.
    """
    classes = [inner for inner in _visible(folder) if inner.is_dir()]
    if not classes:
        return open_media([path for path in _visible(folder) if sort_of(path)], name, reading)
    files = {inner: [path for path in _visible(inner) if path.is_file() and sort_of(path)] for inner in classes}
    empty = [inner.name for inner, found in files.items() if not found]
    if empty:
        raise DataError(
            f"{name}: expected images or sounds in the folder of each class, got none in {listed(empty)}; "
            f"remove the folder or fill it."
        )
    return open_media([path for inner in classes for path in files[inner]], name, reading)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"{path.name}: the file cannot be read: {reason}.") from None
