"""Parquet: every type of use is one of four, damage is one sentence."""

from __future__ import annotations

import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearprop.data import open_source

from .helpers import read, refusal, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def save(path: Path, **columns: pa.Array) -> str:
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return str(path)


def test_every_type_of_use_becomes_one_of_four(folder: Path) -> None:
    path = save(
        folder / "a.parquet",
        small=pa.array([1, None, 3], pa.int8()),
        large=pa.array([1, 2, 2**64 - 1], pa.uint64()),
        single=pa.array([0.5, 1.5, None], pa.float32()),
        exact=pa.array([decimal.Decimal("1.25")] * 3),
        flag=pa.array([True, None, False]),
        coded=pa.array(["x", "y", "x"]).dictionary_encode(),
        view=pa.array(["x", "y", None], pa.string_view()),
        nothing=pa.nulls(3),
    )
    source = open_source(path)
    assert [str(kind) for kind in source.schema.types] == [
        *("int64", "double", "double", "double", "bool", "string", "string", "null")
    ]
    assert rows(source) == [
        (1, 1.0, 0.5, 1.25, True, "x", "x", None),
        (None, 2.0, 1.5, 1.25, None, "y", "y", None),
        (3, float(2**64), None, 1.25, False, "x", None, None),
    ]
    assert source.row_count() == 3


def test_columns_come_in_the_order_asked(folder: Path) -> None:
    path = save(folder / "a.pq", a=pa.array([1]), A=pa.array(["x"]), b=pa.array([2.5]))
    assert rows(open_source(path), ["b", "A"]) == [(2.5, "x")]


def test_several_files_are_one_table(folder: Path) -> None:
    save(folder / "a-1.parquet", a=pa.array([1]), y=pa.array(["x"]))
    save(folder / "a-2.parquet", y=pa.array(["z"]), a=pa.array([2.5]))
    source = open_source(f"{folder}/a-*.parquet")
    assert (rows(source), source.row_count()) == ([(1.0, "x"), (2.5, "z")], 2)
    save(folder / "a-2.parquet", a=pa.array([2]), z=pa.array(["z"]))
    assert refusal(read, f"{folder}/a-*.parquet") == (
        "a-2.parquet: expected the columns 'a', 'y' as in a-1.parquet, got 'a', 'z'."
    )


@pytest.mark.parametrize("keep", [0, 3, 200, -20])
def test_a_damaged_file_is_refused(folder: Path, keep: int) -> None:
    path = Path(save(folder / "a.parquet", a=pa.array(range(1000)), y=pa.array(range(1000))))
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(read, str(path)) == (
        "a.parquet: expected a Parquet file, got one that is damaged or of another kind; copy the file again."
    )


def test_a_file_damaged_in_the_middle_is_refused(folder: Path) -> None:
    path = Path(save(folder / "a.parquet", a=pa.array(range(5000)), y=pa.array([f"{i}" for i in range(5000)])))
    data = bytearray(path.read_bytes())
    data[4:2000] = b"\xff" * 1996
    path.write_bytes(data)
    assert refusal(read, str(path)) == (
        "a.parquet: expected a Parquet file, got one that is damaged or of another kind; copy the file again."
    )


def test_a_name_twice_and_no_columns_are_refused(folder: Path) -> None:
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), folder / "a.parquet")
    assert refusal(read, f"{folder}/a.parquet") == (
        "a.parquet: expected every column to have its own name, got 'a' twice; rename one."
    )
    pq.write_table(pa.table({}), folder / "b.parquet")
    assert refusal(read, f"{folder}/b.parquet") == "b.parquet: expected columns, got none."
