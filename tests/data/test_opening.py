"""What a user may type, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearprop.data import open_source, opening

from .conftest import Write
from .helpers import refusal, rows

SETS = "(digits, iris, wine, breast-cancer)"
KINDS = (
    "a CSV, TSV, Parquet or JSON-lines file, an .npz file, a folder of IDX files, of images or of sounds, "
    "or a built-in set"
)


def test_a_bare_name_is_the_set_and_a_path_is_the_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("iris.csv", "a,b\n1,x\n")
    write("iris", "a,b\n1,x\n")
    monkeypatch.chdir(tmp_path)
    assert open_source("iris").row_count() == 150
    assert rows(open_source("iris.csv")) == [(1, "x")]
    assert refusal(open_source, "./iris") == (
        "iris: expected a file that ends in .csv, .tsv, .tab, .txt, .data, .parquet, .pq, .jsonl, .ndjson, .json, "
        ".npz, or an image or a sound, got a name without an ending; "
        "save it as one of these, or rename it."
    )


def test_a_name_that_is_nothing_is_refused_with_the_nearest_set() -> None:
    assert refusal(open_source, "irsi") == (
        f"irsi: expected {KINDS} {SETS}, got a name that is none of them. Did you mean 'iris'?"
    )


def test_a_path_at_which_nothing_is_is_refused_with_the_nearest_file(write: Write, tmp_path: Path) -> None:
    told = "expected a file or a folder, got a path at which there is none; correct it."
    assert refusal(open_source, "data/train.csv") == f"data/train.csv: {told}"
    write("train.csv", "a,b\n1,x\n")
    typed = f"{tmp_path}/trian.csv"
    assert refusal(open_source, typed) == f"{typed}: {told} Did you mean 'train.csv'?"
    typed = f"{tmp_path}/train.tsv"
    assert refusal(open_source, typed) == f"{typed}: {told}"


def test_other_endings_and_mixed_endings_are_refused(write: Write, tmp_path: Path) -> None:
    assert refusal(open_source, write("a.xlsx", "x")).endswith(
        "got the ending '.xlsx'; save it as one of these, or rename it."
    )
    write("a.csv", "a,b\n1,x\n")
    assert (
        refusal(open_source, f"{tmp_path}/a.*")
        == "a.*: expected files of one kind, got '.csv', '.xlsx'; name one kind."
    )


def test_a_pattern_without_files_is_refused() -> None:
    assert (
        refusal(open_source, "no-*.csv") == "no-*.csv: expected files of this pattern, got none; correct the pattern."
    )


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    expected = (
        "mine: expected a folder of images or of sounds for each class, or IDX files such as "
        "'train-images-idx3-ubyte.gz' and 'train-labels-idx1-ubyte.gz'"
    )
    assert refusal(open_source, folder) == f"{expected}, got an empty folder."
    (folder / "notes.txt").write_text("x")
    assert refusal(open_source, folder) == f"{expected}, got 'notes.txt'."


def test_a_file_that_may_not_be_read_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening, "open", denied, raising=False)
    assert refusal(open_source, write("a.csv", "a,b\n1,x\n")) == (
        "a.csv: expected a file that can be read, got: permission denied."
    )


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "b.csv")
    assert refusal(open_source, f"{tmp_path}/a.csv").endswith("got a path at which there is none; correct it.")
