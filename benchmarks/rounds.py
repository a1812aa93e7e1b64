"""What the speed benchmarks share: peers as processes of their own, rounds in alternating order, the machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import numpy as np
from peers import OURS, peer_named
from peers.protocol import Parameters, Variant, Work
from peers.worker import save_parameters

from clearprop.capacity import usable_cores

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
PACKAGES = ("numpy", "scipy", "numba", "jax", "optax", "torch", "scikit-learn", "keras", "onnxruntime")
REST = 0.1
"""Seconds between two rounds, in which threads that still spin go to sleep."""
Answer = dict[str, Any]


class Missing(Exception):  # noqa: N818 - nothing has gone wrong
    """A peer that is not installed."""


class Broken(Exception):  # noqa: N818 - what has gone wrong is the peer
    """A peer that has ended before its time; the message is the end of what it wrote."""


@dataclass
class Worker:
    """A peer's process (`peers/worker.py`). It rests while it is not asked."""

    name: str
    process: subprocess.Popen[str]
    log: IO[str]
    idle: float = 0.0

    @staticmethod
    def start(kind: str, peer: str, variant: Variant, task: Mapping[str, Any]) -> Worker:
        """Missing if the peer is not installed."""
        log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        process = subprocess.Popen(
            [sys.executable, "-m", "peers.worker"],
            cwd=Path(__file__).parent,
            # modules are found where this process finds them: a path that it was given may be relative
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), **variant.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        worker = Worker(peer, process, log)
        answer = worker.send({"kind": kind, "peer": peer, "options": dict(variant.options), "task": task})
        if "missing" in answer:
            worker.stop()
            raise Missing(answer["missing"])
        return worker

    def ask(self, do: str, **arguments: Any) -> Answer:
        answer = self.send({"do": do, **arguments})
        self.idle += answer["idle_processor_seconds"]
        return answer

    def send(self, message: Answer) -> Answer:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.log.seek(0)
            raise Broken(f"{self.name} has ended:\n{self.log.read()[-2000:].strip()}")
        answer: Answer = json.loads(line)
        return answer

    def stop(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def alternate(
    names: Iterable[str], rounds: int, one_round: Callable[[str, int], Any], said: str = ""
) -> dict[str, list[Any]]:
    """Each takes its turn in every round; the one that begins changes from round to round, and so does the way."""
    order = list(names)
    found: dict[str, list[Any]] = {name: [] for name in order}
    for number in range(rounds):
        show(f"{said} round {number + 1} of {rounds}")
        turned = order[number % len(order) :] + order[: number % len(order)]
        for name in turned if number % 2 == 0 else turned[::-1]:
            time.sleep(REST)
            found[name].append(one_round(name, number))
    show("")
    return found


def show(line: str) -> None:
    """A line on the terminal that the next one takes the place of."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def speeds(workers: Mapping[str, Worker], rounds: int, seconds: float, do: str = "round") -> dict[str, list[float]]:
    """Examples a second of each worker, round by round."""

    def one_round(name: str, number: int) -> float:
        answer = workers[name].ask(do, seconds=seconds, seed=number)
        return float(answer["examples"] / answer["seconds"])

    return alternate(workers, rounds, one_round)


def variants_of(peer: str, kind: str, about: Work | Parameters) -> dict[str, Variant]:
    """The ways of a peer that are worth trying; none if it cannot do this kind of work. Missing if not installed."""
    try:
        named = getattr(peer_named(peer), f"{kind}_variants", None)
    except ImportError as error:
        raise Missing(str(error)) from None
    return named(about) if named else {}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    about = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    vectors = [flag for flag in ("avx2", "avx512f") if flag in about.get("flags", "").split()]
    return {
        "processor": " ".join(
            part
            for part in (
                about.get("model name") or platform.processor() or platform.machine(),
                f"family {about['cpu family']} model {about['model']}" if "cpu family" in about else "",
            )
            if part
        ),
        "vectors": vectors,
        "cores": usable_cores(),
        "memory_gibibytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def now() -> dict[str, Any]:
    """When this was measured, and how busy the machine was just before."""
    return {"when": time.strftime("%Y-%m-%d %H:%M:%S"), "load_before": round(os.getloadavg()[0], 2)}


def described(about: Mapping[str, Any]) -> str:
    return (
        f"{about['processor']}, {about['cores']} cores, {', '.join(about['vectors'])}, "
        f"{about['memory_gibibytes']} GiB, Python {about['python']}"
    )


def mnist(folder: Path, negative: bool = False) -> str:
    """MNIST, or the images' negatives, as arrays that a process loads at once, in a folder of temporary files; read by
    clearprop itself."""
    from clearprop.data import open_source

    kept = Path(tempfile.gettempdir(), "clearprop-benchmarks", "mnist-negative" if negative else "mnist")
    if not (kept / "test-y.npy").exists():
        kept.mkdir(parents=True, exist_ok=True)
        source = open_source(folder)
        assert source.test is not None
        for name, part in (("train", source), ("test", source.test)):
            batches = list(part.batches())
            x = [np.asarray(batch.column("x").flatten()).reshape(batch.num_rows, -1) for batch in batches]
            images = np.concatenate(x).astype(np.float32) / np.float32(255)
            np.save(kept / f"{name}-x.npy", 1 - images if negative else images)
            np.save(kept / f"{name}-y.npy", np.concatenate([np.asarray(b.column("y")) for b in batches]))
    return str(kept)


def start_of(sizes: tuple[int, ...], hidden: str, folder: str) -> tuple[Parameters, str]:
    """The first numbers of a network, and a file that holds them."""
    import clearprop as cp

    network = cp.Network.initialize(sizes, hidden=hidden, seed=0)
    start, path = Parameters(network.weights, network.biases), f"{folder}/start.npz"
    save_parameters(path, start)
    return start, path


def summary(values: list[float]) -> Answer:
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "rounds": values}


def ratios(ours: list[float], theirs: list[float]) -> Answer:
    """How many times as fast, round by round."""
    return summary([a / b for a, b in zip(ours, theirs, strict=True)])


def worst_of_runs(before: Answer | None, run: Answer) -> Answer:
    """Of runs at different moments the one in which ours stood worst beside the best peer, with the ratios of all; and
    beside each peer the worst of its runs."""
    ratio = run["ratio"] and run["ratio"]["median"]
    runs = [*(before or {}).get("runs", []), {"when": run["when"], "best_peer": run["best_peer"], "ratio": ratio}]
    if before is None:
        return {**run, "runs": runs}
    stands = before["ratio"] and ratio and before["ratio"]["median"] <= ratio
    worst = dict(before["ratios"])
    for peer, found in run["ratios"].items():
        worst[peer] = min(worst.get(peer, found), found, key=lambda each: each["median"])
    return {**(before if stands else run), "ratios": worst, "runs": runs}


def costliest_of_runs(before: Answer | None, run: Answer, cost: Callable[[Answer], float]) -> Answer:
    """Of runs at different moments the one that cost most, with the cost of all."""

    def noted(one: Answer) -> Answer:
        return {"when": one["when"], "cost": cost(one)}

    earlier = before.get("runs", [noted(before)]) if before else []
    return {**max([before or run, run], key=cost), "runs": [*earlier, noted(run)]}


def best_peer(found: Mapping[str, list[float]]) -> str | None:
    """The fastest by its median, ours left out."""
    peers = [name for name in found if name != OURS]
    return max(peers, key=lambda name: statistics.median(found[name]), default=None)


def parser_for(description: str | None, rounds: int = 7) -> argparse.ArgumentParser:
    """The options that the benchmarks share: how many rounds, and where MNIST is."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--again", action="store_true", help="beside the runs before: of all the worst is kept")
    shared = Path(os.environ.get("CLEARPROP_DATA", ROOT / "../shared/data"))
    parser.add_argument("--data", type=Path, default=shared / "mnist")
    return parser


def taking_part(peers: str) -> list[str]:
    """The peers of a list with commas between them, ours first."""
    return list(dict.fromkeys([OURS, *filter(None, peers.split(","))]))


def kept_result(name: str, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What was measured before, on this machine if one is named."""
    path = RESULTS / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found if about in (None, found.get("machine")) else {}


def keep_result(name: str, result: Mapping[str, Any]) -> None:
    """Write the figures with five digits; what has no end or is not a number becomes null."""
    RESULTS.mkdir(exist_ok=True)
    rounded = json.loads(
        json.dumps(result), parse_float=lambda text: float(f"{float(text):.5g}"), parse_constant=lambda _: None
    )
    (RESULTS / f"{name}.json").write_text(json.dumps(rounded, indent=2) + "\n")


def count(number: float) -> str:
    """A number as a person says it: 2.05 M, 643 k, 87.

    >>> count(2_051_234), count(642_900), count(86.51)
    ('2.05 M', '643 k', '86.5')
    """
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{letter}" if number < 999.5 * size else f"{number / size:.0f}{letter}"
    return f"{number:.3g}"


def as_task(work: Work, digits: str, start: str) -> dict[str, Any]:
    return {"work": asdict(work), "digits": digits, "start": start}
