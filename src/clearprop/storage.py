"""One safe file: named arrays and a JSON document, checked by a SHA-256, written whole or not at all.

A `.safetensors` file that any tool of that format reads. Its metadata has one key, `clearprop`, with the JSON document;
the document's `sha256` covers the rest of the document and every array's name, precision, shape and bytes. Nothing
in it is code.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from clearprop.arrays import FloatArray, plain
from clearprop.errors import ArgumentError, ModelError

FORMAT = 1
"""The version of the document. A reader refuses what is newer than itself."""

KEY = "clearprop"
Arrays = Mapping[str, FloatArray]
Document = dict[str, Any]


def write(path: Path, kind: str, arrays: Arrays, document: Document) -> None:
    """Write arrays and document to `path`, whole or not at all. ArgumentError if the place cannot be written."""
    from safetensors.numpy import save

    contents = {**document, "format": FORMAT, "kind": kind}
    contents["sha256"] = _digest(arrays, contents)
    # the format knows one memory layout, and `save` writes an array's memory as it lies
    data = save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, {KEY: json.dumps(contents)})
    with replacing(path) as file:
        file.write(data)


def read(path: Path, kind: str) -> tuple[dict[str, FloatArray], Document]:
    """The arrays and the document of a file that `write` wrote. ModelError, in one sentence, for anything else."""
    arrays, text = _open(path, kind)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: the file is damaged: its description cannot be read. Copy it again.") from None
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise ModelError(f"{path}: the file is damaged: its description has no format version. Copy it again.")
    if document["format"] > FORMAT:
        raise ModelError(
            f"{path}: expected format {FORMAT} or older, got format {document['format']}, "
            f"written by a newer clearprop; update clearprop."
        )
    expected = document.pop("sha256", None)
    if _digest(arrays, document) != expected:
        raise ModelError(f"{path}: the file is damaged: its contents do not match its checksum. Copy it again.")
    if document.get("kind") != kind:
        raise ModelError(f"{path}: expected a clearprop {kind}, got a clearprop {document.get('kind')}.")
    return arrays, document


def _open(path: Path, kind: str) -> tuple[dict[str, FloatArray], str]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        what = "a folder" if path.is_dir() else "nothing there"
        raise ModelError(f"{path}: expected a clearprop {kind}, got {what}.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in sorted(file.keys())} if KEY in metadata else {}
    except PermissionError:
        raise ModelError(f"{path}: the file cannot be read: permission denied.") from None
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError):
        # the reader of the format reports damage in many ways; all of them mean the same
        raise ModelError(
            f"{path}: expected a clearprop {kind}, got a file that is cut short, damaged or of another kind. "
            f"Copy it again, or name another file."
        ) from None
    if KEY not in metadata:
        raise ModelError(f"{path}: expected a clearprop {kind}, got a .safetensors file of another program.")
    return arrays, metadata[KEY]


def _digest(arrays: Arrays, document: Document) -> str:
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()


def strict(value: Any) -> Any:
    """A JSON value in which None stands for the numbers that JSON does not know: NaN and the infinities.

    ArgumentError for what no JSON can hold.
    """
    value = plain(value)
    if isinstance(value, dict):
        return {key: strict(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(part) for part in value]
    if value is not None and not isinstance(value, (str, int, float)):
        raise ArgumentError(
            f"provenance: expected texts, numbers, lists and dictionaries of them, got {value!r}; write it as a text."
        )
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the name `path` only when all of it is written and on the disk; else nothing is left."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """ArgumentError unless a file could be written at `path`: better known before the work than after it."""
    if path.is_dir():
        raise ArgumentError(f"{path}: expected the name of a file to write, got a folder; add a file name to it.")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> ArgumentError:
    reason = error.strerror or str(error)
    return ArgumentError(
        f"{path}: the file cannot be written: {reason[:1].lower() + reason[1:]}. Choose another place."
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, on systems where a folder can be synced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
