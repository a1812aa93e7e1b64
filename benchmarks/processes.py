"""The JAX engine in 1, 2 and 4 processes on this machine: seconds, speed-up, the same weights, and one that is killed.

    python benchmarks/processes.py [--counts 1,2,4] [--epochs 3] [--layers 64] [--batch-size 250]
        [--optimizer sgd] [--learning-rate 0.1] [--precision float32] [--data FOLDER]

Each count trains the same network from the same seed on MNIST with `clearprop train … --engine jax --processes N`. The
seconds are those of the epochs after the first, which compiles, from the history. The weights are compared with those
of one process: the norm of the difference of each array as a share of its norm, at worst. (Adam divides by how large a
gradient usually is: in float32 it makes whole steps of gradients that are rounding alone, so with it the weights part;
in float64 they do not.) In the end one of 4 processes
is killed in mid-epoch, and 2 processes go on from its checkpoint; its accuracy stands beside that of one process left
alone. FOLDER holds MNIST's four IDX files; without it `mnist/` is read in the folder that CLEARPROP_DATA names, else in
../shared/data. The figures and a picture are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from rounds import RESULTS, keep_result, machine, now, show

import clearprop as cp

matplotlib.use("Agg")

from matplotlib import pyplot as plt

ALLOWED = 1e-5
"""How far an array may lie from that of one process, as a share of its norm: sums go in another order."""
WITHIN = 30.0
"""Seconds within which all processes must have ended when one has."""
KILLED_OF, KILLED, GOES_ON_WITH = 4, 2, 2


class Trainings:
    """Trainings of one network on MNIST by `clearprop train`."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        data = options.data or Path(os.environ.get("CLEARPROP_DATA", "../shared/data")) / "mnist"
        self.words = ["train", str(data), "--engine", "jax", "--layers", options.layers, "--json"]
        self.words += ["--optimizer", options.optimizer, "--learning-rate", str(options.learning_rate)]
        self.words += [
            "--precision",
            options.precision,
            "--batch-size",
            str(options.batch_size),
            "--epochs",
            str(options.epochs),
        ]
        self.folder = folder

    def started(self, name: str, *words: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "clearprop", *self.words, *map(str, words), "--out", str(self.folder / name)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def done(self, name: str, *words: object) -> tuple[dict[str, Any], list[Any]]:
        """The report of a training, and its weights and biases."""
        process = self.started(name, *words)
        out, err = process.communicate()
        if process.returncode:
            sys.exit(err)
        network = cp.load(self.folder / name).network
        return json.loads(out), [*network.weights, *network.biases]


def measured(trainings: Trainings, counts: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    alone: list[Any] = []
    for count in counts:
        report, arrays = trainings.done(f"{count}.safetensors", "--processes", count)
        alone = alone or arrays
        seconds = statistics.median([epoch["seconds"] for epoch in report["history"][1:]])
        found[str(count)] = {
            "seconds_per_epoch": seconds,
            "speed_up": 1.0 if not found else found[str(counts[0])]["seconds_per_epoch"] / seconds,
            "largest_difference": max(
                float(np.linalg.norm(one - other) / np.linalg.norm(other))
                for one, other in zip(arrays, alone, strict=True)
            ),
            "accuracy": report["test"]["accuracy"],
        }
        each = found[str(count)]
        show(
            f"{count} processes: {seconds:.2f} s an epoch, {each['speed_up']:.2f} times as fast as {counts[0]}, "
            f"weights within {each['largest_difference']:.1e}, accuracy {each['accuracy']:.2%}"
        )
    return found


def killed(trainings: Trainings) -> dict[str, Any]:
    """One of the processes is killed while they train; others go on."""
    checkpoints = trainings.folder / "checkpoints"
    run = trainings.started("killed", "--processes", KILLED_OF, "--checkpoint", checkpoints)
    while not list(checkpoints.glob("checkpoint-*")):
        if run.poll() is not None:
            sys.exit(run.communicate()[1])
        time.sleep(0.01)
    found = subprocess.run(
        ["pgrep", "-P", str(run.pid), "-f", f"process-id {KILLED} "], capture_output=True, text=True, check=True
    )
    os.kill(int(found.stdout), signal.SIGKILL)
    began = time.monotonic()
    err = run.communicate()[1]
    seconds = time.monotonic() - began
    report, _ = trainings.done("killed", "--processes", GOES_ON_WITH, "--checkpoint", checkpoints, "--resume")
    told = {
        "processes": KILLED_OF,
        "killed": KILLED,
        "seconds_until_all_had_ended": seconds,
        "exit_code": run.returncode,
        "last_sentence": err.strip().splitlines()[-1].replace(str(checkpoints), "CHECKPOINTS"),
        "resumed_with": GOES_ON_WITH,
        "epochs": report["epochs"],
        "accuracy": report["test"]["accuracy"],
    }
    show(f"process {KILLED} of {KILLED_OF} killed: all ended in {seconds:.1f} s with exit code {run.returncode}")
    show(f"{told['last_sentence']}\nresumed with {GOES_ON_WITH} processes: accuracy {told['accuracy']:.2%}")
    return told


def draw(found: dict[str, Any]) -> None:
    counts = [int(count) for count in found]
    figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
    axes.plot(counts, [each["speed_up"] for each in found.values()], "o-", label="measured")
    axes.plot(counts, counts, "--", color="grey", label="as many times as fast")
    axes.axvline(os.cpu_count() or 1, color="black", lw=0.7, label="cores")
    axes.set_xlabel("processes")
    axes.set_ylabel("speed-up")
    axes.legend()
    figure.savefig(RESULTS / "processes.png", dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default="1,2,4", help="numbers of processes; the first is what others stand beside")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--layers", default="64")
    parser.add_argument("--batch-size", type=int, default=250)
    parser.add_argument("--optimizer", default="sgd")
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--data", type=Path, help="folder with MNIST's four IDX files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trainings = Trainings(options, Path(folder))
        found = measured(trainings, [int(count) for count in options.counts.split(",")])
        end = killed(trainings)
    settings = {name: value for name, value in vars(options).items() if name not in ("counts", "data")}
    keep_result("processes", {"machine": machine(), **now(), "settings": settings, "counts": found, "killed": end})
    draw(found)
    same = all(each["largest_difference"] <= ALLOWED for each in found.values())
    return int(not same or end["seconds_until_all_had_ended"] > WITHIN or not end["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
