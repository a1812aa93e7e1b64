"""The file: safe, checked, readable by any safetensors tool, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from clearprop import ArgumentError, ModelError, storage
from data.helpers import refusal

ARRAYS = {
    "layers.0.weight": np.array([[0.5, -0.0, 1e-45], [3e38, -1.5, 0.1]], dtype=np.float32),
    "layers.0.bias": np.array([1e-320, -2.0]),
}
DOCUMENT = {"text": "größer ≥ 1", "numbers": [1, 0.1, True, None]}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "thing.safetensors"
    storage.write(path, "model", ARRAYS, DOCUMENT)
    return path


def with_header(path: Path, change: Any) -> None:
    """Rewrites the header of a .safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def with_document(path: Path, document: dict[str, Any], arrays: dict[str, Any] = ARRAYS) -> None:
    """A file whose checksum is right, whatever its document says."""
    document["sha256"] = storage._digest(arrays, document)
    save_file(dict(arrays), path, {"clearprop": json.dumps(document)})


def test_arrays_and_document_come_back_bit_for_bit(written: Path) -> None:
    arrays, document = storage.read(written, "model")
    assert {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()} == {
        name: (array.dtype, array.shape, array.tobytes()) for name, array in ARRAYS.items()
    }
    assert document == {**DOCUMENT, "format": 1, "kind": "model"}


def test_arrays_of_any_memory_layout_come_back(tmp_path: Path) -> None:
    square = np.arange(12.0).reshape(3, 4)
    storage.write(tmp_path / "a", "model", {"turned": square.T, "strided": square[::2, ::3]}, {})
    arrays, _ = storage.read(tmp_path / "a", "model")
    np.testing.assert_array_equal(arrays["turned"], square.T)
    np.testing.assert_array_equal(arrays["strided"], square[::2, ::3])


def test_a_plain_safetensors_reader_sees_the_arrays_and_one_metadata_key(written: Path) -> None:
    loaded = load_file(written)
    assert {name: array.tobytes() for name, array in loaded.items()} == {n: a.tobytes() for n, a in ARRAYS.items()}
    with safe_open(written, framework="numpy") as file:
        assert list(file.metadata()) == ["clearprop"]


def test_the_checksum_is_the_one_that_the_documentation_describes(written: Path) -> None:
    with safe_open(written, framework="numpy") as file:
        document = json.loads(file.metadata()["clearprop"])
    given = document.pop("sha256")
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
    digest.update(b'["layers.0.bias", "float64", [2]]' + ARRAYS["layers.0.bias"].tobytes())
    digest.update(b'["layers.0.weight", "float32", [2, 3]]' + ARRAYS["layers.0.weight"].tobytes())
    assert given == digest.hexdigest()


def test_the_same_contents_make_the_same_bytes(written: Path, tmp_path: Path) -> None:
    storage.write(tmp_path / "elsewhere", "model", ARRAYS, DOCUMENT)
    assert (tmp_path / "elsewhere").read_bytes() == written.read_bytes()


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing", tmp_path / "folder"
    folder.mkdir()
    assert refusal(storage.read, missing, "model") == f"{missing}: expected a clearprop model, got nothing there."
    assert refusal(storage.read, folder, "model") == f"{folder}: expected a clearprop model, got a folder."
    other = tmp_path / "other.safetensors"
    save_file({"weight": np.zeros(3)}, other, {"format": "pt"})
    assert (
        refusal(storage.read, other, "model")
        == f"{other}: expected a clearprop model, got a .safetensors file of another program."
    )
    save_file({"weight": np.zeros(3)}, other)
    assert (
        refusal(storage.read, other, "model")
        == f"{other}: expected a clearprop model, got a .safetensors file of another program."
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        pickle.dumps({"weight": [1.0]}),
        b"PK\x03\x04" + bytes(100),
        struct.pack("<Q", 5 * 2**30) + b"{}",
        struct.pack("<Q", 2**64 - 1) + b"{}",
        np.random.default_rng(0).bytes(1000),
    ],
    ids=["empty", "pickle", "zip", "5 GiB header", "2⁶⁴ header", "random"],
)
def test_bytes_of_another_kind_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    assert refusal(storage.read, path, "model") == (
        f"{path}: expected a clearprop model, got a file that is cut short, damaged or of another kind. "
        f"Copy it again, or name another file."
    )


def test_an_array_that_claims_gigabytes_is_refused(written: Path) -> None:
    def claim(header: dict[str, Any]) -> None:
        header["layers.0.bias"] = {"dtype": "F64", "shape": [2**33], "data_offsets": [0, 2**36]}

    with_header(written, claim)
    assert refusal(storage.read, written, "model") == (
        f"{written}: expected a clearprop model, got a file that is cut short, damaged or of another kind. "
        f"Copy it again, or name another file."
    )


def test_a_newer_format_is_refused_with_what_to_do(written: Path) -> None:
    with_document(written, {"format": 2, "kind": "model"})
    assert refusal(storage.read, written, "model") == (
        f"{written}: expected format 1 or older, got format 2, written by a newer clearprop; update clearprop."
    )


def test_the_wrong_kind_is_refused(written: Path) -> None:
    assert (
        refusal(storage.read, written, "checkpoint")
        == f"{written}: expected a clearprop checkpoint, got a clearprop model."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the file is damaged: its description cannot be read. Copy it again."),
        ("[" * 100_000, "the file is damaged: its description cannot be read. Copy it again."),
        ("[1]", "the file is damaged: its description has no format version. Copy it again."),
        ("{}", "the file is damaged: its description has no format version. Copy it again."),
        ('{"format": "1"}', "the file is damaged: its description has no format version. Copy it again."),
        ('{"format": 1}', "the file is damaged: its contents do not match its checksum. Copy it again."),
        ('{"format": 1, "x": NaN}', "the file is damaged: its contents do not match its checksum. Copy it again."),
        ('{"format": 1, "x": 1e999}', "the file is damaged: its contents do not match its checksum. Copy it again."),
    ],
    ids=["cut", "deep", "list", "empty", "text as version", "no checksum", "NaN", "overflow"],
)
def test_a_damaged_description_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "thing"
    save_file(ARRAYS, path, {"clearprop": text})
    assert refusal(storage.read, path, "model") == f"{path}: {message}"


