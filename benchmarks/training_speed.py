"""Examples a second in training, ours beside every peer at its best.

    python benchmarks/training_speed.py [--works W1,W2-adam] [--peers jax,torch] [--rounds 7] [--tune] [--again]
        [--data FOLDER]

All train the same networks (float32, ReLU, softmax, cross-entropy) on MNIST from the same start, on the same rows in
the same order, a fresh permutation for every epoch. Four fifths of MNIST are 0, which ours leaves out; of the images'
negatives hardly any number is. Each peer is a process of its own and rests while another is at work; they take turns in
every round. Before the clock starts, the cost after 50 steps is compared with that of the reference engine in float64.
Of each peer the fastest way to write it is found beforehand on this machine (again with --tune) and named in the
results. With --again the run stands beside those before it at other moments, and of all of them the one in which ours
did worst is kept. Ours sums up cost and hits as it goes; the peers are spared that.

A speed counts the steps alone: no reading of files, no validation, no compiling. GFLOP/s counts what the network needs
(`Work.arithmetic`); the peak is that of SciPy's sgemm with two threads, measured in the same rounds, and so is the
speed of the training's matrix products alone, made by BLAS on two threads.

FOLDER holds MNIST's four IDX files; without it `mnist/` is read in the folder that CLEARPROP_DATA names, else in
../shared/data. The figures and a picture are written to benchmarks/results/.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pictures
from peers import MODULES, OURS
from peers.ours import Trainer, network_of
from peers.protocol import Parameters, Variant, Work
from peers.worker import load_digits, load_parameters, permutation
from rounds import (
    Answer,
    Broken,
    Missing,
    Worker,
    alternate,
    as_task,
    best_peer,
    costliest_of_runs,
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

SMALL, MIDDLE, WIDE, WIDEST = (784, 16, 16, 10), (784, 128, 10), (784, 512, 512, 10), (784, 2048, 2048, 10)
WORKS = {
    work.name: work
    for work in (
        Work("W1", SMALL, 32, "sgd", 0.1, span=1870),
        Work("W1-adam", SMALL, 32, "adam", 0.001, span=1870),
        Work("W1b1", SMALL, 1, "sgd", 0.01, span=10_000),
        Work("W2", MIDDLE, 128, "sgd", 0.1, span=460),
        Work("W2-adam", MIDDLE, 128, "adam", 0.001, span=460),
        Work("W3", WIDE, 256, "sgd", 0.1, span=50),
        Work("W3-adam", WIDE, 256, "adam", 0.001, span=50),
        Work("W4", WIDEST, 512, "sgd", 0.1, span=10),
        Work("W2-negative", MIDDLE, 128, "sgd", 0.01, span=460, negative=True),
        Work("W3-negative", WIDE, 256, "sgd", 0.01, span=50, negative=True),
        Work("W4-negative", WIDEST, 512, "sgd", 0.001, span=10, negative=True),
    )
}
ACTIVATIONS = ("relu", "sigmoid", "tanh", "gelu")
CHECKED_STEPS, CHECKED_ROWS = 50, 2_000
SECONDS, TUNING_SECONDS, TUNING_ROUNDS = 1.2, 0.6, 3
PEAK, PRODUCTS = "sgemm", "products"
"""What no training is: the machine's limit, and that of the training's products by themselves."""
TRAINERS = [name for name in MODULES if name != "onnxruntime"]


def tolerance(work: Work) -> float:
    """How far the costs may lie apart, as a share of the cost: each step rounds sums of up to n float32 numbers, each
    sum to within n · 2⁻²⁴ of its terms' sizes (Higham's γₙ)."""
    return CHECKED_STEPS * max(*work.sizes, work.batch) * 2.0**-24


def reference_cost(work: Work, start: Parameters, digits: str) -> float:
    """The cost after the checked steps on the reference engine, in float64."""
    trainer = Trainer(work, load_digits(digits, "train"), {"engine": "reference"})
    trainer.restart(start)
    trainer.run(permutation(0, len(trainer.digits.x))[: CHECKED_STEPS * work.batch])
    return cost_of(trainer.parameters(), work, digits)


def cost_of(parameters: Parameters, work: Work, digits: str) -> float:
    data = load_digits(digits, "train")
    return network_of(parameters, work.hidden).cost_of(data.x[:CHECKED_ROWS], data.y[:CHECKED_ROWS])


def checked(workers: Mapping[str, Worker], work: Work, start: Parameters, digits: str, folder: str) -> Answer:
    """Raise AssertionError unless all come to the same cost."""
    truth, allowed = reference_cost(work, start, digits), tolerance(work)
    apart = {}
    for name, worker in workers.items():
        out = f"{folder}/after.npz"
        worker.ask("check", steps=CHECKED_STEPS, out=out)
        apart[name] = abs(cost_of(load_parameters(out), work, digits) - truth) / truth
    wrong = {name: difference for name, difference in apart.items() if not difference <= allowed}
    assert not wrong, f"{work.name}: after {CHECKED_STEPS} steps expected cost {truth:.6f} ± {allowed:.2g}, got {wrong}"
    return {"steps": CHECKED_STEPS, "cost": truth, "allowed": allowed, "apart": apart}


def fastest_variant(peer: str, work: Work, task: Answer, known: str | None) -> tuple[str, Worker, dict[str, float]]:
    """A peer's fastest way, with its process, and the speed of each. The known one is taken if there is one."""
    variants: dict[str, Variant] = variants_of(peer, "training", work)
    if known in variants or len(variants) == 1:
        name = known if known in variants else next(iter(variants))
        assert name is not None
        return name, ready(Worker.start("train", peer, variants[name], task)), {}
    workers: dict[str, Worker] = {}
    for name, variant in variants.items():
        show(f"{work.name}: {peer}, {name}")
        try:
            workers[name] = ready(Worker.start("train", peer, variant, task))
        except Broken as reason:
            print(f"  {peer}, {name}, does not run here: {str(reason).splitlines()[-1]}")
    if not workers:
        raise Missing("no way to write it runs here")
    found = speeds(workers, TUNING_ROUNDS, TUNING_SECONDS)
    medians = {name: statistics.median(values) for name, values in found.items()}
    best = max(medians, key=lambda name: medians[name])
    for name, worker in workers.items():
        if name != best:
            worker.stop()
    return best, workers[best], medians


