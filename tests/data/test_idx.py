"""IDX folders: read whole or refused, never trusting a header."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clearprop.data import open_source
from clearprop.data.memory import shape_of

from .helpers import refusal, rows

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    shape = shape or array.shape
    magic = bytes([0, 0, CODES[array.dtype.str[1:]], len(shape)])
    return magic + struct.pack(f">{len(shape)}I", *shape) + array.astype(array.dtype.newbyteorder(">")).tobytes()


IMAGES = np.arange(24, dtype="u1").reshape(4, 2, 3)
LABELS = np.array([3, 1, 3, 1], dtype="u1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "digits-of-mine"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    return folder


def test_images_and_labels_are_rows(folder: Path) -> None:
    source = open_source(folder)
    assert (source.name, source.default_target, source.test, source.row_count()) == ("digits-of-mine", "y", None, 4)
    assert source.schema.types == [pa.list_(pa.uint8(), 6), pa.int64()]
    assert shape_of(source.schema.field("x")) == (2, 3)
    assert rows(source) == [(image.ravel().tolist(), int(label)) for image, label in zip(IMAGES, LABELS, strict=True)]
    assert rows(source, ["y"]) == [(3,), (1,), (3,), (1,)]


def test_a_folder_may_be_named_with_a_last_separator(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_source(f"{folder}/").name == "digits-of-mine"
    monkeypatch.chdir(folder)
    assert open_source(".").name == "digits-of-mine"


def test_packed_files_and_files_with_a_dot_read_the_same(folder: Path) -> None:
    expected = rows(open_source(folder))
    (folder / "train-images-idx3-ubyte").unlink()
    (folder / "train-images.idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES)))
    assert rows(open_source(folder)) == expected


def test_the_t10k_files_are_the_test_set(folder: Path) -> None:
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(IMAGES[:1]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[:1]))
    test = open_source(folder).test
    assert test is not None
    assert (test.name, rows(test)) == ("digits-of-mine (t10k)", [([0, 1, 2, 3, 4, 5], 3)])


def test_t10k_files_alone_and_images_without_labels_are_data(folder: Path) -> None:
    (folder / "train-images-idx3-ubyte").rename(folder / "t10k-images-idx3-ubyte")
    (folder / "train-labels-idx1-ubyte").unlink()
    source = open_source(folder)
    assert (source.schema.names, source.row_count()) == (["x"], 4)


@pytest.mark.parametrize("kind", CODES)
def test_every_type_of_values_is_read(folder: Path, kind: str) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(idx(IMAGES.astype(kind)))
    assert [row[0] for row in rows(open_source(folder))] == IMAGES.reshape(4, 6).tolist()


def test_many_rows_come_in_batches_of_bounded_size(folder: Path) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((20_000, 2, 3), "u1")))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(20_000, "u1")))
    assert [batch.num_rows for batch in open_source(folder).batches()] == [8192, 8192, 3616]


def packed(name: str, data: bytes) -> tuple[str, bytes]:
    return f"{name}.gz", gzip.compress(data)


HEAD = "digits-of-mine/train-images-idx3-ubyte"
DAMAGED = {
    "too short": (
        ("train-images-idx3-ubyte", idx(IMAGES)[:-4]),
        f"{HEAD}: expected 24 bytes after its header, which says 4 rows of 2 x 3, got 20; copy the file again.",
    ),
    "too long": (
        ("train-images-idx3-ubyte", idx(IMAGES) + b"abc"),
        f"{HEAD}: expected 24 bytes after its header, which says 4 rows of 2 x 3, got 27; copy the file again.",
    ),
    "packed, too short": (
        packed("train-images-idx3-ubyte", idx(IMAGES)[:-4]),
        f"{HEAD}.gz: expected 24 bytes after its header, which says 4 rows of 2 x 3, got 20; copy the file again.",
    ),
    "packed, too long": (
        packed("train-images-idx3-ubyte", idx(IMAGES) + b"abc"),
        f"{HEAD}.gz: expected 24 bytes after its header, which says 4 rows of 2 x 3, got more; copy the file again.",
    ),
    "packed, cut off": (
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(IMAGES))[:-6]),
        f"{HEAD}.gz: expected a compressed file that is whole, got one that is damaged or ends too early; "
        "copy the file again.",
    ),
    "a header that claims terabytes": (
        ("train-images-idx3-ubyte", idx(IMAGES, (4_000_000_000, 1000, 1000))),
        f"{HEAD}: expected 4000000000000000 bytes after its header, which says 4000000000 rows of 1000 x 1000, "
        "got 24; copy the file again.",
    ),
    "packed, a header that claims terabytes": (
        packed("train-images-idx3-ubyte", idx(IMAGES, (4_000_000_000, 1000, 1000))),
        f"{HEAD}.gz: expected 4000000000000000 bytes after its header, which says 4000000000 rows of 1000 x 1000, "
        "got fewer; copy the file again.",
    ),
    "another kind": (
        ("train-images-idx3-ubyte", b"\x89PNG and more"),
        f"{HEAD}: expected an IDX file, got one that begins with the bytes 89 50 4e 47; copy the file again.",
    ),
    "empty": (
        ("train-images-idx3-ubyte", b""),
        f"{HEAD}: expected an IDX file, got an empty file; copy the file again.",
    ),
    "not packed": (
        ("train-images-idx3-ubyte.gz", idx(IMAGES)),
        f"{HEAD}.gz: expected an IDX file, got a damaged gzip file; copy the file again.",
    ),
    "labels for other images": (
        ("train-labels-idx1-ubyte", idx(LABELS[:3])),
        f"digits-of-mine/train-labels-idx1-ubyte: expected a label for each of the 4 rows of {HEAD}, got 3.",
    ),
    "images in place of labels": (
        ("train-labels-idx1-ubyte", idx(IMAGES)),
        "digits-of-mine/train-labels-idx1-ubyte: expected one label a row, shape (n,), got shape (4, 2, 3).",
    ),
    "labels in place of images": (
        ("train-images-idx3-ubyte", idx(LABELS)),
        f"{HEAD}: expected one row for each example, shape (n, inputs), got shape (4,); "
        "for one input write x[:, None], for one example x[None, :].",
    ),
}


def test_memory_is_not_set_aside_for_what_a_header_claims(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 100_000).astype("u1")
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(LABELS[:1]))
    (folder / "train-images-idx3-ubyte").unlink()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(noise, (1, 10_000, 10_000))))
    tracemalloc.start()
    message = refusal(lambda: rows(open_source(folder)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert message == (
        f"{HEAD}.gz: expected 100000000 bytes after its header, which says 1 rows of 10000 x 10000, got 100000; "
        "copy the file again."
    )
    assert peak < 30_000_000


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_refused_in_one_sentence(folder: Path, case: str) -> None:
    (name, content), message = DAMAGED[case]
    (folder / name.removesuffix(".gz")).unlink()
    (folder / name).write_bytes(content)
    assert refusal(lambda: rows(open_source(folder))) == message
