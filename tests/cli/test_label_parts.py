"""`clearprop label --processes`: a file of labels for every file, whole or not there at all."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .running import clearprop, done, refusal, started, table
from .test_stopping import SECONDS, until


@pytest.fixture
def files(folder: Path) -> str:
    """Three files of 30 rows."""
    head, *rows = (folder / "small.csv").read_text().splitlines()
    (folder / "rows").mkdir()
    for part in range(3):
        (folder / "rows" / f"{part}.csv").write_text("\n".join([head, *rows[30 * part : 30 * part + 30]]) + "\n")
    return "rows/*.csv"


def labels_of(path: str | Path) -> list[str | None]:
    return list(pq.read_table(path)["label"].to_pylist())


def parts(folder: str = "labels") -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def test_every_file_gets_a_file_of_the_same_labels(model: Path, files: str) -> None:
    outcome = done("label", model, files, "--processes", 2, "--out", "labels", "--probabilities")
    assert (outcome.out, outcome.err) == ("", "90 rows labelled in 3 files; the labels are in labels.\n")
    assert parts() == ["0.csv.parquet", "1.csv.parquet", "2.csv.parquet"]
    for part in range(3):
        alone = done("label", model, f"rows/{part}.csv", "--probabilities").rows
        found = pq.read_table(f"labels/{part}.csv.parquet")
        assert found.column_names == ["row", "label", "p(ant)", "p(bee)", "p(cat)", "reason"]
        assert found["label"].to_pylist() == [row["label"] for row in alone]
        assert found["row"].to_pylist() == list(range(1, 31))


def test_what_is_done_is_not_done_again(model: Path, files: str) -> None:
    words = ("label", model, files, "--processes", 2, "--out", "labels")
    done(*words)
    kept = Path("labels/0.csv.parquet").stat().st_mtime_ns
    Path("labels/1.csv.parquet").unlink()
    outcome = done(*words)
    assert outcome.err == "30 rows labelled in 1 file; the labels are in labels. 2 files had been done before.\n"
    assert Path("labels/0.csv.parquet").stat().st_mtime_ns == kept
    report = json.loads(done(*words, "--json").out)
    assert report == {
        "labelled": 0,
        "unlabelled": 0,
        "files": 0,
        "files done before": 3,
        "failed": {},
        "out": "labels",
    }


def test_labels_of_another_model_or_of_other_options_are_not_taken_for_done(model: Path, files: str) -> None:
    words = ("label", model, files, "--processes", 1, "--out", "labels")
    done(*words)
    told = (
        "labels/0.csv.parquet: expected labels that this model made of 0.csv with these options, got another file; "
        "name another folder for --out, or delete it."
    )
    assert refusal(*words, "--probabilities") == told
    Path("labels/0.csv.parquet").write_bytes(b"something else")
    assert refusal(*words) == told
    Path("labels/0.csv.parquet").unlink()
    done(*words)


def test_a_file_that_cannot_be_labelled_is_named_and_the_others_are_done(model: Path, files: str) -> None:
    Path("rows/1.csv").write_text("height,weight\n1,2\n")
    words = ("label", model, files, "--processes", 2, "--out", "labels")
    outcome = clearprop(*words)
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "error: 1.csv: expected a column 'colour', got columns 'height', 'weight'.",
        "60 rows labelled in 2 files; the labels are in labels.",
    ]
    assert parts() == ["0.csv.parquet", "2.csv.parquet"]
    assert json.loads(clearprop(*words, "--json").out)["failed"] == {
        "rows/1.csv": "1.csv: expected a column 'colour', got columns 'height', 'weight'."
    }


def test_folders_of_the_data_are_folders_of_the_labels(model: Path, folder: Path) -> None:
    for day in ("day=1", "day=2"):
        (folder / "rows" / day).mkdir(parents=True)
        rows = [{"height": 4.0, "weight": 3.0, "colour": "red"}]
        pq.write_table(pa.Table.from_pylist(rows), folder / "rows" / day / "part-0.parquet")
    done("label", model, "rows/*/*.parquet", "--processes", 2, "--out", "labels")
    assert parts() == ["day=1/part-0.parquet", "day=2/part-0.parquet"]
    assert labels_of("labels/day=2/part-0.parquet") == ["cat"]


def long_rows(folder: Path, files: int, times: int) -> str:
    head, *rows = (folder / "small.csv").read_text().splitlines()
    (folder / "long").mkdir()
    for part in range(files):
        (folder / "long" / f"{part}.csv").write_text("\n".join([head, *rows * times]) + "\n")
    return "long/*.csv"


def test_ctrl_c_leaves_whole_files_and_the_same_command_goes_on(model: Path, folder: Path) -> None:
    words = ("label", model, long_rows(folder, 6, 1_500), "--processes", "2", "--out", "labels")
    process = started(*words, start_new_session=True)
    until(lambda: list(folder.glob("labels/*.parquet")), "the first file")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (130, "")
    assert err == "interrupted; the files in labels are whole, and the same command goes on with the others.\n"
    before = parts()
    assert 0 < len(before) < 6
    assert all(name.endswith(".csv.parquet") and not name.startswith(".") for name in before)
    assert all(len(labels_of(f"labels/{name}")) == 135_000 for name in before)
    again = done(*words)
    assert again.err.endswith(f" {len(before)} file{'s' * (len(before) > 1)} had been done before.\n")
    assert len(parts()) == 6


def test_a_process_that_is_killed_costs_its_file_alone(model: Path, folder: Path) -> None:
    process = started("label", model, long_rows(folder, 3, 1_500), "--processes", "2", "--out", "labels")
    until(lambda: list(folder.glob("labels/.*.part")), "a process at work")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell the processes that a process has started")
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children.read_text().split()}
    os.kill(next(pid for pid, command in commands.items() if "spawn_main" in command), signal.SIGKILL)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (2, "")
    lost = "error: {}.csv: the process that labelled it was ended from outside; is there enough memory?"
    told = "270,000 rows labelled in 2 files; the labels are in labels."
    assert err.splitlines() in [[lost.format(part), told] for part in range(3)]
    assert len(parts()) == 2


def test_calls_that_cannot_be_meant_are_refused(model: Path, files: str, folder: Path) -> None:
    words = ("label", model, files, "--processes")
    assert refusal(*words, 2) == "--processes: expected a folder for the labels, got none; name it with --out DIR."
    assert refusal(*words, 0, "--out", "labels") == "--processes: expected a number from 1 to 1,024, got 0."
    assert refusal(*words, 2, "--out", "small.csv") == (
        "small.csv: expected a folder for the labels of several files, got a file; name a folder."
    )
    assert refusal("label", model, "nothing/*.csv", "--processes", 2, "--out", "labels") == (
        "nothing/*.csv: expected a file or a pattern of files for --processes, got none of that name."
    )
    (folder / "data").mkdir()
    pq.write_table(pa.table({"height": [1.0]}), "data/a.parquet")
    assert refusal("label", model, "data/*.parquet", "--processes", 2, "--out", "data") == (
        "data: expected another folder than that of the data; choose another one."
    )
    assert len(table(done("label", model, "rows/0.csv").out)) == 30
