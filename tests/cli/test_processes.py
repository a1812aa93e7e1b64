"""Training in many processes, through the program: the same weights, and what happens when one of them ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearprop as cp

from .running import Outcome, clearprop

DIGITS = ("train", "digits", "--engine", "jax", "--layers", "16", "--batch-size", "30", "--epochs", "3", "--json")
DIGITS += ("--optimizer", "sgd", "--learning-rate", "0.1")  # Adam makes steps of gradients that are rounding alone
LONG = ("train", "digits", "--engine", "jax", "--layers", "16", "--batch-size", "30", "--epochs", "80")
LONGEST = 240.0
"""Seconds after which processes are taken to hang; they may have to wait for a core."""
AT_ONCE = 30.0
"""Seconds in which all processes must have ended when one has."""


def program(*words: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "clearprop", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def ended(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=LONGEST)
    return Outcome(process.returncode, out, err)


@cache
def trained(processes: int, folder: Path) -> tuple[list[Any], dict[str, Any]]:
    """The weights and the report of a training in so many processes."""
    out = folder / f"{processes}.safetensors"
    outcome = ended(program(*DIGITS, "--processes", processes, "--out", out))
    assert outcome.code == 0, outcome.err
    return arrays(out), json.loads(outcome.out)


def arrays(path: Path) -> list[Any]:
    network = cp.load(path).network
    return [*network.weights, *network.biases]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("processes")


def assert_same(ours: list[Any], theirs: list[Any]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert np.linalg.norm(one - other) <= 1e-5 * np.linalg.norm(other)


def test_many_processes_end_with_the_weights_of_one(models: Path) -> None:
    (ours, report), (alone, other) = trained(4, models), trained(1, models)
    assert_same(ours, alone)
    assert report["test"]["accuracy"] == other["test"]["accuracy"]
    np.testing.assert_allclose(
        [epoch["validation_cost"] for epoch in report["history"]],
        [epoch["validation_cost"] for epoch in other["history"]],
        rtol=1e-5,
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _slurm(index: int, port: int) -> dict[str, str]:
    return {
        "SLURM_JOB_ID": "4711",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": "2",
        "SLURM_PROCID": str(index),
        "SLURM_LOCALID": str(index),
        "JAX_COORDINATOR_PORT": str(port),
    }


def _open_mpi(index: int, port: int) -> dict[str, str]:
    return {
        "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://127.0.0.1:34911",
        "OMPI_COMM_WORLD_SIZE": "2",
        "OMPI_COMM_WORLD_RANK": str(index),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(index),
        "JAX_COORDINATOR_PORT": str(port),
    }


@pytest.mark.parametrize("scheduler", [_slurm, _open_mpi])
def test_processes_that_a_scheduler_has_started_find_each_other(scheduler: Any, models: Path, tmp_path: Path) -> None:
    port, out = _free_port(), tmp_path / "m.safetensors"
    both = [program(*DIGITS, "--cluster", "auto", "--out", out, **scheduler(index, port)) for index in range(2)]
    first, second = map(ended, both)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert json.loads(first.out)["stopped"] == "finished"
    assert second.out == ""
    assert second.err == ""
    assert_same(arrays(out), trained(1, models)[0])


@pytest.fixture
def long_run(tmp_path: Path) -> Iterator[Any]:
    """A training in three processes that is under way: the program that has started them, and where it writes."""
    checkpoints = tmp_path / "checkpoints"
    words = (*LONG, "--processes", "3", "--checkpoint", checkpoints, "--out", tmp_path / "m")
    launcher = program(*words)
    try:
        end = time.monotonic() + LONGEST
        while not list(checkpoints.glob("checkpoint-*")):
            assert launcher.poll() is None, launcher.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield launcher, checkpoints, tmp_path / "m"
    finally:
        launcher.kill()
        launcher.communicate()
        for child in _children(launcher.pid):
            os.kill(child, signal.SIGKILL)


def _children(launcher: int) -> dict[int, int]:
    """The processes of a training by their number, as pid: number."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words, parent = (
                stat.read_text().split("\0"),
                stat.with_name("stat").read_text().rsplit(")", 1)[1].split()[1],
            )
        except OSError:
            continue
        if int(parent) == launcher and "--process-id" in words:
            found[int(stat.parent.name)] = int(words[words.index("--process-id") + 1])
    return found


