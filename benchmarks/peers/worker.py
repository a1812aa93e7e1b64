"""A peer in a process of its own: it waits, and does one piece of work for each line on its standard input.

    python -m peers.worker        (from benchmarks/; started by `rounds.Worker`)

While another peer is at work it sits in a read of its standard input, so that nothing of it computes or spins. Each
answer is a line of JSON on standard output, with the processor time that went by since the last answer: what the
process used while it should have rested.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from peers import peer_named
from peers.protocol import Digits, Floats, Ints, Labeller, Parameters, Trainer, Variant, Work

POOL = 4
"""Permutations that are made before the clock starts; the epochs of a round take them in turn."""
Answer = dict[str, Any]


def load_parameters(path: str) -> Parameters:
    with np.load(path) as arrays:
        layers = len(arrays.files) // 2
        return Parameters([arrays[f"W{n}"] for n in range(layers)], [arrays[f"b{n}"] for n in range(layers)])


def save_parameters(path: str, parameters: Parameters) -> None:
    weights = {f"W{n}": W for n, W in enumerate(parameters.weights)}
    np.savez(path, **weights, **{f"b{n}": b for n, b in enumerate(parameters.biases)})


def load_digits(folder: str, part: str) -> Digits:
    return Digits(np.load(f"{folder}/{part}-x.npy"), np.load(f"{folder}/{part}-y.npy"))


class Goals:
    """Accuracies to reach, and after how many seconds each was."""

    def __init__(self, accuracies: list[float]) -> None:
        self.left, self.seconds, self.seen = list(accuracies), [], []

    def begin(self) -> None:
        self.began = time.perf_counter()

    def reached(self, accuracy: float) -> bool:
        """Note what an epoch came to; whether all is reached."""
        self.seen.append(accuracy)
        while self.left and accuracy >= self.left[0]:
            self.left.pop(0)
            self.seconds.append(time.perf_counter() - self.began)
        return not self.left

    def answer(self) -> Answer:
        return {"seconds": self.seconds + [None] * len(self.left), "accuracies": self.seen}


class Training:
    """Answers for a peer's Trainer."""

    def __init__(self, peer: str, variant: Variant, task: Answer) -> None:
        self.work = Work(**{**task["work"], "sizes": tuple(task["work"]["sizes"])})
        self.digits = load_digits(task["digits"], "train")
        self.folder, self.start = task["digits"], load_parameters(task["start"])
        self.trainer: Trainer = peer_named(peer).Trainer(self.work, self.digits, variant.options)

    def check(self, steps: int, out: str) -> Answer:
        """The numbers after so many steps from the start, in a file."""
        self.trainer.restart(self.start)
        self.trainer.run(permutation(0, len(self.digits.x))[: steps * self.work.batch])
        save_parameters(out, self.trainer.parameters())
        return {}

    def round(self, seconds: float, seed: int) -> Answer:
        """Train for about so long from the start, in spans of equal size."""
        spans = self._spans(seed)
        self.trainer.restart(self.start)
        began, made = time.perf_counter(), 0
        while (taken := time.perf_counter() - began) < seconds:
            self.trainer.run(spans[made % len(spans)])
            made += 1
        return {"examples": made * self.work.span * self.work.batch, "seconds": taken}

    def reach(self, accuracies: list[float], seed: int) -> Answer:
        """Train until the accuracies on the test images are reached, looking after every epoch: the seconds to each,
        None for what is not reached in time."""
        goals = Goals(accuracies)
        test, rows = load_digits(self.folder, "test"), self.work.span * self.work.batch
        own_loop = getattr(self.trainer, "reach", None)
        if own_loop:
            goals.begin()
            own_loop(self.start, test, seed, goals.reached)
            return goals.answer()
        epochs = self.work.cosine // self.work.span
        orders = [permutation(1_000 * (seed + 1) + epoch, len(self.digits.x))[:rows] for epoch in range(epochs)]
        self.trainer.restart(self.start)
        goals.begin()
        for order in orders:
            self.trainer.run(order)
            if goals.reached(float(np.mean(self.trainer.classes(test.x) == test.y))):
                break
        return goals.answer()

    def _spans(self, seed: int) -> list[Ints]:
        rows = self.work.span * self.work.batch
        orders = [permutation(seed * POOL + number, len(self.digits.x)) for number in range(POOL)]
        return [order[at : at + rows] for order in orders for at in range(0, len(order) - rows + 1, rows)]


