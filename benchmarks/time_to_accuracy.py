"""Seconds until 97 % and 98 % of MNIST's test images are labelled right, ours beside every peer.

    python benchmarks/time_to_accuracy.py [--peers jax,torch] [--rounds 7] [--again] [--data FOLDER]

Every peer tries the same candidate settings, and for each accuracy goes on with those that take it there soonest. Then
each is a process of its own, compiled and warm, and they take turns in every round, each round with another order of
the examples. The clock runs from the first numbers of the network to the end of the epoch after which the accuracy is
there, the looks at the 10,000 test images after every epoch included. Ours is `cp.train` with the test images as
`validation`; the peers are written as in `training_speed.py`, in the way that its results name as the fastest. With
--again the run stands beside those before it at other moments, and of all of them the one in which ours did worst is
kept.

FOLDER holds MNIST's four IDX files; without it `mnist/` is read in the folder that CLEARPROP_DATA names, else in
../shared/data. The figures and a picture are written to benchmarks/results/.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Mapping

import pictures
from peers import OURS
from peers.protocol import Variant, Work
from rounds import (
    Answer,
    Missing,
    Worker,
    alternate,
    as_task,
    described,
    keep_result,
    kept_result,
    machine,
    mnist,
    now,
    parser_for,
    show,
    start_of,
    summary,
    taking_part,
    variants_of,
    worst_of_runs,
)
from training_speed import TRAINERS, WORKS

ACCURACIES = (0.97, 0.98)
EXAMPLES = 60_000


def candidate(hidden: tuple[int, ...], batch: int, rate: float, epochs: int) -> Work:
    """Adam with a learning rate that falls to 0 over so many epochs."""
    span = EXAMPLES // batch // 10 * 10
    sizes = (784, *hidden, 10)
    name = f"{'-'.join(map(str, sizes))}, batch {batch}, rate {rate:g}, {epochs} epochs"
    return Work(name, sizes, batch, "adam", rate, span, cosine=epochs * span)


CANDIDATES = {
    0.97: [
        candidate((64,), 32, 0.004, 2),
        candidate((64,), 48, 0.005, 2),
        candidate((64,), 64, 0.006, 2),
        candidate((128,), 16, 0.003, 1),
        candidate((128,), 32, 0.004, 1),
        candidate((192,), 32, 0.0035, 1),
        candidate((256,), 32, 0.003, 1),
        candidate((256,), 64, 0.004, 1),
        candidate((128,), 64, 0.004, 2),
        candidate((128,), 128, 0.005, 2),
        candidate((256,), 128, 0.004, 2),
    ],
    0.98: [
        candidate((112,), 16, 0.0025, 3),
        candidate((128,), 16, 0.0025, 3),
        candidate((96,), 16, 0.0025, 4),
        candidate((112,), 32, 0.0035, 4),
        candidate((128,), 32, 0.003, 4),
        candidate((192,), 32, 0.0025, 3),
        candidate((256,), 32, 0.002, 3),
        candidate((128,), 64, 0.004, 4),
        candidate((256,), 64, 0.003, 3),
        candidate((128,), 128, 0.005, 5),
        candidate((256,), 128, 0.004, 4),
    ],
}
TRIES = 12
"""Orders of the examples in which settings must reach the accuracy to be chosen."""


def likely_variant(peer: str, work: Work) -> tuple[str, Variant]:
    """The way that was the fastest on the work most like this one. Missing where none is known to be."""
    variants = variants_of(peer, "training", work)
    if len(variants) == 1:
        return next(iter(variants.items()))
    known = {
        name: result["peers"][peer]["variant"]
        for name, result in kept_result("training_speed").get("works", {}).items()
        if peer in result["peers"] and result["peers"][peer]["variant"] in variants
    }
    if not known:
        raise Missing("its fastest way is not known; run benchmarks/training_speed.py first")
    like = min(known, key=lambda name: (WORKS[name].optimizer != work.optimizer, _distance(WORKS[name], work)))
    return known[like], variants[known[like]]


def _distance(one: Work, other: Work) -> float:
    """How far apart the arithmetic of a step is, in orders of magnitude."""
    return abs(math.log10(one.arithmetic * one.batch / (other.arithmetic * other.batch)))


def warm(peer: str, work: Work, digits: str, start: str) -> tuple[str, Worker]:
    """A peer's process, compiled: it has trained for an epoch and looked at the test images."""
    way, variant = likely_variant(peer, work)
    worker = Worker.start("train", peer, variant, as_task(work, digits, start))
    worker.ask("reach", accuracies=[0.0], seed=0)
    return way, worker


