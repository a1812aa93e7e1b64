"""Whether the time of a row grows by no more than its arithmetic: with more rows, wider layers, larger mini-batches.

    python benchmarks/growth.py [--axes rows,width,batch] [--rows 6000000] [--rounds 5] [--again] [--folder FOLDER]

Training with the engine that `auto` chooses, in shuffled epochs. The rows are MNIST's images, shrunk to 14 × 14 and
repeated in a file of float32 (4.7 GB for 6 million) that is mapped into memory; FOLDER is where that file is written
for as long as it is needed, the folder of temporary files if it is not named. What is compared takes turns. Where
nothing else is said, the network is 784-16-16-10 in mini-batches of 32 for the rows (with 196 inputs), 784-w-w-10 in
mini-batches of 256 for the width w, 784-128-10 for the mini-batch.

For the rows it is measured too what reading them costs whatever a program does with them: two threads, each with its
half of every row, read a mini-batch in as random an order, then compute for as long as a training takes whose rows stay
in the cache.

With --again the run stands beside those before it at other moments; of all of them the one in which the time grew most
is kept.

--data is a folder with MNIST's four IDX files; without it `mnist/` is read in the folder that CLEARPROP_DATA names,
else in ../shared/data. The figures and a picture are written to benchmarks/results/.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pictures
from peers.ours import Trainer
from peers.protocol import Digits, Floats, Ints, Parameters, Work
from peers.worker import load_digits, permutation
from rounds import (
    Answer,
    alternate,
    costliest_of_runs,
    described,
    keep_result,
    kept_result,
    machine,
    mnist,
    now,
    parser_for,
    summary,
)

import clearprop as cp

LEAST_ROWS = 60_000
WIDTHS = (16, 64, 256, 1024, 4096)
BATCHES = (1, 8, 32, 128, 512, 4096, LEAST_ROWS)
SIDE = 28
THREADS = 2
NEAR_ROWS = 1_600
"""Rows that stay in a core's own cache,"""
EPOCHS = 50
"""so often passed in a call, which takes time of its own."""
LINE = 64
"""Bytes that memory gives at once."""
SECONDS = 1.0
ALLOWED = 1.1
"""How much more than the arithmetic the time may grow before it is said to: what two measurements of the same thing
differ by on a machine that does other things too."""
Case = tuple[Trainer, Ints]


def rows_sizes(most: int) -> list[int]:
    """60,000, ten times as many, …, up to `most`."""
    sizes = [LEAST_ROWS]
    while sizes[-1] * 10 <= most:
        sizes.append(sizes[-1] * 10)
    return sizes


def shrunk(x: Floats) -> Floats:
    """Pictures of half the width and height: each pixel the mean of four."""
    pixels = x.reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean(axis=(2, 4))
    return pixels.reshape(len(x), -1)


@contextmanager
def mapped(x: Floats, rows: int, folder: Path | None) -> Iterator[Floats]:
    """So many rows, these again and again, in a file that is mapped into memory."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place, "rows.float32")
        with path.open("wb") as file:
            for first in range(0, rows, len(x)):
                x[: min(len(x), rows - first)].tofile(file)
        yield np.memmap(path, dtype=np.float32, mode="r", shape=(rows, x.shape[1]))


def case(sizes: tuple[int, ...], batch: int, digits: Digits) -> Case:
    """A training that stands at its start, and an epoch's order."""
    work = Work("", sizes, batch, "sgd", 0.01, span=1)
    trainer = Trainer(work, digits, {"engine": "auto"})
    network = cp.Network.initialize(sizes, seed=0)
    trainer.restart(Parameters(network.weights, network.biases))
    return trainer, permutation(0, len(digits.x))


def seconds_per_row(made: Case, whole: bool) -> float:
    """Train for about so long, in whole epochs or in calls that grow from one step to an epoch."""
    trainer, order = made
    batch, done = trainer.work.batch, 0
    epoch = len(order) // batch
    steps = epoch if whole else 1
    began = time.perf_counter()
    while (taken := time.perf_counter() - began) < SECONDS:
        at = done % (len(order) - steps * batch + 1)
        trainer.run(order[at : at + steps * batch])
        done += steps * batch
        steps = min(2 * steps, epoch)
    return taken / done


