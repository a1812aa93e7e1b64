"""NPZ: x and y, no pickles, no trust in headers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clearprop.data import open_source
from clearprop.data.memory import shape_of

from .helpers import refusal, rows

X = np.arange(6.0).reshape(3, 2)


def save(folder: Path, *, compressed: bool = False, **arrays: Any) -> str:
    path = folder / "a.npz"
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return str(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_x_and_y_are_rows(tmp_path: Path, compressed: bool) -> None:
    source = open_source(save(tmp_path, compressed=compressed, x=X, y=np.array([1, 0, 1]), note=np.zeros(1)))
    assert (source.name, source.default_target, source.row_count()) == ("a.npz", "y", 3)
    assert rows(source) == [([0.0, 1.0], 1), ([2.0, 3.0], 0), ([4.0, 5.0], 1)]


@pytest.mark.parametrize(
    ("y", "kind", "values"),
    [
        pytest.param(np.array(["a", "bc", "é"]), pa.string(), ["a", "bc", "é"], id="text"),
        pytest.param(np.array([b"a", b"bc", b"d"]), pa.string(), ["a", "bc", "d"], id="bytes"),
        pytest.param(np.array([True, False, True]), pa.bool_(), [True, False, True], id="booleans"),
        pytest.param(np.array([1, 2, 3], ">i2"), pa.int64(), [1, 2, 3], id="other byte order"),
        pytest.param(np.array([1.0, 2.0, 2.5], "f2"), pa.float64(), [1.0, 2.0, 2.5], id="floats"),
    ],
)
def test_labels_keep_their_type(tmp_path: Path, y: Any, kind: pa.DataType, values: list[Any]) -> None:
    source = open_source(save(tmp_path, x=X, y=y))
    assert source.schema.field("y").type == kind
    assert [row[1] for row in rows(source)] == values


@pytest.mark.parametrize("kind", ["?", "u1", "i1", "<i8", ">i4", "f2", ">f4", "f8"])
def test_inputs_of_every_type_are_read(tmp_path: Path, kind: str) -> None:
    x = np.array([[0, 1], [1, 1], [1, 0]], kind)
    assert [row[0] for row in rows(open_source(save(tmp_path, x=x)))] == [[0, 1], [1, 1], [1, 0]]


def test_images_keep_their_shape(tmp_path: Path) -> None:
    source = open_source(save(tmp_path, x=np.zeros((3, 4, 5, 2), "u1")))
    assert shape_of(source.schema.field("x")) == (4, 5, 2)


def test_an_array_in_column_order_reads_the_same(tmp_path: Path) -> None:
    assert [row[0] for row in rows(open_source(save(tmp_path, x=np.asfortranarray(X))))] == X.tolist()


def test_many_rows_come_in_batches_of_bounded_size(tmp_path: Path) -> None:
    source = open_source(save(tmp_path, x=np.zeros((5000, 1000)), y=np.zeros(5000)))
    assert max(batch.num_rows for batch in source.batches()) == 8 * 2**20 // 8000


SAVE = "save them with np.savez(file, x=x, y=y)."
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "other names": (
        {"X": X, "train_y": X},
        f"a.npz: expected arrays named 'x' and 'y', got 'X', 'train_y'; {SAVE}",
    ),
    "Python objects": (
        {"x": X, "y": np.array(["a", None, 3], dtype=object)},
        f"a.npz/y: expected numbers or text, got Python objects, which clearprop never loads; {SAVE}",
    ),
    "complex numbers": ({"x": X + 1j}, "a.npz/x: expected numbers, got values of type complex128."),
    "text inputs": ({"x": np.array([["a"], ["b"]])}, "a.npz/x: expected numbers, got values of type <U1."),
    "one dimension": (
        {"x": X[0]},
        "a.npz/x: expected one row for each example, shape (n, inputs), got shape (2,); "
        "for one input write x[:, None], for one example x[None, :].",
    ),
    "no dimension": (
        {"x": np.float64(1)},
        f"a.npz/x: expected one row for each example, got a single value; {SAVE}",
    ),
    "no inputs": ({"x": X[:, :0]}, "a.npz/x: expected 1 to 2147483647 numbers a row, got shape (3, 0)."),
    "one-hot labels": (
        {"x": X, "y": np.eye(3)},
        "a.npz/y: expected one label a row, shape (n,), got shape (3, 3); for one-hot rows write y.argmax(axis=1).",
    ),
    "too few labels": (
        {"x": X, "y": np.array([1])},
        "a.npz/y: expected a label for each of the 3 rows of a.npz/x, got 1.",
    ),
    "dates as labels": (
        {"x": X, "y": np.array(["2024-01-01"] * 3, "M8[D]")},
        "a.npz/y: expected labels that are numbers, text or booleans, got values of type datetime64[D].",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_arrays_are_refused_in_one_sentence(tmp_path: Path, case: str) -> None:
    arrays, message = REFUSED[case]
    assert refusal(open_source, save(tmp_path, **arrays)) == message


def member(shape: tuple[int, ...], data: bytes) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue() + data


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            member((10**9, 10**6), b"\0" * 16),
            "a.npz/x: expected 8000000000000000 bytes after its header, which says 1000000000 rows of 1000000, got 16; "
            "copy the file again.",
            id="a header that claims petabytes",
        ),
        pytest.param(
            b"no array",
            "a.npz/x: expected an array of NumPy, got one that is damaged; save the file again.",
            id="no array",
        ),
    ],
)
def test_a_false_header_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)
    assert refusal(open_source, path) == message


def test_what_is_no_npz_file_is_refused_alone_and_among_others(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"nothing of the kind")
    assert refusal(open_source, tmp_path / "a.npz") == (
        f"a.npz: expected an .npz file, got one that is damaged or of another kind; {SAVE}"
    )
    (tmp_path / "b.npz").write_bytes(b"")
    assert refusal(open_source, f"{tmp_path}/*.npz").startswith("a.npz: expected an .npz file, got one that is damaged")


def test_several_files_are_read_one_after_another(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([[1.0, 2.0]]), y=np.array([0]))
    np.savez(tmp_path / "b.npz", x=np.array([[3.0, 4.0], [5.0, 6.0]]), y=np.array([1, 0]))
    source = open_source(f"{tmp_path}/*.npz")
    assert (source.name, source.default_target, source.row_count()) == ("*.npz", "y", 3)
    assert rows(source) == [([1.0, 2.0], 0), ([3.0, 4.0], 1), ([5.0, 6.0], 0)]
    assert len(source.pieces()) == 2


def test_files_with_other_rows_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((1, 2)), y=np.array([0]))
    np.savez(tmp_path / "b.npz", x=np.zeros((1, 3)), y=np.array([0]))
    assert refusal(lambda: open_source(f"{tmp_path}/*.npz").schema) == (
        "b.npz/x: expected rows of 2 numbers as in a.npz/x, got 3."
    )
    np.savez(tmp_path / "b.npz", x=np.zeros((1, 2)))
    assert refusal(lambda: open_source(f"{tmp_path}/*.npz").schema) == (
        "b.npz: expected the columns 'x', 'y' as in a.npz, got 'x'."
    )


def test_a_flipped_bit_in_a_packed_array_is_noticed(tmp_path: Path) -> None:
    path = Path(save(tmp_path, x=np.zeros((50, 20))))
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    assert refusal(lambda: rows(open_source(path))) == (
        "a.npz/x: expected a compressed file that is whole, got one that is damaged or ends too early; "
        "copy the file again."
    )
