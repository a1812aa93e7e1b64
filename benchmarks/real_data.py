"""Accuracy at the defaults on real data: iris, wheat seeds, banknote (10-fold), Adult's published test file, MNIST.

    python benchmarks/real_data.py [--data FOLDER] [NAME ...]

Everything goes through the command line, as a user would do it. FOLDER holds `tables/` and `mnist/`; without it the
folder that CLEARPROP_DATA names is read, else ../shared/data. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FOLDS = 10


def train(*arguments: str | Path) -> dict[str, Any]:
    """Run `clearprop train … --json` and return what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "clearprop", "train", *map(str, arguments)]
        run = subprocess.run(
            [*command, "--out", f"{folder}/model.safetensors", "--json"], capture_output=True, text=True, check=False
        )
    if run.returncode:
        raise SystemExit(run.stderr)
    return dict(json.loads(run.stdout))


def ten_fold(table: Path) -> dict[str, Any]:
    """Each tenth of the lines is tested once on a network trained on the others."""
    lines = np.array([line for line in table.read_text().splitlines() if line.strip()])
    places = np.random.default_rng(0).permutation(len(lines))
    right = 0
    with tempfile.TemporaryDirectory() as folder:
        for fold in range(FOLDS):
            part = np.zeros(len(lines), dtype=bool)
            part[places[fold::FOLDS]] = True
            files = {"train": lines[~part], "test": lines[part]}
            for name, chosen in files.items():
                Path(folder, f"{name}.csv").write_text("\n".join(chosen) + "\n")
            test = train(f"{folder}/train.csv", "--test", f"{folder}/test.csv", "--seed", str(fold))["test"]
            right += round(test["accuracy"] * test["examples"])
    return {"examples": len(lines), "accuracy": right / len(lines), "folds": FOLDS}


def tested(*arguments: str | Path) -> dict[str, Any]:
    test = train(*arguments)["test"]
    return {"examples": test["examples"], "accuracy": test["accuracy"], "interval": test["interval"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CLEARPROP_DATA", ROOT / "../shared/data")))
    options = parser.parse_args()
    tables = options.data / "tables"
    adult = [tables / "adult-train.csv", "--test", tables / "adult-test.csv", "--strip-label", ".", "--missing", "?"]
    work: dict[str, tuple[float, Callable[[], dict[str, Any]]]] = {
        "iris": (0.94, lambda: ten_fold(tables / "iris.csv")),
        "wheat-seeds": (0.91, lambda: ten_fold(tables / "wheat-seeds.csv")),
        "banknote": (0.99, lambda: ten_fold(tables / "banknote_authentication.csv")),
        "adult": (0.85, lambda: tested(*adult)),
        "mnist": (0.975, lambda: tested(options.data / "mnist")),
    }
    kept = ROOT / "benchmarks/results/real_data.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for name in options.names or work:
        wanted, measure = work[name]
        began = time.perf_counter()
        results[name] = {**measure(), "wanted": wanted, "seconds": round(time.perf_counter() - began, 1)}
        print(
            f"{name:12} {results[name]['accuracy']:.2%} (wanted {wanted:.1%}), {results[name]['seconds']} s", flush=True
        )
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
