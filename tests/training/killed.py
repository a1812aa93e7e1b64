"""Trainings that are killed with SIGKILL at random moments and resumed, against the same training left alone.

Run as a program, it is the training that gets killed: `python killed.py CASE FOLDER MODEL`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearprop import Network, save, train
from clearprop.training import Progress, run

CASES: list[dict[str, Any]] = [
    {"engine": "cpu", "optimizer": "adam", "dropout": 0.2, "schedule": "cosine", "patience": 50},
    {"engine": "cpu", "optimizer": "sgd", "schedule": "step", "l2": 0.001, "learning_rate": 0.1},
    {"engine": "reference", "optimizer": "adam", "dropout": 0.1, "schedule": "warm-up", "patience": 60},
    {"engine": "cpu", "optimizer": "momentum", "dropout": 0.5, "schedule": "constant", "class_weight": "balanced"},
    {"engine": "cpu", "optimizer": "adamw", "schedule": "warm-up", "patience": 60, "shuffle": False},
    {"engine": "reference", "optimizer": "sgd", "dropout": 0.3, "schedule": "cosine", "class_weight": "balanced"},
    {"engine": "cpu", "optimizer": "nesterov", "dropout": 0.1, "schedule": "cosine", "learning_rate": 0.01},
    {"engine": "cpu", "optimizer": "rmsprop", "schedule": "warm-up", "patience": 40, "dropout": 0.3},
    {"engine": "cpu", "precision": "float64", "optimizer": "adam", "schedule": "constant", "l2": 0.001},
]
HIDDEN = [24, 24, 24, 24, 24, 24, 24, 24, 96]
"""Neurons of each case. From 70 on, two workers of the CPU engine share a step where there are two cores."""
LONGEST = 120.0
"""Seconds after which a training is taken to hang."""
LINE = 1024
"""Bytes in which a training tells of a step: it cannot run far ahead of who reads, because a pipe holds 64 KiB."""
AHEAD = 100
"""More steps than fit into the pipe, so more than one who gets killed makes unseen."""
LONGEST_PAUSE = 0.004
"""Seconds between a step that was told and the kill, at most: a few steps and checkpoints."""


def train_case(case: int, model: Path, folder: Path | None = None) -> int:
    """Train one of the cases and save its model; with a folder, from the checkpoint in it, and tell of every span.
    Returns the last step."""
    rng = np.random.default_rng(case)
    y = rng.integers(3, size=400)
    x = rng.standard_normal((400, 20)) + np.eye(3, 20)[y]
    last_step = 0

    def tell(progress: Progress) -> None:
        nonlocal last_step
        last_step = progress.step
        if folder:
            print(f"{progress.step:{LINE - 1}}", flush=True)

    training = train(
        Network.initialize([20, HIDDEN[case], 3], hidden="tanh", seed=case),
        x,
        y,
        epochs=100,
        seed=case,
        checkpoint=folder,
        checkpoint_seconds=0.0,
        resume=folder is not None,
        callbacks=[tell],
        **CASES[case],
    )
    save(training.model, model)
    return last_step


@dataclass(frozen=True)
class Kill:
    """When a process was killed: the first step it told of, and the last one that was read of it."""

    first_step: int
    last_step: int


@dataclass(frozen=True)
class Outcome:
    """A run that was killed and resumed until it finished."""

    settings: dict[str, Any]
    kills: list[Kill]
    same_bytes: bool


def killed_run(number: int, folder: Path, most_kills: int = 3) -> Outcome:
    """Kill a run at random moments, at least once and at most so often, resume it until it is done, and compare its
    model file with that of the same training left alone."""
    rng = np.random.default_rng([number, 7])
    case, undisturbed, resumed = number % len(CASES), folder / "undisturbed", folder / "resumed"
    folder.mkdir(parents=True)
    last_step = train_case(case, undisturbed)
    moments = sorted(rng.integers(1, last_step - AHEAD * most_kills, size=most_kills).tolist())
    kills = [_killed_at(moment, rng.uniform(0, LONGEST_PAUSE), case, folder / "run", resumed) for moment in moments]
    _finish(case, folder / "run", resumed)
    return Outcome(CASES[case], kills, resumed.read_bytes() == undisturbed.read_bytes())


def killed_runs(numbers: range, folder: Path) -> Iterator[Outcome]:
    """Several runs with different settings, one after another."""
    return (killed_run(number, folder / str(number)) for number in numbers)


def _killed_at(step: int, pause: float, case: int, folder: Path, model: Path) -> Kill:
    """Train in a process of its own, and kill it so many seconds after it told of that step or a later one."""
    with _training(case, folder, model) as process:
        assert process.stdout is not None
        try:
            told = [int(process.stdout.readline())]
            while told[-1] < step:
                told.append(int(process.stdout.readline()))
            time.sleep(pause)
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return Kill(told[0], told[-1])


def _finish(case: int, folder: Path, model: Path) -> None:
    with _training(case, folder, model) as process:
        try:
            process.communicate(timeout=LONGEST)
        finally:
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"the training of case {case} ended with code {process.returncode}")


def _training(case: int, folder: Path, model: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, str(case), str(folder), str(model)], stdout=subprocess.PIPE)


if __name__ == "__main__":
    run.SPAN_SECONDS = 0.0  # a span a step, so that checkpoints come in the middle of epochs too
    train_case(int(sys.argv[1]), Path(sys.argv[3]), Path(sys.argv[2]))
