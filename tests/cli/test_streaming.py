"""`clearprop train` on rows that are larger than the memory that they may take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clearprop as cp

from .running import FAST, LEARNS, clearprop, done, refusal, started
from .test_stopping import SECONDS, until


def test_rows_are_streamed_where_it_is_said_how_many_to_shuffle() -> None:
    outcome = done("train", "small.csv", *LEARNS, "--shuffle-rows", 40, "--out", "m")
    first = outcome.err.splitlines()[0]
    assert first.startswith("Training 6-4-3 on ")
    assert first.endswith(" The rows are streamed, as --shuffle-rows asks; 32 are shuffled together.")
    assert len(outcome.err.splitlines()) == 1
    assert "held-out rows of small.csv" in outcome.out
    labelled = done("label", "m", "small.csv").rows
    assert len(labelled) == 90


def test_all_rows_in_the_buffer_give_the_model_of_a_training_in_memory() -> None:
    words = ("train", "small.csv", *LEARNS, "--validation", 0, "--test", "small.csv")
    done(*words, "--out", "held")
    outcome = done(*words, "--shuffle-rows", 90, "--out", "streamed")
    assert "90 are shuffled together" in outcome.err
    held, streamed = cp.load("held"), cp.load("streamed")
    assert held.features == streamed.features
    assert held.classes == streamed.classes
    for one, other in zip(held.network.weights, streamed.network.weights, strict=True):
        assert np.array_equal(one, other)
    assert held.provenance == streamed.provenance


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell a process's memory")
def test_rows_that_do_not_fit_are_streamed_and_the_memory_stays_below_the_limit(folder: Path) -> None:
    rng = np.random.default_rng(0)
    limit, rows = 640 << 20, 500_000
    for file in range(2):
        x = rng.standard_normal((40, rows)).astype(np.float32)
        columns = {f"x{i}": x[i] for i in range(40)}
        pq.write_table(pa.table({**columns, "y": np.where(x[0] > 0, "yes", "no")}), f"{file}.parquet")
    assert 12 * 2 * rows * 40 > limit - (320 << 20)  # what they take in memory, beside the program
    words = ("--epochs", "1", "--layers", "8", "--batch-size", "512", "--memory", "640MiB")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from clearprop.cli.app import main\n"
        f"sys.argv = ['clearprop', 'train', '*.parquet', *{words!r}, '--out', 'm']\n"
        "try: main()\n"
        "except SystemExit as end: print('code', end.code)\n"
        "print(next(line for line in Path('/proc/self/status').read_text().splitlines() if 'VmHWM' in line))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    told = next(line for line in run.stderr.splitlines() if line.startswith("Training"))
    assert "The rows are streamed, for they do not fit into --memory 640 MiB; " in told
    *_, code, peak = run.stdout.splitlines()
    assert code == "code 0"
    assert 1024 * int(peak.split()[1]) < limit
    assert json.loads(done("show", "m", "--json").out)["provenance"]["rows"] == 2 * rows


def test_a_streamed_run_that_is_killed_goes_on_to_the_same_bytes(folder: Path) -> None:
    words = ("train", "small.csv", "--layers", "8", "--epochs", "150", "--shuffle-rows", "32", "--batch-size", "8")
    process = started(*words, "--checkpoint", "run", "--out", "m")
    until(lambda: list(folder.glob("run/checkpoint-*")), "the first checkpoint")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=SECONDS)
    assert not Path("m").exists()
    done(*words, "--checkpoint", "run", "--resume", "--out", "m")
    done(*words, "--out", "whole")
    assert Path("m").read_bytes() == Path("whole").read_bytes()


def test_ctrl_c_in_a_streamed_training_saves_the_model(folder: Path) -> None:
    words = ("--layers", "8", "--epochs", "100000", "--shuffle-rows", "32", "--out", "m")
    process = started("train", "small.csv", *words)
    assert process.stderr is not None
    while not process.stderr.readline().startswith("Training"):
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert out.startswith("Training interrupted in epoch ")
    assert "Traceback" not in err
    assert len(done("label", "m", "small.csv").rows) == 90
    assert [path.name for path in folder.glob(".*")] == []


def test_a_test_file_and_early_stopping_work_with_streamed_rows() -> None:
    words = ("train", "small.csv", *LEARNS, "--shuffle-rows", 32, "--test", "small.csv", "--validation", 0.3)
    outcome = done(*words, "--patience", 1, "--epochs", 500, "--out", "m", "--json")
    report = json.loads(outcome.out)
    assert report["stopped"] == "patience"
    assert report["test"]["examples"] == 90
    assert report["provenance"]["validation rows"] > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--memory", "lots"], "--memory: expected a size such as 1GiB or 500MB, got 'lots'."),
        (
            ["--memory", "1MB"],
            "--memory: expected at least 640 MiB, for the program itself takes most of that, got 976.6 KiB.",
        ),
        (
            ["--engine", "jax", "--memory", "700MiB"],
            "--memory: expected at least 832 MiB, for the program itself takes most of that, got 700 MiB.",
        ),
        (["--shuffle-rows", "0"], "--shuffle-rows: expected a whole number of at least 1, got 0."),
        (
            ["--shuffle-rows", "31"],
            "--shuffle-rows: expected at least the 32 rows of a mini-batch, got 31; give more memory, or choose a "
            "smaller batch_size.",
        ),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(words: list[str], told: str) -> None:
    assert refusal("train", "small.csv", *FAST, *words, "--out", "m") == told


def test_labels_that_are_measurements_are_refused_as_in_memory() -> None:
    lines = ["x,y", *(f"{row},{row + 0.5}" for row in range(90))]
    Path("numbers.csv").write_text("\n".join(lines))
    words = ("train", "numbers.csv", *FAST, "--out", "m")
    assert refusal(*words, "--shuffle-rows", "64") == refusal(*words)


def test_the_shape_of_files_is_told_before_anything_is_written() -> None:
    Path("other.csv").write_text("height,weight,kind\n1,2,ant\n")
    told = clearprop("train", "*.csv", *FAST, "--shuffle-rows", "64", "--out", "m").err
    assert told == "error: small.csv: expected 3 columns as in other.csv, got 4.\n"
    assert sorted(os.listdir()) == ["other.csv", "small.csv"]
