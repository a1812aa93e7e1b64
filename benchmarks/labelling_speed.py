"""Rows a second in labelling, and the time of a single row, through `cp.labeller` and through each peer's own call.

    python benchmarks/labelling_speed.py [--works W1,W2] [--peers jax,onnxruntime] [--rounds 7] [--again]
        [--data FOLDER]

The rows are MNIST's 60,000 training images, float32, of which the widest network takes the first 6,000: they keep it
busy as long; and the images' negatives, of which hardly any number is 0. The answers are classes. Each peer is a
process of its own and rests while another is at work; they take turns in every round. Before the clock starts all
labels are compared with those of the equations in float64; they may differ only where the two largest scores are closer
than float32 tells apart. Of each peer all ways to write it take part; the one with the best median counts, for many
rows and for one. Two threads that read the rows and do nothing else take turns with them: no one can be faster.
With --again the run stands beside those before it at other moments; of all of them the one in which ours did worst is
kept.

FOLDER holds MNIST's four IDX files; without it `mnist/` is read in the folder that CLEARPROP_DATA names, else in
../shared/data. The figures and pictures are written to benchmarks/results/.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pictures
from peers import MODULES, OURS
from peers.ours import network_of
from peers.protocol import NEGATIVES, Floats, Ints, Parameters, Variant, tiles
from peers.worker import load_digits
from rounds import (
    Answer,
    Missing,
    Worker,
    best_peer,
    count,
    described,
    keep_result,
    kept_result,
    machine,
    mnist,
    now,
    parser_for,
    ratios,
    show,
    speeds,
    start_of,
    summary,
    taking_part,
    variants_of,
    worst_of_runs,
)
from training_speed import MIDDLE, SMALL, WIDE, WIDEST

WORKS = {"W1": SMALL, "W2": MIDDLE, "W3": WIDE, "W4": WIDEST, "W2-negative": MIDDLE, "W3-negative": WIDE}
ROWS = {name: 6_000 if sizes == WIDEST else 60_000 for name, sizes in WORKS.items()}
LABELLERS = [name for name in MODULES if name not in ("scikit-learn", "keras")]
SECONDS, ONE_SECONDS, TUNING_ROUNDS = 0.8, 0.3, 3
READING = "reading"


def labels_and_margins(parameters: Parameters, x: Floats) -> tuple[Ints, Floats]:
    """The classes by the equations, and by how much the largest score leads, as a share of the scores' size."""
    network, labels, margins = network_of(parameters, "relu"), [], []
    for rows in tiles(len(x), 6_000):
        step = network.step(x[rows])
        step.forward()
        z = step.z[step.layers]
        first, second = np.sort(z, axis=1)[:, :-3:-1].T
        labels.append(np.argmax(z, axis=1))
        margins.append((first - second) / np.abs(z).max(axis=1))
    return np.concatenate(labels), np.concatenate(margins)


def check(name: str, worker: Worker, truth: tuple[Ints, Floats], sizes: tuple[int, ...], folder: str) -> None:
    """Raise AssertionError for a label that rounding does not account for: Higham's γₙ for every layer."""
    labels, margins = truth
    rounding = (len(sizes) - 1) * max(sizes) * 2.0**-24
    out = f"{folder}/labels.npz"
    worker.ask("check", out=out)
    with np.load(out) as found:
        for kind in ("many", "one"):
            answered = found[kind]
            wrong = np.flatnonzero((answered != labels[: len(answered)]) & (margins[: len(answered)] > rounding))
            assert not len(wrong), f"{name}: wrong labels in rows {wrong[:5]} ({kind})"


def fastest(found: Mapping[tuple[str, str], list[float]]) -> dict[str, tuple[str, list[float]]]:
    """Of each peer the way with the best median, and its speeds."""
    best: dict[str, tuple[str, list[float]]] = {}
    for (peer, variant), values in found.items():
        if peer not in best or statistics.median(values) > statistics.median(best[peer][1]):
            best[peer] = variant, values
    return best