def ready(worker: Worker) -> Worker:
    """Compiled and warm."""
    worker.ask("round", seconds=0.0, seed=0)
    worker.ask("round", seconds=0.2, seed=0)
    return worker


@contextmanager
def at_work(
    work: Work, peers: list[str], task: Answer, known: Mapping[str, str]
) -> Iterator[tuple[dict[str, Worker], Answer]]:
    """The processes of all peers that are installed, each in its best way, and what was found about the ways."""
    workers: dict[str, Worker] = {}
    ways: Answer = {}
    try:
        for peer in peers:
            try:
                name, workers[peer], tried = fastest_variant(peer, work, task, known.get(peer))
            except Missing as reason:
                print(f"  {peer} is left out: {reason}")
                continue
            ways[peer] = {"variant": name, "tried": tried}
        workers[PEAK] = Worker.start("peak", PEAK, Variant(), {})
        workers[PRODUCTS] = Worker.start("products", PRODUCTS, Variant(), task)
        yield workers, ways
    finally:
        for worker in workers.values():
            worker.stop()


def measure(work: Work, peers: list[str], rounds: int, digits: str, known: Answer) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        start, path = start_of(work.sizes, work.hidden, folder)
        task = as_task(work, digits, path)
        variants = {peer: about["variant"] for peer, about in known.items()}
        with at_work(work, peers, task, variants) as (workers, ways):
            trained = {name: worker for name, worker in workers.items() if name in ways}
            check = checked(trained, work, start, digits, folder)

            def one_round(name: str, number: int) -> Any:
                answer = workers[name].ask("round", seconds=SECONDS, seed=number + 1)
                return answer["gflops"] if name == PEAK else answer["examples"] / answer["seconds"]

            found = alternate(workers, rounds, one_round, work.name)
            idle = {name: round(worker.idle, 2) for name, worker in workers.items()}
    sgemm, products = found.pop(PEAK), found.pop(PRODUCTS)
    peaks = {threads: max(each[threads] for each in sgemm) for threads in ("1", "2")}
    limit = {"examples_per_second": summary(products), "ours": ratios(found[OURS], products)}
    result = figures(work, found, ways, known, peaks, idle)
    return {**now(), "shape": work.shape, "check": check, **result, "products_alone": limit}


