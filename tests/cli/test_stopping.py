"""What is left when a training diverges or is interrupted, and how it goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest

import clearprop as cp
from clearprop.training.run import Run

from .running import FAST, clearprop, done, started, table

SECONDS = 30.0


def until(happens: object, what: str) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + SECONDS
    while not happens():  # type: ignore[operator]
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def test_a_cost_that_stops_being_finite_ends_with_3_and_keeps_the_last_good_weights() -> None:
    words = ("train", "small.csv", *FAST, "--optimizer", "sgd", "--learning-rate", "1e300", "--out", "m")
    outcome = clearprop(*words)
    assert outcome.code == 3
    assert outcome.err.startswith(
        "error: the cost stopped being finite in epoch 1; the last good weights are kept. "
        "Look at the learning rate (1e+300: try 1e+299) and at the scale of the inputs (the largest is "
    )
    assert outcome.err.count("\n") == 1
    assert outcome.out.splitlines()[-1] == "The model is in m. Label new rows with: clearprop label m FILE"
    assert "stopped being finite" not in outcome.out
    for weight in cp.load("m").network.weights:
        assert np.isfinite(weight).all()
    assert len(done("label", "m", "small.csv").rows) == 90
    report = clearprop(*words, "--json")
    assert (report.code, json.loads(report.out)["stopped"]) == (3, "diverged")
    assert report.err == outcome.err
    done("train", "small.csv", *FAST, "--optimizer", "sgd", "--learning-rate", "0.1", "--out", "m")


def interrupt_after(spans: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a span."""
    run_span = Run._span
    count = iter(range(spans))

    def interrupted(run: Run, *arguments: object) -> None:
        if next(count, None) is None:
            raise KeyboardInterrupt
        run_span(run, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Run, "_span", interrupted)


def test_an_interrupted_training_is_saved_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_after(3, monkeypatch)
    outcome = clearprop("train", "small.csv", "--layers", "4", "--epochs", "9", "--out", "m")
    assert outcome.code == 130
    assert outcome.out.splitlines()[0] == ("Training interrupted in epoch 4 of 9; what was learned so far is kept.")
    assert outcome.err.splitlines()[-1] == "To be able to go on another time, name a folder with --checkpoint."
    assert json.loads(done("show", "m", "--json").out)["provenance"]["stopped"] == "interrupted"


def test_an_interrupted_run_goes_on_to_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("train", "small.csv", "--layers", "4", "--epochs", "9", "--checkpoint")
    done(*words, "undisturbed", "--out", "whole")
    with monkeypatch.context() as once:
        interrupt_after(3, once)
        outcome = clearprop(*words, "run", "--out", "m")
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == "Go on with the same command and --resume; the run is in run."
    assert Path("m").read_bytes() != Path("whole").read_bytes()
    done(*words, "run", "--resume", "--out", "m")
    assert Path("m").read_bytes() == Path("whole").read_bytes()


def test_ctrl_c_in_a_training_saves_the_model_and_resume_ends_with_the_same_bytes(folder: Path) -> None:
    words = ("train", "digits", "--layers", "8", "--epochs", "150", "--checkpoint")
    process = started(*words, "run", "--out", "m")
    assert process.stderr is not None
    assert process.stderr.readline() == "Training 64-8-10 on 1,294 rows: 150 epochs of 41 updates.\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert re.match(r"Training interrupted in epoch \d+ of 150; what was learned so far is kept\.\n", out)
    assert err.splitlines()[-1] == "Go on with the same command and --resume; the run is in run."
    assert "Traceback" not in err
    assert done("label", "m", "digits", "--out", "labels.csv").err.startswith("1,797 rows labelled")
    assert [path.name for path in folder.glob(".*")] == []
    interrupted = Path("m").read_bytes()
    done(*words, "run", "--resume", "--out", "m")
    done(*words, "undisturbed", "--out", "whole")
    assert Path("m").read_bytes() == Path("whole").read_bytes() != interrupted


def test_ctrl_c_in_label_leaves_nothing(folder: Path, model: Path) -> None:
    rows = "".join(Path("small.csv").read_text().splitlines(keepends=True)[1:])
    Path("long.csv").write_text("height,weight,colour,kind\n" + rows * 10_000)
    process = started("label", model, "long.csv", "--out", "labels.csv")
    until(lambda: any(path.stat().st_size for path in folder.glob(".labels.csv.*")), "the first labels")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (130, "", "interrupted; no file was written.\n")
    assert sorted(path.name for path in folder.iterdir()) == ["long.csv", "model.safetensors", "small.csv"]


def test_a_reader_that_has_seen_enough_ends_the_labelling_in_silence(model: Path) -> None:
    rows = "".join(Path("small.csv").read_text().splitlines(keepends=True)[1:])
    Path("long.csv").write_text("height,weight,colour,kind\n" + rows * 300)
    for words in (["label", model, "long.csv"], ["label", model, "long.csv", "--json"]):
        process = started(*words)
        assert process.stdout is not None
        assert process.stdout.read(5)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        process.stderr.close()
        assert process.wait(timeout=SECONDS) == 0


def test_a_reader_that_is_gone_is_no_error(model: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = started("evaluate", model, "small.csv", stdout=writing)
    os.close(writing)
    assert process.communicate(timeout=SECONDS)[1] == ""
    assert process.returncode == 0


def test_a_train_whose_reader_is_gone_still_ends_with_its_own_code() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = ("--optimizer", "sgd", "--learning-rate", "1e300", "--out", "m")
    process = started("train", "small.csv", *FAST, *words, stdout=writing)
    os.close(writing)
    err = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 3
    assert err.startswith("error: the cost stopped being finite in epoch 1;")
    assert len(table(done("label", "m", "small.csv").out)) == 90


def test_a_full_disk_is_told_in_one_sentence(model: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    for words in (["show", model, "--json"], ["label", model, "small.csv"]):
        with open("/dev/full", "w") as full:
            process = started(*words, stdout=full)
            err = process.communicate(timeout=SECONDS)[1]
        assert (process.returncode, err) == (2, "error: standard output: no space left on device.\n")


def test_what_stopped_a_training_is_in_its_record() -> None:
    done("train", "small.csv", *FAST, "--patience", "1", "--epochs", "500", "--learning-rate", "0.5", "--out", "m")
    shown = json.loads(done("show", "m", "--json").out)["provenance"]
    assert shown["stopped"] == "patience"
    assert shown["epochs"] < 500
