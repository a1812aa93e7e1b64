"""What a training does under each mistake of the catalogue: does it still learn?

    python benchmarks/mistake_training.py

The built-in digits, 64-24-24-10, plain descent in mini-batches, with the mistake in every layer in which it can
stand and
the better of three learning rates, beside the same training without it. Accuracy on held-out images.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

from mistake_pages import MEASURED, Shown, shown

from clearprop.checking.hypotheses import IMPOSSIBLE
from clearprop.checking.mistakes.catalogue import ENTRIES
from clearprop.checking.points import trial_of
from clearprop.checking.trial import Trial
from clearprop.equations.step import Rule
from clearprop.network import Network

SIZES = (64, 24, 24, 10)
EPOCHS, BATCH, TRAINED = 15, 30, 1500
RATES = (0.1, 0.5, 2.0)
Replaced = list[tuple[str, int, Rule]]


def main() -> None:
    began = time.perf_counter()
    digits = load_digits()
    x, y = digits.data / 16, np.eye(10)[digits.target]
    healthy: dict[str, float | None] = {}
    mistakes: dict[str, Any] = {}
    for entry in ENTRIES:
        found = shown(entry.id, SIZES, BATCH)
        if found is None or found.replacement.quantity == "cost":
            continue
        network = found.network
        if repr(network) not in healthy:
            healthy[repr(network)] = best(network, [], x, y)
        mistakes[entry.id] = {
            "network": repr(network).removeprefix("Network ").rsplit(", ", 1)[0],
            "layers": found.layers,
            "accuracy": best(network, replaced(found), x, y),
            "right": healthy[repr(network)],
        }
    figures = {
        "epochs": EPOCHS,
        "rates": f"learning rates {', '.join(map(str, RATES))}",
        "mistakes": mistakes,
        "seconds": round(time.perf_counter() - began, 1),
    }
    MEASURED.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def replaced(found: Shown) -> Replaced:
    return [(found.replacement.quantity, layer, found.replacement.rule) for layer in found.layers]


def best(network: Network, rules: Replaced, x: np.ndarray, y: np.ndarray) -> float | None:
    """The best held-out accuracy of the learning rates; None where no training comes to its end."""
    return max((found for rate in RATES if (found := accuracy(network, rules, x, y, rate)) is not None), default=None)


def accuracy(network: Network, rules: Replaced, x: np.ndarray, y: np.ndarray, rate: float) -> float | None:
    """The share of held-out images that are right after a training; what a mistaken way forward answers counts."""
    rng = np.random.default_rng(0)
    weights, biases = list(network.weights), list(network.biases)
    try:
        for _ in range(EPOCHS):
            for rows in rng.permutation(TRAINED).reshape(-1, BATCH):
                step = under(network, weights, biases, x[rows], y[rows], rules, rate)
                numbers = range(1, step.layers + 1)
                with np.errstate(all="ignore"):
                    weights, biases = [step.new_W[n] for n in numbers], [step.new_b[n] for n in numbers]
        step = under(network, weights, biases, x[TRAINED:], y[TRAINED:], rules, rate)
        with np.errstate(all="ignore"):
            answers = step.a[step.layers].argmax(axis=1)
    except IMPOSSIBLE:  # shapes that were stretched until nothing fitted any more
        return None
    return float(np.mean(answers == y[TRAINED:].argmax(axis=1)))


def under(network: Network, W: Any, b: Any, x: np.ndarray, y: np.ndarray, rules: Replaced, rate: float) -> Trial:
    return trial_of(network, W, b, x, y, rate).replacing(rules)


if __name__ == "__main__":
    main()
