"""Published figures on MNIST, ours beside theirs.

    python benchmarks/published.py [--data FOLDER] [--seeds 3] [--control] [CASE ...]

FOLDER holds MNIST's four IDX files; without it `mnist/` is read in the folder that CLEARPROP_DATA names, else in
../shared/data. As in Nielsen's book, the first 50,000 training images are learned from and the accuracy is that of the
best epoch on the 10,000 test images. The figures are written to benchmarks/results/. With --control each seed is
also trained by a few lines of plain NumPy that share nothing with clearprop: what both miss is not ours to reach.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import clearprop as cp
from clearprop.data import open_source
from clearprop.targets import predicted_class

ROOT = Path(__file__).resolve().parent.parent
LEARNED_FROM = 50_000


@dataclass(frozen=True)
class Case:
    """A training as it was published, and the test accuracy that came out of it."""

    source: str
    accuracy: float
    layers: tuple[int, ...]
    output: str
    cost: str
    initialization: str
    learning_rate: float
    epochs: int
    hidden: str = "sigmoid"
    options: dict[str, Any] = field(default_factory=dict)


CHAPTER_1 = {
    "output": "sigmoid",
    "cost": "half_squared_error",
    "initialization": "normal",
    "learning_rate": 3.0,
    "epochs": 30,
}
CASES = {
    "nielsen-1-30": Case("Nielsen 2015, chapter 1, 30 hidden neurons", 0.9542, (784, 30, 10), **CHAPTER_1),
    "nielsen-1-100": Case("Nielsen 2015, chapter 1, 100 hidden neurons", 0.9659, (784, 100, 10), **CHAPTER_1),
    "nielsen-3-100": Case(
        "Nielsen 2015, chapter 3, cross-entropy with L2, 100 hidden neurons",
        0.9804,
        (784, 100, 10),
        output="sigmoid",
        cost="binary_cross_entropy",
        initialization="lecun",
        learning_rate=0.1,
        epochs=60,
        options={"l2": 5 / LEARNED_FROM},
    ),
    "3blue1brown": Case(
        "3Blue1Brown 2017, chapter 2 (about 96 %), settings of its source code", 0.96, (784, 16, 16, 10), **CHAPTER_1
    ),
    "3blue1brown-defaults": Case(
        "3Blue1Brown 2017, chapter 2 (about 96 %), at our defaults",
        0.96,
        (784, 16, 16, 10),
        hidden="relu",
        output="softmax",
        cost="cross_entropy",
        initialization="he",
        learning_rate=0.001,
        epochs=20,
        options={"optimizer": "adam", "schedule": "cosine", "batch_size": 32},
    ),
}


def start(case: Case, seed: int) -> cp.Network:
    """The first weights. Nielsen draws the biases from N(0, 1) in every chapter."""
    network = cp.Network.initialize(
        case.layers,
        hidden=case.hidden,
        output=case.output,
        cost=case.cost,
        initialization=case.initialization,
        seed=seed,
    )
    rng = np.random.default_rng([seed, 1])
    return network.with_parameters(network.weights, [rng.standard_normal(len(b)) for b in network.biases])


def run(case: Case, data: dict[str, np.ndarray[Any, Any]], seed: int) -> dict[str, Any]:
    began = time.perf_counter()
    training = cp.train(
        start(case, seed),
        data["x"],
        data["y"],
        learning_rate=case.learning_rate,
        epochs=case.epochs,
        validation=(data["test_x"], data["test_y"]),
        seed=seed,
        **{"optimizer": "sgd", "schedule": "constant", "batch_size": 10, **case.options},
    )
    by_epoch = training.history["validation_accuracy"]
    last = float(np.mean(predicted_class(training.network.probabilities(data["test_x"])) == data["test_y"]))
    assert last == by_epoch[-1], "the history's last accuracy is that of the network handed over"
    seconds = round(time.perf_counter() - began, 1)
    return {
        "seed": seed,
        "best": max(by_epoch),
        "best_epoch": int(np.argmax(by_epoch)) + 1,
        "last": last,
        "seconds": seconds,
    }


def control(case: Case, data: dict[str, np.ndarray[Any, Any]], seed: int) -> float:
    """The best test accuracy of the same training in plain NumPy: sigmoid and half squared error, batches of 10."""
    network, rng = start(case, seed), np.random.default_rng([seed, 2])
    weights = [W.astype(float) for W in network.weights]
    biases = [b.astype(float) for b in network.biases]
    targets, best = np.eye(10)[data["y"]], 0.0

    def forward(x: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        activations = [x]
        for W, b in zip(weights, biases, strict=True):
            activations.append(1 / (1 + np.exp(-np.clip(activations[-1] @ W.T + b, -700, 700))))
        return activations

    for _ in range(case.epochs):
        for rows in rng.permutation(len(targets)).reshape(-1, 10):
            a = forward(data["x"][rows])
            delta = (a[-1] - targets[rows]) * a[-1] * (1 - a[-1])
            for n in range(len(weights) - 1, -1, -1):
                below = (delta @ weights[n]) * a[n] * (1 - a[n])
                weights[n] -= case.learning_rate / 10 * delta.T @ a[n]
                biases[n] -= case.learning_rate / 10 * delta.sum(axis=0)
                delta = below
        best = max(best, float(np.mean(forward(data["test_x"])[-1].argmax(axis=1) == data["test_y"])))
    return best


def mnist(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Images as rows of numbers from 0 to 1, labels as integers, in the canonical order."""
    source = open_source(folder)
    assert source.test is not None
    data = {}
    for prefix, part in (("", source), ("test_", source.test)):
        batches = list(part.batches())
        images = [np.asarray(batch.column("x").flatten()).reshape(batch.num_rows, -1) for batch in batches]
        data[f"{prefix}x"] = np.concatenate(images)[:LEARNED_FROM] / 255
        data[f"{prefix}y"] = np.concatenate([np.asarray(batch.column("y")) for batch in batches])[:LEARNED_FROM]
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--control", action="store_true")
    shared = Path(os.environ.get("CLEARPROP_DATA", ROOT / "../shared/data"))
    parser.add_argument("--data", type=Path, default=shared / "mnist")
    options = parser.parse_args()
    data = mnist(options.data)
    kept = ROOT / "benchmarks/results/published.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for name in options.cases:
        case = CASES[name]
        runs = [run(case, data, seed) for seed in range(options.seeds)]
        ours = float(np.mean([one["best"] for one in runs]))
        results[name] = {"source": case.source, "published": case.accuracy, "ours": ours, "runs": runs}
        bests = ", ".join(f"{one['best']:.2%}" for one in runs)
        print(
            f"{case.source}: published {case.accuracy:.2%}, ours {ours:.2%} ({bests}), "
            f"difference {100 * (ours - case.accuracy):+.2f} points, {sum(one['seconds'] for one in runs):.0f} s",
            flush=True,
        )
        if options.control and case.cost == "half_squared_error":
            controls = [control(case, data, seed) for seed in range(options.seeds)]
            results[name]["control"] = controls
            print(f"  the control: {', '.join(f'{best:.2%}' for best in controls)}", flush=True)
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