def figures(
    work: Work, found: Mapping[str, list[float]], ways: Answer, known: Answer, peaks: Mapping[str, float], idle: Answer
) -> Answer:
    peers = {}
    for name, values in found.items():
        gflops = statistics.median(values) * work.arithmetic / 1e9
        peers[name] = {
            "variant": ways[name]["variant"],
            "tried": ways[name]["tried"] or known.get(name, {}).get("tried", {}),
            "examples_per_second": summary(values),
            "gflops": gflops,
            "share_of_peak": gflops / peaks["2"],
            "idle_processor_seconds": idle[name],
        }
    best = best_peer(found)
    against = {name: ratios(found[OURS], values) for name, values in found.items() if OURS in found and name != OURS}
    return {
        "sgemm_gflops": peaks,
        "peers": peers,
        "best_peer": best,
        "ratio": against.get(best or ""),
        "ratios": against,
    }


def tell(name: str, result: Answer) -> None:
    check = result["check"]
    print(f"{name}: {result['shape']}")
    print(
        f"  cost after {check['steps']} steps {check['cost']:.6f}; furthest from it "
        f"{max(check['apart'].values()):.1e} of it, allowed {check['allowed']:.1e}"
    )
    for peer, about in sorted(result["peers"].items(), key=lambda item: -item[1]["examples_per_second"]["median"]):
        speed = about["examples_per_second"]
        print(
            f"  {peer:13} {count(speed['median']):>7} examples/s ({count(speed['least'])} to {count(speed['most'])}), "
            f"{about['gflops']:6.1f} GFLOP/s, {about['share_of_peak']:4.0%} of the peak; {about['variant']}"
        )
    peaks, ratio = result["sgemm_gflops"], result["ratio"]
    print(f"  sgemm: {peaks['1']:.0f} GFLOP/s with 1 thread, {peaks['2']:.0f} with 2")
    print(f"  ours to its products alone, by BLAS: {result['products_alone']['ours']['median']:.2f}")
    if ratio:
        print(
            f"  ours to {result['best_peer']}: {ratio['median']:.2f} "
            f"({ratio['least']:.2f} to {ratio['most']:.2f} by round)",
            flush=True,
        )


def activations(rounds: int, digits: str) -> Answer:
    """Ours on W2 with each activation in the hidden layer: the time of an example, as a multiple of ReLU's."""
    workers = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for hidden in ACTIVATIONS:
                work = replace(WORKS["W2"], hidden=hidden)
                Path(folder, hidden).mkdir()
                path = start_of(work.sizes, hidden, f"{folder}/{hidden}")[1]
                variant = next(iter(variants_of(OURS, "training", work).values()))
                workers[hidden] = ready(Worker.start("train", OURS, variant, as_task(work, digits, path)))
            found = speeds(workers, rounds, SECONDS)
        finally:
            for worker in workers.values():
                worker.stop()
    times = {hidden: ratios(found["relu"], values) for hidden, values in found.items()}
    for hidden, ratio in times.items():
        speed = count(statistics.median(found[hidden]))
        print(
            f"  {hidden:8} {speed:>7} examples/s, {ratio['median']:.3f} of ReLU's time "
            f"({ratio['least']:.2f} to {ratio['most']:.2f} by round)",
            flush=True,
        )
    return {**now(), "examples_per_second": {h: summary(v) for h, v in found.items()}, "time_to_relu": times}


def slowest_activation(run: Answer) -> float:
    """The time of the slowest activation, as a multiple of ReLU's."""
    return float(max(ratio["median"] for ratio in run["time_to_relu"].values()))


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--works", default=",".join([*WORKS, "activations"]))
    parser.add_argument("--peers", default=",".join(TRAINERS), help="ours is always among them")
    parser.add_argument("--tune", action="store_true", help="look for each peer's fastest way again")
    options = parser.parse_args()
    about = machine()
    result = {"machine": about, "works": {}, "activations": None, **kept_result("training_speed", about)}
    peers = taking_part(options.peers)
    print(described(about))
    for name in options.works.split(","):
        if name == "activations":
            print("W2, sgd, ours by the activation of the hidden layer:")
            run = activations(options.rounds, mnist(options.data))
            result["activations"] = costliest_of_runs(
                result["activations"] if options.again else None, run, slowest_activation
            )
        else:
            before, work = result["works"].get(name), WORKS[name]
            like = before or result["works"].get(name.removesuffix("-negative"))
            known = {} if options.tune or like is None else like["peers"]
            run = measure(work, peers, options.rounds, mnist(options.data, work.negative), known)
            tell(name, run)
            result["works"][name] = worst_of_runs(before if options.again else None, run)
        keep_result("training_speed", result)
    pictures.relative_speeds(result["works"], "training_speed", "examples a second in training, ours = 1")


if __name__ == "__main__":
    main()