class Labelling:
    """Answers for a peer's Labeller."""

    def __init__(self, peer: str, variant: Variant, task: Answer) -> None:
        self.x = load_digits(task["digits"], "train").x[: task["rows"]]
        self.labeller: Labeller = peer_named(peer).Labeller(load_parameters(task["start"]), variant.options)
        self.placed = self.labeller.placed(self.x)

    def check(self, out: str) -> Answer:
        """The labels of all rows, and of the first hundred one by one, in a file."""
        labels = self.labeller.many(self.placed)
        np.savez(out, many=labels, one=[self.labeller.one(row) for row in self.x[:100]])
        return {}

    def round(self, seconds: float, seed: int) -> Answer:  # noqa: ARG002 - asked for as Training is, which shuffles by it
        """All rows, again and again for about so long."""
        began, made = time.perf_counter(), 0
        while (taken := time.perf_counter() - began) < seconds:
            self.labeller.many(self.placed)
            made += 1
        return {"examples": made * len(self.x), "seconds": taken}

    def one(self, seconds: float, seed: int) -> Answer:
        """Single rows for about so long."""
        rows = [row.copy() for row in self.x[np.random.default_rng(seed).integers(0, len(self.x), 256)]]
        one = self.labeller.one
        began, made = time.perf_counter(), 0
        while (taken := time.perf_counter() - began) < seconds:
            for row in rows[: min(len(rows), max(1, made))]:
                one(row)
                made += 1
        return {"examples": made, "seconds": taken}


class Peak:
    """The best that the machine's BLAS does: products of square float32 matrices."""

    SIZES = (1024, 1536, 2048)

    def __init__(self, _: str, __: Variant, ___: Answer) -> None:
        from scipy.linalg.blas import sgemm

        self.sgemm, self.blas = sgemm, _blas()
        rng = np.random.default_rng(0)
        self.matrices = {
            n: [np.asfortranarray(rng.standard_normal((n, n)), dtype=np.float32) for _ in range(3)] for n in self.SIZES
        }

    def round(self, seconds: float, seed: int) -> Answer:  # noqa: ARG002 - asked for as Training is, which shuffles by it
        """GFLOP/s with one and with two threads, the best size and repetition."""
        return {"gflops": {threads: self._best(threads, seconds / 2) for threads in (1, 2)}}

    def _best(self, threads: int, seconds: float) -> float:
        with self.blas.limit(limits=threads):
            return max(self._speed(n, seconds / len(self.SIZES)) for n in self.SIZES)

    def _speed(self, n: int, seconds: float) -> float:
        a, b, c = self.matrices[n]
        best, end = 0.0, time.perf_counter() + seconds
        while time.perf_counter() < end or not best:
            began = time.perf_counter()
            self.sgemm(1.0, a, b, 0.0, c, overwrite_c=1)
            best = max(best, 2 * n**3 / (time.perf_counter() - began) / 1e9)
        return best