def test_changing_any_part_that_the_checksum_covers_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    document = {"format": 1, "kind": "model", "text": "a"}
    sha256 = storage._digest(ARRAYS, document)
    weight, bias = ARRAYS.values()
    for arrays, changed in [
        ({"layers.0.weight": weight.reshape(3, 2), "layers.0.bias": bias}, document),
        ({"layers.0.weight": weight.view(np.int32), "layers.0.bias": bias}, document),
        ({"layers.1.weight": weight, "layers.0.bias": bias}, document),
        ({"layers.0.weight": weight}, document),
        (ARRAYS, {**document, "text": "b"}),
        (ARRAYS, {**document, "more": None}),
    ]:
        save_file(dict(arrays), path, {"clearprop": json.dumps({**changed, "sha256": sha256})})
        assert (
            refusal(storage.read, path, "model")
            == f"{path}: the file is damaged: its contents do not match its checksum. Copy it again."
        )


def test_a_figure_that_json_does_not_know_survives_in_a_document(tmp_path: Path) -> None:
    storage.write(tmp_path / "a", "checkpoint", ARRAYS, {"costs": [float("inf"), float("-inf")]})
    assert storage.read(tmp_path / "a", "checkpoint")[1]["costs"] == [float("inf"), float("-inf")]


def test_strict_puts_none_for_what_json_does_not_know() -> None:
    given = {"a": float("nan"), "b": [1.5, (float("inf"), np.float32(0.5))], "c": {"d": -float("inf")}, "e": "nan"}
    assert storage.strict(given) == {"a": None, "b": [1.5, [None, 0.5]], "c": {"d": None}, "e": "nan"}


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    lost = tmp_path / "missing" / "thing"
    message = f"{lost}: the file cannot be written: no such file or directory. Choose another place."
    assert refusal(storage.write, lost, "model", ARRAYS, DOCUMENT) == message
    assert refusal(storage.require_writable, lost) == message
    folder = tmp_path / "folder"
    folder.mkdir()
    assert (
        refusal(storage.write, folder, "model", ARRAYS, DOCUMENT)
        == f"{folder}: the file cannot be written: is a directory. Choose another place."
    )
    assert (
        refusal(storage.require_writable, folder)
        == f"{folder}: expected the name of a file to write, got a folder; add a file name to it."
    )
    assert os.listdir(tmp_path) == ["folder"]


def test_asking_whether_a_file_could_be_written_leaves_nothing(tmp_path: Path) -> None:
    storage.require_writable(tmp_path / "thing")
    assert os.listdir(tmp_path) == []


FAILURES: list[tuple[str, BaseException]] = [
    ("os.fsync", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))),
    ("os.fsync", KeyboardInterrupt()),
    ("pathlib.Path.chmod", OSError(errno.EPERM, os.strerror(errno.EPERM))),
    ("pathlib.Path.replace", OSError(errno.EXDEV, os.strerror(errno.EXDEV))),
    ("pathlib.Path.replace", MemoryError()),
]


@pytest.mark.parametrize(("place", "failure"), FAILURES, ids=[f"{place} {error!r}" for place, error in FAILURES])
def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(
    written: Path, monkeypatch: pytest.MonkeyPatch, place: str, failure: BaseException
) -> None:
    before = written.read_bytes()

    def fail(*_: Any) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(place, fail)
        expected = ArgumentError if isinstance(failure, OSError) else type(failure)
        with pytest.raises(expected) as caught:
            storage.write(written, "model", {"other": np.ones(5)}, {})
    assert written.read_bytes() == before
    assert os.listdir(written.parent) == [written.name]
    if isinstance(failure, OSError):
        reason = os.strerror(failure.errno)
        assert str(caught.value) == (
            f"{written}: the file cannot be written: {reason[0].lower()}{reason[1:]}. Choose another place."
        )


def test_a_full_disk_while_writing_leaves_the_old_file(written: Path) -> None:
    before = written.read_bytes()

    def write_half() -> None:
        with storage.replacing(written) as file:
            file.write(b"half of it")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert (
        refusal(write_half) == f"{written}: the file cannot be written: no space left on device. Choose another place."
    )
    assert written.read_bytes() == before
    assert os.listdir(written.parent) == [written.name]


def test_the_bytes_are_on_the_disk_before_they_take_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(descriptor: int) -> None:
        happened.append("synced")
        fsync(descriptor)

    def watched_replace(self: Path, target: Path) -> Path:
        happened.append("renamed")
        assert self.parent == target.parent
        assert self.stat().st_size > 0
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    storage.write(tmp_path / "thing", "model", ARRAYS, DOCUMENT)
    assert happened == ["synced", "renamed", "synced"]  # the file, its name, the folder


def test_a_written_file_has_the_permissions_of_any_new_file(written: Path) -> None:
    plain = written.parent / "plain"
    plain.touch()
    assert written.stat().st_mode == plain.stat().st_mode


def test_a_file_that_may_not_be_read_is_refused(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("safetensors.safe_open", refuse)
    with pytest.raises(ModelError) as caught:
        storage.read(written, "model")
    assert str(caught.value) == f"{written}: the file cannot be read: permission denied."