def _kill(launcher: int, number: int) -> None:
    (child,) = [pid for pid, index in _children(launcher).items() if index == number]
    os.kill(child, signal.SIGKILL)


def _epochs(path: Path) -> int:
    return int(cp.load(path).provenance["epochs"])


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
@pytest.mark.parametrize("killed", [0, 1])
def test_a_process_that_is_killed_ends_all_with_a_sentence_and_another_number_goes_on(
    killed: int, long_run: Any
) -> None:
    launcher, checkpoints, model = long_run
    _kill(launcher.pid, killed)
    began = time.monotonic()
    outcome = ended(launcher)
    assert time.monotonic() - began < AT_ONCE
    assert outcome.code == 4
    assert outcome.err.splitlines()[-1] == (
        f"error: process {killed} of 3 has ended; the training ends with it. Go on with the same command and --resume, "
        f"with as many processes as you like; the run is in {checkpoints}."
    )
    assert "Traceback" not in outcome.err
    assert not model.exists()
    if killed:
        resumed = ended(program(*LONG, "--processes", "2", "--checkpoint", checkpoints, "--resume", "--out", model))
        assert resumed.code == 0, resumed.err
        assert _epochs(model) == 80
        assert cp.load(model).provenance["test"]["accuracy"] > 0.9


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_ctrl_c_ends_all_and_keeps_what_was_learned(long_run: Any) -> None:
    launcher, checkpoints, model = long_run
    children = _children(launcher.pid)
    assert set(children.values()) == {0, 1, 2}
    launcher.send_signal(signal.SIGINT)
    outcome = ended(launcher)
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == f"Go on with the same command and --resume; the run is in {checkpoints}."
    assert 0 < _epochs(model) < 80
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    other = (*LONG, "--seed", "1", "--processes", "2", "--checkpoint", checkpoints, "--resume", "--out", model)
    refused = ended(program(*other))
    assert (refused.code, refused.err) == (
        2,
        f"error: {checkpoints}: expected the settings and data that the run was started with, got seed 1 instead of 0. "
        f"Give the same ones, or choose another folder.\n",
    )


ADDRESS = ("--coordinator", "localhost:4567")
WRONG = {
    "another engine": (
        ("--engine", "cpu", "--processes", "2"),
        "--processes: expected --engine jax, got 'cpu'; the others compute in one process.",
    ),
    "two ways": (
        ("--processes", "2", "--cluster", "auto"),
        "--cluster: expected one way to start processes, got --processes too; leave one of them out.",
    ),
    "no process": (("--processes", "0"), "--processes: expected a number from 1 to 4,096, got 0."),
    "an unknown cluster": (("--cluster", "mosix"), "--cluster: expected 'auto', got 'mosix'."),
    "half an address": (ADDRESS, "--coordinator: expected --process-id too, got none; the three go together."),
    "no port": (
        ("--coordinator", "localhost", "--process-id", "0", "--process-count", "2"),
        "--coordinator: expected HOST:PORT, such as node1:4567, got 'localhost'.",
    ),
    "a process too many": (
        (*ADDRESS, "--process-id", "2", "--process-count", "2"),
        "--process-id: expected a number from 0 to 1, got 2.",
    ),
    "a precision of another engine": (
        ("--engine", "cpu", "--precision", "bfloat16"),
        "--precision: expected float32 or float64 for engine 'cpu', got 'bfloat16'.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_options_that_make_no_sense_are_refused(case: str) -> None:
    words, sentence = WRONG[case]
    outcome = clearprop("train", "digits", "--engine", "jax", *words, "--out", "m")
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {sentence}\n")


def test_a_cluster_where_there_is_none_is_told() -> None:
    outcome = ended(program(*DIGITS, "--cluster", "auto", "--out", "m"))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: --cluster: expected processes that SLURM, Open MPI or Kubernetes has started, got none that JAX knows "
        "(coordinator_address should be defined.). Name them with --coordinator, --process-id and --process-count.\n"
    )


def test_an_address_that_is_taken_is_told() -> None:
    with socket.create_server(("", 0)) as server:
        address = f"localhost:{server.getsockname()[1]}"
        outcome = ended(
            program(*DIGITS, "--coordinator", address, "--process-id", 0, "--process-count", 2, "--out", "m")
        )
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(
        f"error: --coordinator: expected 2 processes that meet at {address} within 300 seconds"
    )
    assert outcome.err.count("\n") == 1
