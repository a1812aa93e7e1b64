"""Two workers beside one: from which size of a step on they are faster.

    python benchmarks/workers.py [--rounds 9]

Networks of several shapes are trained with mini-batches of several sizes on random numbers, float32, ReLU, softmax and
cross-entropy, SGD, with one worker and with two in turns. The engine takes another worker where a step has at least
`workers.WORTH` floating-point operations for it, or with single examples if W⁽¹⁾ has `workers.WORTH_AHEAD` numbers; the
table says what that costs or saves on this machine. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import pairwise
from typing import Any

import numpy as np
from rounds import alternate, count, described, keep_result, machine, now, ratios

import clearprop as cp
from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.cpu.workers import workers_for
from clearprop.engines.protocol import Data, Work, fresh_state
from clearprop.equations.updates import optimizer_named
from clearprop.targets import encode

SHAPES = ((4, 8, 3), (30, 32, 2), (64, 64, 10), (784, 16, 16, 10), (784, 128, 10), (784, 512, 512, 10))
BATCHES = (1, 2, 4, 8, 16, 32, 128)
SECONDS = 0.2
"""How long one worker trains in a turn, at least about: next to it the start of another does not count."""


def speed_of(sizes: tuple[int, ...], batch: int) -> Any:
    """A function of the number of workers and the round: examples a second."""
    rng = np.random.default_rng(0)
    examples = 64 * batch
    x = rng.random((examples, sizes[0]), dtype=np.float32)
    data = Data(x, encode(rng.integers(0, sizes[-1], examples), sizes[-1], "cross_entropy"))
    network, rule = cp.Network.initialize(sizes, seed=0), optimizer_named("sgd")
    work = Work(
        activations=network.activations,
        output=network.output_pair,
        optimizer=rule,
        options=dict(rule.options),
        learning_rate=0.01,
        schedule="constant",
        total_steps=10**9,
        batch_size=batch,
        l2=0.0,
        dropout=0.0,
        seed=0,
    )
    engines = {}
    for workers in (1, 2):
        engines[workers] = CpuEngine(workers)
        engines[workers].start(fresh_state(network, rule, "float32"), work)
        engines[workers].run(data, np.arange(examples), 0, 1)
    order = rng.permutation(examples)

    def measured(workers: str, _: int) -> float:
        began = time.perf_counter()
        engines[int(workers)].run(data, order, 0, len(order) // batch)
        return len(order) / (time.perf_counter() - began)

    order = np.resize(order, max(1, int(SECONDS * measured("1", 0) / examples)) * examples)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    about, rows = machine(), []
    print(described(about))
    for sizes in SHAPES:
        for batch in BATCHES:
            found = alternate(["1", "2"], rounds, speed_of(sizes, batch))
            weights = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
            gain = ratios(found["2"], found["1"])
            row = {
                "sizes": "-".join(map(str, sizes)),
                "batch": batch,
                "operations_of_a_step": 6 * weights * batch,
                "examples_per_second": statistics.median(found["1"]),
                "two_workers_to_one": gain,
                "chosen": workers_for(sizes, batch, single=batch == 1),
            }
            rows.append(row)
            print(
                f"{row['sizes']:>18} batch {batch:>3} {count(6.0 * weights * batch):>7} operations a step: two workers "
                f"{gain['median']:.2f} ({gain['least']:.2f} to {gain['most']:.2f}) of one, which makes "
                f"{count(statistics.median(found['1']))} examples/s; the engine takes {row['chosen']}",
                flush=True,
            )
    keep_result("workers", {"machine": about, **now(), "steps": rows})


if __name__ == "__main__":
    main()