class Products:
    """The matrix products of a training's steps and nothing else, by NumPy's BLAS: for each of two threads its half,
    without a meeting. All layers but the first are shared out by examples, as our engine does it, or by neurons: the
    faster of both counts. What is made of them must take longer."""

    THREADS = 2

    def __init__(self, _: str, __: Variant, task: Answer) -> None:
        self.batch, self.blas = task["work"]["batch"], _blas()
        sizes = task["work"]["sizes"]
        self.ways = [[list(self._half(sizes, by_neurons)) for _ in range(self.THREADS)] for by_neurons in (False, True)]

    def _half(self, sizes: list[int], by_neurons: bool) -> Iterator[tuple[Floats, Floats, Floats]]:
        """A, B and room for A B, for each product that a thread makes in a step."""
        batch, rows = self.batch, -(-self.batch // self.THREADS)
        for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
            own, own_out = -(-n_in // self.THREADS), -(-n_out // self.THREADS)
            x, W, delta = _floats(batch, own), _floats(n_in, n_out), _floats(batch, n_out)
            if layer == 0:  # shared out by inputs
                yield x, W[:own], _floats(batch, n_out)
            elif by_neurons:
                yield _floats(batch, n_in), W[:, :own_out], _floats(batch, own_out)
                yield delta, W[:own].T, _floats(batch, own)
            else:
                yield _floats(rows, n_in), W, _floats(rows, n_out)
                yield delta[:rows], W.T, _floats(rows, n_in)
            yield x.T, delta, _floats(own, n_out)

    def round(self, seconds: float, seed: int) -> Answer:  # noqa: ARG002 - asked for as Training is, which shuffles by it
        """Steps for about so long."""
        answers = [self._steps(halves, seconds / len(self.ways)) for halves in self.ways]
        return max(answers, key=lambda answer: float(answer["examples"] / answer["seconds"]))

    def _steps(self, halves: list[list[tuple[Floats, Floats, Floats]]], seconds: float) -> Answer:
        began = time.perf_counter()

        def steps(half: list[tuple[Floats, Floats, Floats]]) -> int:
            made = 0
            while time.perf_counter() - began < seconds or not made:
                for A, B, C in half:
                    np.matmul(A, B, out=C)
                made += 1
            return made

        with self.blas.limit(limits=1), ThreadPoolExecutor(self.THREADS) as pool:
            made = sum(pool.map(steps, halves))
        return {"examples": self.batch * made / self.THREADS, "seconds": time.perf_counter() - began}


class Reading:
    """The rows read and nothing else, by two threads: what labels them must take as long."""

    THREADS = 2

    def __init__(self, _: str, __: Variant, task: Answer) -> None:
        x = load_digits(task["digits"], "train").x[: task["rows"]]
        self.rows, self.blas = len(x), _blas()
        self.parts = np.array_split(x.reshape(-1), self.THREADS)

    def round(self, seconds: float, seed: int) -> Answer:  # noqa: ARG002 - asked for as Training is, which shuffles by it
        """All rows, again and again for about so long; by their dot products with themselves, for which BLAS reads as
        fast as the memory gives."""
        began, made = time.perf_counter(), 0
        with self.blas.limit(limits=1), ThreadPoolExecutor(self.THREADS) as pool:
            while (taken := time.perf_counter() - began) < seconds:
                list(pool.map(np.dot, self.parts, self.parts))
                made += 1
        return {"examples": made * self.rows, "seconds": taken}


def _blas() -> Any:
    """What limits the threads of all BLAS that is loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _floats(*shape: int) -> Floats:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


KINDS: dict[str, Callable[[str, Variant, Answer], Any]] = {
    "train": Training,
    "label": Labelling,
    "peak": Peak,
    "products": Products,
    "reading": Reading,
}


def permutation(seed: int, rows: int) -> Ints:
    return np.random.default_rng([7, seed]).permutation(rows)


def main() -> None:
    # libraries print to standard output: answers go out on a descriptor of their own
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
    try:
        doer = KINDS[first["kind"]](first["peer"], Variant(first["options"]), first["task"])
    except ImportError as error:
        answers.write(json.dumps({"missing": str(error)}) + "\n")
        return
    answers.write(json.dumps({"ready": True}) + "\n")
    rested = time.process_time()
    for line in sys.stdin:
        asked = json.loads(line)
        idle = time.process_time() - rested
        answer = getattr(doer, asked.pop("do"))(**asked)
        rested = time.process_time()
        answers.write(json.dumps({**answer, "idle_processor_seconds": round(idle, 3)}) + "\n")


if __name__ == "__main__":
    main()