def measure(name: str, peers: list[str], rounds: int, digits: str) -> Answer:
    sizes = WORKS[name]
    workers: dict[tuple[str, str], Worker] = {}
    reading = Worker.start("reading", READING, Variant(), {"digits": digits, "rows": ROWS[name]})
    with tempfile.TemporaryDirectory() as folder:
        start, path = start_of(sizes, "relu", folder)
        truth = labels_and_margins(start, load_digits(digits, "train").x[: ROWS[name]])
        try:
            for peer in peers:
                try:
                    variants: dict[str, Variant] = variants_of(peer, "labelling", start)
                    for way, variant in variants.items():
                        show(f"{name}: {peer}, {way}")
                        task = {"digits": digits, "start": path, "rows": ROWS[name]}
                        worker = Worker.start("label", peer, variant, task)
                        workers[peer, way] = worker
                        check(f"{peer}, {way}", worker, truth, sizes, folder)
                except Missing as reason:
                    print(f"  {peer} is left out: {reason}")
            result = {}
            for kind, seconds in (("round", SECONDS), ("one", ONE_SECONDS)):
                chosen = {peer: way for peer, (way, _) in fastest(rehearsed(workers, kind, seconds)).items()}
                taking_part = {peer: workers[peer, way] for peer, way in chosen.items()}
                if kind == "round":
                    taking_part[READING] = reading
                found = speeds(taking_part, rounds, seconds, kind)
                alone = found.pop(READING, None)
                result[kind] = figures(found, chosen)
                if alone:
                    limit = {"rows_per_second": summary(alone), "ours": ratios(found[OURS], alone)}
                    result[kind]["reading"] = limit
        finally:
            for worker in [*workers.values(), reading]:
                worker.stop()
    shape = "-".join(map(str, sizes)) + NEGATIVES * name.endswith("-negative")
    return {"at": now(), "shape": shape, "rows": ROWS[name], "many": result["round"], "one": result["one"]}


def rehearsed(
    workers: Mapping[tuple[str, str], Worker], kind: str, seconds: float
) -> dict[tuple[str, str], list[float]]:
    """The speed of every way of every peer, over fewer rounds."""
    named = {" / ".join(key): worker for key, worker in workers.items()}
    found = speeds(named, TUNING_ROUNDS, seconds / 2, kind)
    return {key: found[" / ".join(key)] for key in workers}


def figures(found: Mapping[str, list[float]], ways: Mapping[str, str]) -> Answer:
    best = best_peer(found)
    peers = {
        name: {
            "variant": ways[name],
            "rows_per_second": summary(values),
            "microseconds": 1e6 / statistics.median(values),
        }
        for name, values in found.items()
    }
    against = {name: ratios(found[OURS], values) for name, values in found.items() if name != OURS}
    return {"peers": peers, "best_peer": best, "ratio": against.get(best or ""), "ratios": against}


def tell(name: str, result: Answer) -> None:
    for kind, said in (("many", f"{result['rows']:,} rows"), ("one", "one row")):
        print(f"{name}: {result['shape']}, {said}")
        about = result[kind]
        for peer, each in sorted(about["peers"].items(), key=lambda item: item[1]["microseconds"]):
            speed = each["rows_per_second"]
            figure = (
                f"{count(speed['median']):>7} rows/s ({count(speed['least'])} to {count(speed['most'])})"
                if kind == "many"
                else f"{each['microseconds']:7.1f} µs ({1e6 / speed['most']:.1f} to {1e6 / speed['least']:.1f})"
            )
            print(f"  {peer:13} {figure}; {each['variant']}")
        if reading := about.get("reading"):
            speed = count(reading["rows_per_second"]["median"])
            print(f"  to read the rows alone: {speed} rows/s; ours to that: {reading['ours']['median']:.2f}")
        if ratio := about["ratio"]:
            print(
                f"  ours to {about['best_peer']}: {ratio['median']:.2f} "
                f"({ratio['least']:.2f} to {ratio['most']:.2f} by round)",
                flush=True,
            )


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--works", default=",".join(WORKS))
    parser.add_argument("--peers", default=",".join(LABELLERS), help="ours is always among them")
    options = parser.parse_args()
    about = machine()
    works: dict[str, Any] = kept_result("labelling_speed", about).get("works", {})
    peers = taking_part(options.peers)
    print(described(about))
    for name in options.works.split(","):
        before = works.get(name, {}) if options.again else {}
        run = measure(name, peers, options.rounds, mnist(options.data, name.endswith("-negative")))
        tell(name, run)
        works[name] = {
            "shape": run["shape"],
            "rows": run["rows"],
            **{kind: worst_of_runs(before.get(kind), {**run["at"], **run[kind]}) for kind in ("many", "one")},
        }
        keep_result("labelling_speed", {"machine": about, "works": works})
    for kind, said in (("many", "rows a second in labelling many"), ("one", "single rows a second")):
        shown = {name: {"shape": result["shape"], **result[kind]} for name, result in works.items()}
        pictures.relative_speeds(shown, f"labelling_speed_{kind}", f"{said}, ours = 1", "rows_per_second")


if __name__ == "__main__":
    main()
