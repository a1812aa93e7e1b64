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
    {"optimizer": "adam", "dropout": 0.2, "schedule": "cosine", "patience": 50},
    {"optimizer": "sgd", "schedule": "step", "l2": 0.001, "learning_rate": 0.1},
    {"optimizer": "momentum", "dropout": 0.5, "schedule": "constant", "class_weight": "balanced"},
    {"optimizer": "adamw", "schedule": "warm-up", "patience": 60, "shuffle": False},
    {"optimizer": "nesterov", "dropout": 0.1, "schedule": "cosine", "learning_rate": 0.01},
    {"optimizer": "rmsprop", "schedule": "warm-up", "patience": 40, "dropout": 0.3},
]
LONGEST = 120.0
"""Seconds after which a training is taken to hang."""


def train_case(case: int, model: Path, folder: Path | None = None) -> None:
    """Train one of the cases and save its model; with a folder, from the checkpoint in it; tell of every span."""
    rng = np.random.default_rng(case)
    y = rng.integers(3, size=400)
    x = rng.standard_normal((400, 20)) + np.eye(3, 20)[y]

    def tell(progress: Progress) -> None:
        if folder:
            print(progress.step, flush=True)

    training = train(
        Network.initialize([20, 24, 3], hidden="tanh", seed=case),
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


@dataclass(frozen=True)
class Kill:
    """When a process was killed: how many of its own seconds it had trained, and the first and last step it told of."""

    seconds: float
    first_step: int
    last_step: int


@dataclass(frozen=True)
class Outcome:
    """A run that was killed and resumed until it finished."""

    settings: dict[str, Any]
    kills: list[Kill]
    same_bytes: bool


def killed_run(number: int, folder: Path, most_kills: int = 3) -> Outcome:
    """Kill a run at random moments, at most so often, resume it until it is done, and compare its model file with that
    of the same training left alone."""
    rng = np.random.default_rng([number, 7])
    case, undisturbed, resumed = number % len(CASES), folder / "undisturbed", folder / "resumed"
    folder.mkdir(parents=True)
    began = time.perf_counter()
    train_case(case, undisturbed)
    whole = time.perf_counter() - began
    kills: list[Kill] = []
    while not resumed.exists():
        pause = rng.uniform(0, whole) if len(kills) < most_kills else None
        kill = _train_until(pause, case, folder / "run", resumed)
        kills += [kill] if kill else []
    return Outcome(CASES[case], kills, resumed.read_bytes() == undisturbed.read_bytes())


def killed_runs(count: int, folder: Path) -> Iterator[Outcome]:
    """Several runs with different settings, one after another."""
    return (killed_run(number, folder / str(number)) for number in range(count))


def _train_until(pause: float | None, case: int, folder: Path, model: Path) -> Kill | None:
    """Train in a process of its own and kill it `pause` seconds after its first span; None if it finished before."""
    command = [sys.executable, __file__, str(case), str(folder), str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            finished = _ends_within(LONGEST if pause is None else pause, process)
        finally:
            process.send_signal(signal.SIGKILL)
        steps = [int(line) for line in (first + process.stdout.read()).split(b"\n")[:-1]]
    if finished and process.returncode != 0:
        raise RuntimeError(f"the training of case {case} ended with code {process.returncode}")
    if pause is None and not finished:
        raise RuntimeError(f"the training of case {case} did not end within {LONGEST:g} seconds")
    return None if finished or pause is None else Kill(pause, steps[0], steps[-1])


def _ends_within(seconds: float, process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


if __name__ == "__main__":
    run.SPAN_ARITHMETIC = 0.0  # a span a step, so that checkpoints come in the middle of epochs too
    train_case(int(sys.argv[1]), Path(sys.argv[3]), Path(sys.argv[2]))
