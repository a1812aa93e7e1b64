"""What a training does under each mistake of the catalogue: does it still learn?

    python benchmarks/mistake_training.py
    python benchmarks/mistake_training.py --only stale-cache,aliasing   # these anew, the others as they are

The built-in digits, 64-24-24-10 (where a mistake needs one output: is the digit odd?), plain descent in mini-batches,
with the mistake in every layer in which it can stand, beside the same training without it. Accuracy on held-out images
from several starts, at that of several learning rates which is best from the first. A mistake in the cost changes
no gradient that is written by hand, which is tested bit for bit; besides, its own gradient is descended.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

from mistake_pages import MEASURED, NETWORKS, Shown, short, shown, verdict
from mistaken_programs import PAIRS, RATES, SMALLER_STEPS, WIDE_RATES, Arrays, Make, Pair, Program, program_of

from clearprop.checking.describing import described
from clearprop.checking.hypotheses import IMPOSSIBLE
from clearprop.checking.mistakes.catalogue import ENTRIES
from clearprop.network import Network

SIZES = (64, 24, 24, 10)
EPOCHS, BATCH, TRAINED, JUDGED = 15, 30, 1500, 270
STARTS = range(3)


@dataclass(frozen=True)
class Data:
    """Rows to train on, and rows to judge by."""

    x: np.ndarray
    y: np.ndarray

    def right(self, answers: np.ndarray, rows: slice) -> float:
        """The share of these rows that are answered rightly."""
        y = self.y[rows]
        hits = (answers >= 0.5) == y if y.shape[1] == 1 else answers.argmax(axis=1) == y.argmax(axis=1)
        return float(np.mean(hits))


@cache
def data(outputs: int) -> Data:
    digits = load_digits()
    y = digits.target[:, None] % 2.0 if outputs == 1 else np.eye(10)[digits.target]
    return Data(digits.data / 16, y)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="names of mistakes, with commas between")
    only = [name for name in parser.parse_args().only.split(",") if name]
    figures = json.loads(MEASURED.read_text()) if only else {"mistakes": {}, "seconds": 0.0}
    figures.update(epochs=EPOCHS, starts=len(STARTS))
    for entry in ENTRIES:
        if not only or entry.id in only:
            began = time.perf_counter()
            figures["mistakes"][entry.id] = measured(entry.id)
            figures["seconds"] = round(figures["seconds"] + time.perf_counter() - began, 1)
            print(entry.id, figures["mistakes"][entry.id], flush=True)
            figures["verdicts"] = Counter(verdict(found) for found in figures["mistakes"].values() if found)
            MEASURED.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


def measured(id: str) -> dict[str, Any] | None:  # noqa: A002 - as the catalogue calls it
    """How trainings with and without the mistake end; None for one that is in no training."""
    found = shown(id, SIZES, BATCH)
    if id in PAIRS:
        pair, network = PAIRS[id], described(SIZES, *NETWORKS[0])
    elif found:
        rates = WIDE_RATES if id in SMALLER_STEPS else RATES
        pair, network = Pair(program_of(found.replacement, found.layers), rates=rates), found.network
    else:
        return None
    network = _seen.setdefault(short(network), network)
    return {
        "network": short(network),
        "layers": found.layers if found else (),
        "rates": pair.rates,
        "accuracy": best(pair.wrong, network, pair.rates),
        "right": best(pair.right, network, pair.rates),
        **({"same_by_hand": same_by_hand(found, network)} if found and found.replacement.quantity == "cost" else {}),
    }


_seen: dict[str, Network] = {}
"""Networks that were trained already, so that each healthy training is made once."""


@cache
def best(make: Make, network: Network, rates: Sequence[float]) -> list[float] | None:
    """The accuracies from all starts at the rate that is best from the first; None where none comes to its end."""
    firsts = {rate: found for rate in rates if (found := accuracy(make, network, rate, STARTS[0])) is not None}
    if not firsts:
        return None
    rate = max(firsts, key=lambda each: firsts[each])
    others = [accuracy(make, network, rate, start) for start in STARTS[1:]]
    return [firsts[rate], *(found for found in others if found is not None)]


def accuracy(make: Make, network: Network, rate: float, start: int) -> float | None:
    """How many held-out images are right after a training; None where shapes were stretched until nothing fitted."""
    begun = network.initialized("auto", start)
    program = make(begun)
    try:
        return judged(program, *trained(program, begun, rate, start))
    except IMPOSSIBLE:
        return None


def trained(program: Program, network: Network, rate: float, seed: int) -> tuple[Arrays, Arrays]:
    """The parameters after all epochs."""
    rng, digits = np.random.default_rng(seed), data(network.sizes[-1])
    weights, biases = list(network.weights), list(network.biases)
    with np.errstate(all="ignore"):
        for _ in range(EPOCHS):
            for rows in rng.permutation(TRAINED).reshape(-1, BATCH):
                weights, biases = program.updated(program.step(weights, biases, digits.x[rows], digits.y[rows], rate))
    return weights, biases


def judged(program: Program, weights: Arrays, biases: Arrays) -> float:
    """The share of held-out images that are right; what a mistaken way forward answers to a batch counts."""
    digits = data(program.network.sizes[-1])
    shares = []
    with np.errstate(all="ignore"):
        for first in range(TRAINED, TRAINED + JUDGED, BATCH):
            rows = slice(first, first + BATCH)
            answers = program.answers(weights, biases, digits.x[rows], digits.y[rows])
            shares.append(digits.right(answers, rows))
    return float(np.mean(shares))


def same_by_hand(found: Shown, network: Network) -> bool:
    """Whether hand-written gradients leave the same parameters, bit for bit, beside a wrong cost."""
    rules = [(found.replacement.quantity, layer, found.replacement.rule) for layer in found.layers]
    ends = [trained(Program(network, each), network, RATES[0], 0) for each in ((), rules)]
    return all(np.array_equal(one, other) for pair in zip(*ends, strict=True) for one, other in zip(*pair, strict=True))


if __name__ == "__main__":
    main()