@numba.njit(nogil=True)
def read_and_compute(x: Floats, rows: Ints, batch: int, columns: tuple[int, int], sums: int) -> float:
    """Of each mini-batch read these columns, a number in each cache line, then add so many numbers up, each when the
    sum before it is known."""
    read, total = x.dtype.type(0), 1.0
    for first in range(0, len(rows), batch):
        for row in rows[first : first + batch]:
            for column in range(columns[0], columns[1], LINE // x.itemsize):
                read += x[row, column]
        for _ in range(sums):
            total = total * 0.5 + 1.0
    return read + total


def seconds_beside(made: Case, sums: int, reads: bool = True) -> float:
    """The time of a row for threads that share out the columns, read them, and add so many numbers up after each
    mini-batch."""
    trainer, order = made
    x, batch = np.asarray(trainer.digits.x), trainer.work.batch
    ends = np.linspace(0, x.shape[1] if reads else 0, THREADS + 1).astype(int).tolist()
    done, began = 0, time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        while (taken := time.perf_counter() - began) < SECONDS:
            list(pool.map(lambda own: read_and_compute(x, order, batch, own, sums), pairwise(ends)))
            done += len(order)
    return taken / done


def sums_of_a_batch(made: Case) -> int:
    """How many numbers can be added up in the time in which a mini-batch of a training passes whose rows stay in the
    cache."""
    work, digits, some = made[0].work, made[0].digits, 10_000
    near, order = case(work.sizes, work.batch, Digits(digits.x[:NEAR_ROWS], digits.y[:NEAR_ROWS]))
    inside = near, np.tile(order, EPOCHS)
    for _ in range(2):  # the first compiles
        passing, adding = seconds_per_row(inside, whole=True), seconds_beside(inside, some, reads=False)
    return round(some * passing / adding)


def measure(cases: dict[int, Case], rounds: int, whole: bool = False) -> Answer:
    for made in cases.values():  # compile, and touch what is mapped
        seconds_per_row(made, whole)
    named = {str(size): made for size, made in cases.items()}
    found = alternate(named, rounds, lambda name, _: seconds_per_row(named[name], whole))
    first = next(iter(cases))
    arithmetic = {size: made[0].work.arithmetic for size, made in cases.items()}
    medians = {size: statistics.median(found[str(size)]) for size in cases}
    points = [
        {
            "size": size,
            "seconds_per_row": summary(found[str(size)]),
            "arithmetic_per_row": arithmetic[size],
            "seconds_per_gflop": medians[size] / arithmetic[size] * 1e9,
            "time_to_first": medians[size] / medians[first],
            "arithmetic_to_first": arithmetic[size] / arithmetic[first],
        }
        for size in cases
    ]
    return {**now(), "points": points, "excess": excess(points)}


def add_reading(result: Answer, cases: dict[int, Case], rounds: int) -> None:
    """Beside each point what it takes to read a row and to compute for as long as a training does."""
    named = {str(size): made for size, made in cases.items()}
    sums = sums_of_a_batch(next(iter(cases.values())))
    found = alternate(named, rounds, lambda name, _: seconds_beside(named[name], sums))
    for point in result["points"]:
        point["reading"] = summary(found[str(point["size"])])


def excess(points: list[Answer]) -> float:
    """By how much the time of a unit of arithmetic exceeds, at worst, that of any smaller size: 1 for not at all."""
    units = [point["seconds_per_gflop"] for point in points]
    return max(unit / min(units[: number + 1]) for number, unit in enumerate(units))


def tell(axis: str, result: Answer) -> None:
    print(f"{axis}:")
    for point in result["points"]:
        print(
            f"  {point['size']:>9,}: {point['seconds_per_row']['median'] * 1e6:9.3f} µs a row "
            f"(× {point['time_to_first']:.2f}, its arithmetic × {point['arithmetic_to_first']:.2f}), "
            f"{1 / point['seconds_per_gflop']:6.1f} GFLOP/s"
        )
        if reading := point.get("reading"):
            print(f"             to read it and compute as long {reading['median'] * 1e6:9.3f} µs")
    worst = result["excess"]
    said = (
        "by no more than the arithmetic" if worst <= ALLOWED else f"by up to {worst:.2f} times what the arithmetic does"
    )
    print(f"  the time of a row grows {said}", flush=True)


def main() -> None:
    parser = parser_for(__doc__, rounds=5)
    parser.add_argument("--axes", default="rows,width,batch")
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--widest", type=int, default=WIDTHS[-1])
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    digits, about = load_digits(mnist(options.data), "train"), machine()
    axes: Answer = kept_result("growth", about).get("axes", {})
    print(described(about))
    for axis in options.axes.split(","):
        if axis == "rows":
            with mapped(shrunk(digits.x), options.rows, options.folder) as x:
                y = np.resize(digits.y, len(x))
                cases = {n: case((196, 16, 16, 10), 32, Digits(x[:n], y[:n])) for n in rows_sizes(options.rows)}
                run = measure(cases, options.rounds, whole=True)
                add_reading(run, cases, options.rounds)
                del cases, x
        elif axis == "width":
            widths = [w for w in WIDTHS if w <= options.widest]
            run = measure({w: case((784, w, w, 10), 256, digits) for w in widths}, options.rounds)
        else:
            run = measure({b: case((784, 128, 10), b, digits) for b in BATCHES}, options.rounds)
        tell(axis, run)
        before = axes.get(axis) if options.again else None
        axes[axis] = costliest_of_runs(before, run, lambda each: float(each["excess"]))
        keep_result("growth", {"machine": about, "axes": axes})
    pictures.growths(axes, "growth", "time and arithmetic of a row in training, as multiples of the first")


if __name__ == "__main__":
    main()
