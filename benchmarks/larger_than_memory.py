"""Training on and labelling rows that are larger than memory may hold: time, rows a second, peak memory.

    python benchmarks/larger_than_memory.py [--rows 20000000] [--memory 1GiB] [--keep FOLDER]

Rows of 30 random numbers and a class are written to Parquet files in a temporary folder (some 3 GB for 20 million).
`clearprop train` streams them through one epoch under the limit, `clearprop label --processes 2` labels all of them.
The peak is that of the whole tree of processes, their shared pages counted once (PSS), looked at 20 times a second;
beside it stands what the rows would take in memory as the engine needs them. The figures are written to
benchmarks/results/.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rounds import described, keep_result, machine, now

from clearprop.capacity import bytes_of, spelled_bytes
from clearprop.data.preparing import INPUT_BYTES

COLUMNS, FILES, BATCH = 30, 20, 250_000
EVERY = 0.05
"""Seconds between two looks at the memory."""


def table(rows: int, seed: int) -> pa.Table:
    """Rows of numbers, with a class that depends on three of them and on chance."""
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((COLUMNS, rows)).astype(np.float32)
    score = numbers[0] + numbers[1] * numbers[2] + 0.3 * rng.standard_normal(rows)
    columns = {f"number{i}": pa.array(numbers[i]) for i in range(COLUMNS)}
    return pa.table({**columns, "class": pa.array(np.where(score > 0, "yes", "no"))})


def generate(folder: Path, rows: int) -> None:
    """The rows in files of the same size."""
    for file in range(FILES):
        size, written = rows * (file + 1) // FILES - rows * file // FILES, 0
        with pq.ParquetWriter(folder / f"rows-{file:02d}.parquet", table(1, 0).schema) as writer:
            while written < size:
                part = min(BATCH, size - written)
                writer.write_table(table(part, file * 10**6 + written))
                written += part


@dataclass(frozen=True)
class Run:
    """What a command took."""

    seconds: float
    peak_bytes: int
    said: str


def measured(*words: str) -> Run:
    """Run a command of clearprop, and watch the memory of its processes."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(
        [sys.executable, "-m", "clearprop", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(memory_of, family(process.pid))))
            time.sleep(EVERY)
        seconds = time.perf_counter() - began
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"clearprop {' '.join(words)} ended with {process.returncode}: {said}")
    return Run(seconds, peak, said)


def family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def memory_of(pid: int) -> int:
    """Bytes that a process holds, pages that it shares counted in part; 0 if it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def figures(run: Run, rows: int) -> dict[str, Any]:
    return {
        "seconds": round(run.seconds, 1),
        "rows_per_second": round(rows / run.seconds),
        "peak_mebibytes": round(run.peak_bytes / 2**20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--memory", default="1GiB")
    parser.add_argument("--keep", type=Path, help="folder for the rows, which are then kept and used again")
    options = parser.parse_args()
    limit = bytes_of(options.memory, "memory")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        data = f"{folder}/rows-*.parquet"
        if not list(folder.glob("rows-*.parquet")):
            generate(folder, options.rows)
        rows = sum(pq.read_metadata(path).num_rows for path in folder.glob("rows-*.parquet"))
        model, out = f"{temporary}/m.safetensors", f"{temporary}/labels"
        shape = ("--layers", "64", "--batch-size", "512", "--epochs", "1", "--memory", options.memory)
        training = measured("train", data, "--out", model, *shape)
        labelling = measured("label", model, data, "--processes", "2", "--out", out)
        labelled = sum(pq.read_metadata(path).num_rows for path in Path(out).glob("*.parquet"))
    assert labelled == rows, f"{labelled} labels for {rows} rows"
    told = next(line for line in training.said.splitlines() if line.startswith("Training"))
    result = {
        "machine": machine(),
        **now(),
        "rows": rows,
        "columns": COLUMNS,
        "limit_mebibytes": round(limit / 2**20),
        "in_memory_mebibytes": round(INPUT_BYTES * COLUMNS * rows / 2**20),
        "training": {**figures(training, rows), "under_the_limit": training.peak_bytes <= limit, "told": told},
        "labelling": {**figures(labelling, rows), "processes": 2},
    }
    print(described(result["machine"]))
    print(training.said)
    print(f"{rows:,} rows would take {spelled_bytes(INPUT_BYTES * COLUMNS * rows)} in memory; limit {options.memory}.")
    for name in ("training", "labelling"):
        row = result[name]
        print(f"{name}: {row['seconds']} s, {row['rows_per_second']:,} rows/s, peak {row['peak_mebibytes']:,} MiB")
    keep_result("larger_than_memory", result)


if __name__ == "__main__":
    main()
