"""Training without the zeros among the inputs beside training with them: from which share of zeros on it is faster.

    python benchmarks/zeros.py [--rounds 7]

Networks of several widths are trained on random numbers of which a share is 0, float32, ReLU, softmax and
cross-entropy, SGD, both ways in turns. The engine leaves zeros out where at most `zeros.FEW` of the inputs are not 0;
the table says what that costs or saves on this machine once a first epoch is over, in which what is kept is found. The
figures are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any
from unittest.mock import patch

import numpy as np
from peers.ours import Trainer
from peers.protocol import Digits, Parameters, Work
from rounds import alternate, count, described, keep_result, machine, now, ratios

import clearprop as cp
from clearprop.engines.cpu import task
from clearprop.engines.cpu.zeros import FEW

SHAPES = (
    ((784, 16, 10), 1),
    ((784, 16, 10), 32),
    ((784, 32, 10), 32),
    ((784, 40, 10), 32),
    ((784, 64, 10), 32),
    ((784, 128, 10), 128),
    ((784, 512, 10), 256),
)
FILLED = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4)
BATCHES = 12
"""Mini-batches of different rows."""
TIMES = 20
"""How often each row takes its turn in a run, at whose start the workers are started."""
SECONDS = 0.2


def speed_of(sizes: tuple[int, ...], batch: int, filled: float) -> Any:
    """A function of the way and the round: examples a second."""
    rng = np.random.default_rng(0)
    rows = BATCHES * max(batch, 32)
    x = rng.random((rows, sizes[0]), dtype=np.float32) * (rng.random((rows, sizes[0])) < filled)
    digits = Digits(x.astype(np.float32), rng.integers(0, sizes[-1], rows))
    network, order = cp.Network.initialize(sizes, seed=0), np.resize(rng.permutation(rows), TIMES * rows)
    work = Work("", sizes, batch, "sgd", 0.01, span=len(order) // batch)
    trainers = {}
    for way, left_out in (("with zeros", False), ("without", True)):
        trainers[way] = Trainer(work, digits, {"engine": "cpu"})
        trainers[way].restart(Parameters(network.weights, network.biases))
        with patch.object(task, "mostly_zero", lambda _, left_out=left_out: left_out):
            trainers[way].run(order)  # there it is decided

    def measured(way: str, _: int) -> float:
        began, made = time.perf_counter(), 0
        while (taken := time.perf_counter() - began) < SECONDS:
            trainers[way].run(order)
            made += len(order)
        return made / taken

    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    about, found = machine(), []
    print(described(about))
    for sizes, batch in SHAPES:
        for filled in FILLED:
            speeds = alternate(["with zeros", "without"], rounds, speed_of(sizes, batch, filled))
            gain = ratios(speeds["without"], speeds["with zeros"])
            row = {
                "sizes": "-".join(map(str, sizes)),
                "batch": batch,
                "filled": filled,
                "examples_per_second": statistics.median(speeds["with zeros"]),
                "without_to_with": gain,
                "left_out": filled <= FEW,
            }
            found.append(row)
            print(
                f"{row['sizes']:>12} batch {batch:>3}, {filled:>4.0%} not 0: without zeros {gain['median']:.2f} "
                f"({gain['least']:.2f} to {gain['most']:.2f}) of with them, "
                f"{count(statistics.median(speeds['with zeros']))} examples/s; the engine "
                f"{'leaves them out' if row['left_out'] else 'keeps them'}",
                flush=True,
            )
    keep_result("zeros", {"machine": about, **now(), "trainings": found})


if __name__ == "__main__":
    main()
