"""`.npz` files of NumPy: an array `x` of examples and, but for new data, an array `y` of labels."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from clearprop.data.raw import ArraySource, JoinedArrays, RawArray, check_arrays
from clearprop.errors import DataError
from clearprop.features import Reading
from clearprop.features.wording import listed

SAVE = "save them with np.savez(file, x=x, y=y)"


def open_npz(paths: Sequence[Path], name: str, reading: Reading) -> ArraySource | JoinedArrays:
    """Open `.npz` files. Their arrays are read a few rows at a time. Raises DataError."""
    parts = tuple(_opened(path, path.name, reading) for path in paths)
    return parts[0] if len(parts) == 1 else JoinedArrays(parts, name, reading)


def _opened(path: Path, name: str, reading: Reading) -> ArraySource:
    held = _names(path)
    if "x" not in held:
        got = listed(sorted(held)) if held else "no arrays"
        raise DataError(f"{name}: expected arrays named 'x' and 'y', got {got}; {SAVE}.")
    x = _array(path, "x")
    y = _array(path, "y") if "y" in held else None
    check_arrays(x, y)
    return ArraySource(name, x, y, reading)


def _names(path: Path) -> set[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")}
    except (zipfile.BadZipFile, OSError, RuntimeError):  # of a version, or locked by a password, that zipfile lacks
        raise DataError(
            f"{path.name}: expected an .npz file, got one that is damaged or of another kind; {SAVE}."
        ) from None


@dataclass(frozen=True)
class _Member:
    """One array inside an `.npz` file."""

    path: Path
    key: str

    def open(self) -> IO[bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return archive.open(f"{self.key}.npy")

    def header(self, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        """Shape, whether columns come first, type; the file then stands at the first value."""
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, columns_first, dtype = read(file)
        return shape, columns_first, dtype

    def begin(self) -> IO[bytes]:
        file = self.open()
        shape, columns_first, dtype = self.header(file)
        if not columns_first:
            return file
        # rows of an array in column order lie all over the file: only the whole can be turned
        whole = np.frombuffer(file.read(), dtype).reshape(shape, order="F")
        return io.BytesIO(np.ascontiguousarray(whole).tobytes())


def _array(path: Path, key: str) -> RawArray:
    member, name = _Member(path, key), f"{path.name}/{key}"
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(f"{key}.npy").file_size
        with member.open() as file:
            shape, _, dtype = member.header(file)
            held = size - file.tell()
    except (ValueError, KeyError, OSError, EOFError, SyntaxError, zlib.error, zipfile.BadZipFile, RuntimeError):
        raise DataError(f"{name}: expected an array of NumPy, got one that is damaged; save the file again.") from None
    if dtype.hasobject:
        raise DataError(f"{name}: expected numbers or text, got Python objects, which clearprop never loads; {SAVE}.")
    if not shape:
        raise DataError(f"{name}: expected one row for each example, got a single value; {SAVE}.")
    array = RawArray(name, member.begin, dtype, shape)
    if held != array.byte_count:
        raise array.wrong_length(str(held))
    return array
