"""Labelling a file larger than memory should hold: 10 million rows of 10 columns, peak memory and rows a second.

    python benchmarks/label_stream.py [--rows 10000000]

The rows are random numbers and categories, written to a Parquet file in a temporary folder; the model is one that
`clearprop train` makes of a part of them. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
NUMBERS, CATEGORIES = 8, 2
BATCH = 250_000


def table(rows: int, seed: int) -> pa.Table:
    """Rows with a class that depends on three of the columns."""
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((NUMBERS, rows)).astype(np.float32)
    names = np.array(["red", "green", "blue", "grey"])
    columns = {f"number{i}": pa.array(numbers[i]) for i in range(NUMBERS)}
    chosen = rng.integers(0, len(names), (CATEGORIES, rows))
    columns |= {f"category{i}": pa.array(names[chosen[i]]) for i in range(CATEGORIES)}
    score = numbers[0] + numbers[1] * (chosen[0] - 1.5)
    return pa.table({**columns, "class": pa.array(np.where(score > 0, "yes", "no"))})


def clearprop(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "clearprop", *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        part, whole, model, out = (f"{folder}/{name}" for name in ("a.parquet", "b.parquet", "m.safetensors", "l.csv"))
        pq.write_table(table(20_000, 0), part)
        with pq.ParquetWriter(whole, table(1, 0).schema) as writer:
            for start in range(0, rows, BATCH):
                writer.write_table(table(min(BATCH, rows - start), 1 + start))
        clearprop("train", part, "--out", model, "--layers", "16", "--epochs", "2")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        began = time.perf_counter()
        clearprop("label", model, whole, "--out", out)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        with open(out) as file:
            written = sum(1 for _ in file) - 1
    assert written == rows, f"{written} labels for {rows} rows"
    assert peak > before, "the peak is that of an earlier command"
    result = {
        "rows": rows,
        "peak_mebibytes": round(peak / 1024),
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
    }
    print(json.dumps(result))
    kept = ROOT / "benchmarks/results/label_stream.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