def tried(peer: str, accuracy: float, digits: str, folder: str) -> Answer:
    """The candidate that takes a peer to the accuracy soonest, and the seconds of all (None: not always reached)."""
    seconds: dict[str, float | None] = {}
    for work in CANDIDATES[accuracy]:
        show(f"{accuracy:.0%}: {peer}, {work.name}")
        _, worker = warm(peer, work, digits, start_of(work.sizes, work.hidden, folder)[1])
        seconds[work.name] = always_reached(worker, accuracy)
        worker.stop()
    reached = {name: taken for name, taken in seconds.items() if taken is not None}
    assert reached, f"{peer}: none of the settings reached {accuracy:.0%}: {seconds}"
    return {"settings": min(reached, key=lambda name: reached[name]), "tried": seconds}


def always_reached(worker: Worker, accuracy: float) -> float | None:
    """The median of the seconds of all tries; None if one of them does not get there."""
    tries: list[float] = []
    for seed in range(1, TRIES + 1):
        seconds = worker.ask("reach", accuracies=[accuracy], seed=seed)["seconds"][0]
        if seconds is None:
            return None
        tries.append(seconds)
    return statistics.median(tries)


def measure(accuracy: float, peers: list[str], rounds: int, digits: str) -> Answer:
    chosen: Answer = {}
    workers: dict[str, Worker] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for peer in peers:
                try:
                    chosen[peer] = tried(peer, accuracy, digits, folder)
                except Missing as reason:
                    print(f"  {peer} is left out: {reason}")
            for peer, about in chosen.items():
                work = next(work for work in CANDIDATES[accuracy] if work.name == about["settings"])
                start = start_of(work.sizes, work.hidden, folder)[1]
                about["variant"], workers[peer] = warm(peer, work, digits, start)

            def one_round(peer: str, number: int) -> float:
                seconds = workers[peer].ask("reach", accuracies=[accuracy], seed=TRIES + 1 + number)["seconds"][0]
                return math.inf if seconds is None else float(seconds)

            found = alternate(workers, rounds, one_round, f"{accuracy:.0%}")
        finally:
            for worker in workers.values():
                worker.stop()
    return {**now(), **figures(found, chosen)}


def figures(found: Mapping[str, list[float]], chosen: Answer) -> Answer:
    """Seconds; a round in which the accuracy was not reached counts as endless, and is kept as null."""
    best = min((name for name in found if name != OURS), key=lambda name: statistics.median(found[name]), default=None)
    against = {
        name: summary([theirs / ours for theirs, ours in zip(values, found[OURS], strict=True)])
        for name, values in found.items()
        if name != OURS
    }
    peers = {name: {**chosen[name], "seconds": summary(values)} for name, values in found.items()}
    return {"peers": peers, "best_peer": best, "ratio": against.get(best or ""), "ratios": against}


def tell(accuracy: float, result: Answer) -> None:
    print(f"MNIST to {accuracy:.0%} of the test images:")
    for peer, about in sorted(result["peers"].items(), key=lambda item: item[1]["seconds"]["median"]):
        each = about["seconds"]
        print(
            f"  {peer:13} {each['median']:6.2f} s ({each['least']:.2f} to {each['most']:.2f}); "
            f"{about['settings']}; {about['variant']}"
        )
    if ratio := result["ratio"]:
        print(
            f"  ours is {ratio['median']:.2f} times as soon there as {result['best_peer']} "
            f"({ratio['least']:.2f} to {ratio['most']:.2f} by round)",
            flush=True,
        )


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--accuracies", default=",".join(map(str, ACCURACIES)))
    parser.add_argument("--peers", default=",".join(TRAINERS), help="ours is always among them")
    options = parser.parse_args()
    digits, about = mnist(options.data), machine()
    works: Answer = kept_result("time_to_accuracy", about).get("accuracies", {})
    peers = taking_part(options.peers)
    print(described(about))
    for accuracy in map(float, options.accuracies.split(",")):
        name = f"{accuracy:.0%}"
        run = measure(accuracy, peers, options.rounds, digits)
        tell(accuracy, run)
        works[name] = worst_of_runs(works.get(name) if options.again else None, run)
        keep_result("time_to_accuracy", {"machine": about, "accuracies": works})
    pictures.seconds(works, "time_to_accuracy", "seconds until so many of MNIST's test images are labelled right")


if __name__ == "__main__":
    main()
