"""Seconds of the first training in a fresh process: with nothing compiled before, with what the last one compiled, and
of the import alone.

    python benchmarks/first_use.py [--peers jax,torch] [--rounds 3] [--again]

Each is a process of its own. "Nothing compiled" is an empty folder in the place of every cache that the engine or Numba
may use; the training is one epoch of 784-16-16-10 on 3,200 random rows, and the labelling of one. Peers do the same in
their usual way, for comparison. With --again the run stands beside those before it at other moments; of all of them the
one in which ours took longest is kept. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rounds import (
    Answer,
    costliest_of_runs,
    described,
    keep_result,
    kept_result,
    machine,
    now,
    parser_for,
    summary,
)

DATA = """
import json, time
began = time.perf_counter()
import numpy as np
rng = np.random.default_rng(0)
x, y = rng.random((3200, 784), dtype=np.float32), rng.integers(0, 10, 3200)
"""
CLEARPROP = """
import clearprop as cp
imported = time.perf_counter()
network = cp.Network.initialize([784, 16, 16, 10])
training = cp.train(network, x, y, epochs=1, validation=0)
trained = time.perf_counter()
cp.labeller(training.network)(x[0])
labelled = time.perf_counter()
"""
JAX = """
import jax, jax.numpy as jnp
imported = time.perf_counter()
sizes = [784, 16, 16, 10]
layers = [(jnp.asarray(rng.standard_normal(s, dtype=np.float32) / 28), jnp.zeros(s[1])) for s in zip(sizes, sizes[1:])]
def scores(layers, x):
    for W, b in layers[:-1]:
        x = jax.nn.relu(x @ W + b)
    return x @ layers[-1][0] + layers[-1][1]
def cost(layers, x, y):
    z = scores(layers, x)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0])
@jax.jit
def epoch(layers, x, y):
    def step(layers, batch):
        return jax.tree.map(lambda p, g: p - 0.1 * g, layers, jax.grad(cost)(layers, *batch)), None
    return jax.lax.scan(step, layers, (x, y))[0]
layers = jax.block_until_ready(epoch(layers, x.reshape(-1, 32, 784), y.reshape(-1, 32)))
trained = time.perf_counter()
int(jax.jit(lambda x: jnp.argmax(scores(layers, x)))(x[0]))
labelled = time.perf_counter()
"""
TORCH = """
import torch
from torch import nn
imported = time.perf_counter()
module = nn.Sequential(nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 10))
optimizer = torch.optim.SGD(module.parameters(), 0.1)
for rows, classes in zip(torch.from_numpy(x).split(32), torch.from_numpy(y).split(32)):
    optimizer.zero_grad()
    nn.functional.cross_entropy(module(rows), classes).backward()
    optimizer.step()
trained = time.perf_counter()
int(module(torch.from_numpy(x[0])).argmax())
labelled = time.perf_counter()
"""
SKLEARN = """
from sklearn.neural_network import MLPClassifier
imported = time.perf_counter()
model = MLPClassifier((16, 16), batch_size=32).partial_fit(x, y, classes=np.arange(10))
trained = time.perf_counter()
int(model.predict(x[:1])[0])
labelled = time.perf_counter()
"""
TELL = """
print(json.dumps({"import": imported - began, "training": trained - imported, "labelling": labelled - trained}))
"""
PROGRAMS = {"clearprop": CLEARPROP, "jax": JAX, "torch": TORCH, "scikit-learn": SKLEARN}


def run(program: str, cache: Path) -> Answer:
    """The seconds of the parts in a fresh process, and of the whole process as its caller sees it."""
    caches = {name: str(cache / name.lower()) for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "CLEARPROP_CACHE")}
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DATA + program + TELL],
        env={**os.environ, **caches},
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.perf_counter() - began
    if ended.returncode:
        raise ImportError(ended.stderr.strip().splitlines()[-1])
    return {**json.loads(ended.stdout.splitlines()[-1]), "process": taken}


def measure(program: str, rounds: int) -> dict[str, Answer]:
    """Nothing cached, then again with what that left; both so many times."""
    found: dict[str, list[Answer]] = {"nothing cached": [], "cached": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for state in found.values():
                state.append(run(program, Path(folder)))
    return {state: {part: summary([one[part] for one in runs]) for part in runs[0]} for state, runs in found.items()}


def first_seconds(result: Answer) -> float:
    """Of ours, with nothing cached, until a row is labelled."""
    parts = result["programs"]["clearprop"]["nothing cached"]
    return float(parts["training"]["median"] + parts["labelling"]["median"])


def tell(name: str, figures: dict[str, Answer]) -> None:
    for state, parts in figures.items():
        said = ", ".join(f"{part} {each['median']:.2f}" for part, each in parts.items())
        print(f"{name:13} {state:15} {said} s (training {parts['training']['most']:.2f} at most)", flush=True)


def main() -> None:
    parser = parser_for(__doc__, rounds=3)
    parser.add_argument("--peers", default=",".join(name for name in PROGRAMS if name != "clearprop"))
    options = parser.parse_args()
    about = machine()
    print(described(about))
    result: Answer = {"machine": about, **now(), "programs": {}}
    for name in dict.fromkeys(["clearprop", *filter(None, options.peers.split(","))]):
        try:
            result["programs"][name] = measure(PROGRAMS[name], options.rounds)
        except ImportError as reason:
            print(f"{name} is left out: {reason}")
            continue
        tell(name, result["programs"][name])
    before = kept_result("first_use", about) if options.again else None
    keep_result("first_use", costliest_of_runs(before, result, first_seconds))


if __name__ == "__main__":
    main()
