"""Examples a second in training on a GPU: the JAX engine beside PyTorch eager, compiled, and both as CUDA graphs.

    python benchmarks/gpu_speed.py [--quick] [--works W1,wide] [--precisions float32,bfloat16] [--rounds 5]
        [--wide 4096x8192]

W1 to W4 are those of training_speed.py, with SGD; `wide` has two hidden layers of so many neurons and mini-batches of
so many examples. All train on random numbers that lie on the device; bfloat16 means factors of products in bfloat16 and
weights in float32 (PyTorch: autocast), float32 means float32 (no TF32). Each contender is a process of its own; all get
ready side by side, then they take turns. The peak is that of the fastest product of two square matrices in the same
rounds. Without a GPU it all runs on the CPU: with --wide 512x1024 unless named, without CUDA graphs, and the file of
figures says that no GPU was there. --quick takes some minutes on two cores: one short round, in float32, with smaller
wide layers.

The figures and a picture are written to benchmarks/results/, under the name of the kind of device.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from peers.protocol import Work

SMALL, MIDDLE, WIDE, WIDEST = (784, 16, 16, 10), (784, 128, 10), (784, 512, 512, 10), (784, 2048, 2048, 10)
OURS = "clearprop"
TORCH = ("torch eager", "torch compile", "torch graph", "torch compile graph")
PEAK = ("peak jax", "peak torch")
SECONDS = {False: 0.5, True: 0.25}
"""How long a turn takes at least: in general, and with --quick."""
WIDE_LAYERS = {"gpu": "4096x8192", "cpu": "512x1024", "quick": "256x512"}
SQUARE = {"gpu": 8192, "cpu": 1024}

Turn = Callable[[], float]
"""Computes for a while; examples a second, for the peak floating-point operations."""
Maker = Callable[[Work, str, float], Turn]
"""From a work, a precision and the seconds of a turn."""


def works_of(wide: str) -> dict[str, Work]:
    neurons, batch = map(int, wide.split("x"))
    shapes = {"W1": (SMALL, 32), "W2": (MIDDLE, 128), "W3": (WIDE, 256), "W4": (WIDEST, 512)}
    shapes["wide"] = ((neurons, neurons, neurons, 10), batch)
    return {name: Work(name, sizes, size, "sgd", 0.01, span=0) for name, (sizes, size) in shapes.items()}


def timed(steps: int, run: Callable[[int], None], per_step: float, least: float) -> float:
    """How much is done in a second: twice as many steps until a turn is long enough."""
    while True:
        began = time.perf_counter()
        run(steps)
        seconds = time.perf_counter() - began
        if seconds >= least:
            return per_step * steps / seconds
        steps *= 2 if seconds > least / 4 else 4


def examples_of(work: Work) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    rows = max(8 * work.batch, 8192)
    return rng.random((rows, work.sizes[0]), dtype=np.float32), rng.integers(0, work.sizes[-1], rows)


def ours(work: Work, precision: str, least: float) -> Turn:
    import clearprop as cp
    from clearprop.engines.jax.engine import JaxEngine
    from clearprop.engines.protocol import Data, fresh_state
    from clearprop.engines.protocol import Work as Training
    from clearprop.equations.updates import optimizer_named
    from clearprop.targets import encode

    x, y = examples_of(work)
    network, rule = cp.Network.initialize(work.sizes, hidden="relu", seed=0), optimizer_named("sgd")
    data = Data(x, encode(y, work.sizes[-1], "cross_entropy"))
    engine = JaxEngine()
    training = Training(
        activations=network.activations,
        output=network.output_pair,
        optimizer=rule,
        options={},
        learning_rate=work.learning_rate,
        schedule="constant",
        total_steps=10**9,
        batch_size=work.batch,
        l2=0.0,
        dropout=0.0,
        seed=0,
        products="bfloat16" if precision == "bfloat16" else "",
    )
    engine.start(fresh_state(network, rule, "float32"), training)
    rng = np.random.default_rng(1)

    def run(steps: int) -> None:
        order = rng.integers(0, len(x), (steps + 1) * work.batch)  # one more: the epoch has not ended
        engine.run(data, order, 0, steps)

    run(4)
    steps = cache(lambda: _warm(run, least))  # found in the first turn, when others no longer get ready
    return lambda: timed(steps(), run, work.batch, least)


def _warm(run: Callable[[int], None], least: float) -> int:
    """A number of steps that takes about a turn, compiled for: another number would be compiled anew."""
    steps = 4
    while True:
        run(steps)
        began = time.perf_counter()
        run(steps)
        if (seconds := time.perf_counter() - began) >= least / 2:
            steps = max(1, int(1.2 * steps * least / seconds))
            run(steps)
            return steps
        steps *= 2 if seconds > least / 8 else 8


def torch_of(how: str) -> Maker:
    def contender(work: Work, precision: str, least: float) -> Turn:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        compiled, captured = "compile" in how, "graph" in how
        if captured and device == "cpu":
            sys.exit("CUDA graphs need a GPU")
        x, y = (torch.from_numpy(array).to(device) for array in examples_of(work))
        layers: list[Any] = []
        for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1]).to(device)
        optimizer = torch.optim.SGD(model.parameters(), lr=work.learning_rate)
        rows = torch.zeros(work.batch, dtype=torch.int64, device=device)

        def step() -> None:
            with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
                loss = torch.nn.functional.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad(set_to_none=not captured)
            loss.backward()
            optimizer.step()

        once: Callable[[], Any] = torch.compile(step) if compiled else step
        warm = torch.cuda.stream(torch.cuda.Stream()) if captured else nullcontext()
        with warm:  # what is captured must have run on a stream of its own before
            for _ in range(3):
                once()
        if captured:
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                once()
            # a graph knows addresses alone: what lies there must be held for as long
            once = partial(_replay, graph, step)

        def run(steps: int) -> None:
            for chosen in torch.randint(0, len(x), (steps, work.batch), device=device):
                rows.copy_(chosen)
                once()
            if device == "cuda":
                torch.cuda.synchronize()

        return lambda: timed(4, run, work.batch, least)

    return contender


def _replay(graph: Any, _: Callable[[], None]) -> None:
    graph.replay()


def peak_jax(_: Work, precision: str, least: float) -> Turn:
    import jax

    square = SQUARE["cpu" if jax.default_backend() == "cpu" else "gpu"]
    a = jax.numpy.ones((square, square), precision)
    product = jax.jit(lambda a: jax.numpy.matmul(a, a, precision="highest" if precision == "float32" else None))
    product(a).block_until_ready()

    def run(times: int) -> None:
        jax.block_until_ready([product(a) for _ in range(times)][-1])

    return lambda: timed(2, run, 2.0 * square**3, least)


def peak_torch(_: Work, precision: str, least: float) -> Turn:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    square = SQUARE["gpu" if device == "cuda" else "cpu"]
    a = torch.ones((square, square), dtype=getattr(torch, precision), device=device)

    def run(times: int) -> None:
        for _ in range(times):
            torch.matmul(a, a)
        if device == "cuda":
            torch.cuda.synchronize()

    run(1)
    return lambda: timed(2, run, 2.0 * square**3, least)


CONTENDERS: dict[str, Maker] = {
    OURS: ours,
    **{name: torch_of(name.removeprefix("torch ")) for name in TORCH},
    "peak jax": peak_jax,
    "peak torch": peak_torch,
}


def take_turns(name: str, work: Work, precision: str, least: float) -> None:
    """One contender: gets ready, then answers every line on standard input with a number."""
    turn = CONTENDERS[name](work, precision, least)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(turn(), flush=True)


class Contender:
    def __init__(self, name: str, work: Work, precision: str, wide: str, quick: bool) -> None:
        words = [
            sys.executable,
            __file__,
            "--as",
            name,
            "--works",
            work.name,
            "--precisions",
            precision,
            "--wide",
            wide,
            *(["--quick"] if quick else []),
        ]
        environment = {**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    def ready(self) -> bool:
        assert self.process.stdout
        return self.process.stdout.readline() == "ready\n"

    def turn(self) -> float | None:
        """What its turn gave; None if it has broken down."""
        assert self.process.stdin
        assert self.process.stdout
        print("go", file=self.process.stdin, flush=True)
        told = self.process.stdout.readline()
        return float(told) if told else None

    def end(self) -> str:
        words = self.process.communicate()[1].strip().splitlines()
        return words[-1] if words else ""


def measured(work: Work, precision: str, rounds: int, wide: str, quick: bool) -> dict[str, Any]:
    contenders = {name: Contender(name, work, precision, wide, quick) for name in CONTENDERS}
    missing = {name: each.end() for name, each in contenders.items() if not each.ready()}
    # the first turn finds out how many steps a turn takes
    missing |= {name: each.end() for name, each in contenders.items() if name not in missing and each.turn() is None}
    values: dict[str, list[float]] = {name: [] for name in contenders if name not in missing}
    for _ in range(rounds):
        for name in values:
            speed = contenders[name].turn()
            assert speed is not None, f"{name} broke down: {contenders[name].end()}"
            values[name].append(speed)
    for name in values:
        contenders[name].end()
    medians = {name: statistics.median(each) for name, each in values.items()}
    peak = max((medians.pop(name) for name in PEAK if name in medians), default=float("nan"))
    best = max((speed for name, speed in medians.items() if name != OURS), default=float("nan"))
    return {
        "shape": work.shape,
        "precision": precision,
        "examples_per_second": medians,
        "to_best_of_torch": medians.get(OURS, float("nan")) / best,
        "peak_tflops": peak / 1e12,
        "share_of_peak": medians.get(OURS, float("nan")) * work.arithmetic / peak,
        "missing": missing,
    }


def draw(found: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.5 * len(found) + 1.6), layout="constrained")
    for row, about in enumerate(found.values()):
        speeds = about["examples_per_second"]
        for place, name in enumerate((OURS, *TORCH)):
            ratio = speeds.get(name, float("nan")) / speeds.get(OURS, float("nan"))
            axes.plot(ratio, row, "o", color=f"C{place}", label=name if row == 0 else None)
    axes.set_yticks(range(len(found)), list(found))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("examples a second, clearprop = 1")
    axes.axvline(1, color="black", lw=0.7)
    axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round, float32, smaller wide layers")
    parser.add_argument("--works", default="W1,W2,W3,W4,wide")
    parser.add_argument("--precisions", help="float32,bfloat16 unless named")
    parser.add_argument("--rounds", type=int, help="5 unless named")
    parser.add_argument("--wide", help="neurons of the wide layers, x, examples in a mini-batch")
    parser.add_argument("--as", dest="contender", help=argparse.SUPPRESS)
    options = parser.parse_args()
    quick, works = options.quick, options.works.split(",")
    if options.contender:
        work = works_of(options.wide)[works[0]]
        take_turns(options.contender, work, options.precisions, SECONDS[quick])
        return
    import jax
    from rounds import RESULTS, keep_result, machine, now, show

    device = jax.devices()[0]
    wide = options.wide or WIDE_LAYERS["quick" if quick else "cpu" if device.platform == "cpu" else "gpu"]
    precisions = (options.precisions or ("float32" if quick else "float32,bfloat16")).split(",")
    rounds = options.rounds or (1 if quick else 5)
    found: dict[str, Any] = {}
    about = {"machine": machine(), "device": device.device_kind, **now(), "rounds": rounds, "quick": quick}
    about["gpu"] = "no GPU was there: these are figures of the CPU" if device.platform == "cpu" else device.device_kind
    for name in works:
        for precision in precisions:
            told = measured(works_of(wide)[name], precision, rounds, wide, quick)
            found[f"{name} {precision}"] = told
            show(f"{name} {precision}: {json.dumps(told)}")
            keep_result(f"device_speed_{device.platform}", {**about, "works": found})  # a run may be broken off
            draw(found, RESULTS / f"device_speed_{device.platform}.png")


if __name__ == "__main__":
    main()
