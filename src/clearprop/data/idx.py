"""Folders of IDX files, the form in which MNIST and its successors are published.

A file begins with two zero bytes, a byte for the type of the values, a byte for the number of dimensions and
each dimension's size in four bytes, high byte first; the values follow.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from clearprop.data.files import open_bytes
from clearprop.data.raw import ArraySource, RawArray, check_arrays
from clearprop.errors import DataError
from clearprop.features import Reading

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PATTERN = re.compile(r"(train|t10k)-(images|labels)[-.]idx\d-ubyte(\.gz)?")
DEFLATE_LIMIT = 1032  # no gzip file unpacks to more than this many times its size
MOST_AXES = 8


def is_idx_folder(folder: Path) -> bool:
    """Whether a folder holds training or test images."""
    return any(_file(folder, part, "images") for part in ("train", "t10k"))


def open_idx(folder: Path, name: str, reading: Reading) -> ArraySource:
    """`train-*` with `t10k-*` as its test set where there is one; `t10k-*` alone is the data itself."""
    test = _part(folder, "t10k", f"{name} (t10k)", reading)
    training = _part(folder, "train", name, reading)
    if training and test:
        return replace(training, test=test)
    alone = training or _part(folder, "t10k", name, reading)
    if alone is None:
        raise DataError(f"{name}: expected a file such as 'train-images-idx3-ubyte.gz', got none.")
    return alone


def _part(folder: Path, part: str, name: str, reading: Reading) -> ArraySource | None:
    images, labels = _file(folder, part, "images"), _file(folder, part, "labels")
    if images is None:
        return None
    x = _array(folder, images)
    y = _array(folder, labels) if labels else None
    check_arrays(x, y)
    return ArraySource(name, x, y, reading)


def _file(folder: Path, part: str, what: str) -> Path | None:
    """The unpacked file where there are both."""
    names = sorted(path.name for path in folder.iterdir())
    found = [m[0] for m in map(PATTERN.fullmatch, names) if m and m[1] == part and m[2] == what]
    return folder / found[0] if found else None


def _array(folder: Path, path: Path) -> RawArray:
    name = f"{folder.name or folder.resolve().name}/{path.name}"
    dtype, shape, header = _header(path, name)
    array = RawArray(name, partial(_begin, path, header), np.dtype(dtype), shape)
    held = path.stat().st_size - header
    if path.suffix != ".gz" and held != array.byte_count:
        raise array.wrong_length(str(held))
    if path.suffix == ".gz" and array.byte_count > DEFLATE_LIMIT * path.stat().st_size:
        raise array.wrong_length("fewer")
    return array


def _begin(path: Path, header: int) -> IO[bytes]:
    file = open_bytes(path)
    file.read(header)
    return file


def _header(path: Path, name: str) -> tuple[str, tuple[int, ...], int]:
    """The values' type, the array's shape and the header's length in bytes."""
    try:
        with open_bytes(path) as file:
            magic = file.read(4)
            known = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in DTYPES and 0 < magic[3] <= MOST_AXES
            sizes = file.read(4 * magic[3]) if known else b""
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "a damaged gzip file"
        raise DataError(f"{name}: expected an IDX file, got {reason.lower()}; copy the file again.") from None
    if not known or len(sizes) < 4 * magic[3]:
        got = f"one that begins with the bytes {magic.hex(' ')}" if magic else "an empty file"
        raise DataError(f"{name}: expected an IDX file, got {got}; copy the file again.")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    return DTYPES[magic[2]], shape, 4 + len(sizes)
