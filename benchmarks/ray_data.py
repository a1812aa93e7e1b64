"""Labelling through Ray Data beside labelling by our own processes: rows a second on the same files.

    python benchmarks/ray_data.py [--rows 1000000] [--rounds 3]

Rows of 30 numbers in Parquet files are labelled by a local Ray cluster of two workers through `ArrowLabeler`, and by
`clearprop label --processes 2`, in turns. Both write Parquet. What starting takes is told apart: Ray's cluster runs
before the first round, and our processes start anew in each. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
from larger_than_memory import table
from rounds import alternate, described, keep_result, machine, now

import clearprop as cp

FILES, WORKERS = 8, 2


def clearprop(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "clearprop", *words], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    import ray
    import ray.data

    with tempfile.TemporaryDirectory() as temporary:
        folder, model = Path(temporary), f"{temporary}/m.safetensors"
        (folder / "rows").mkdir()
        for file in range(FILES):
            pq.write_table(table(options.rows // FILES, file), folder / "rows" / f"{file}.parquet")
        clearprop("train", f"{folder}/rows/0.parquet", "--out", model, "--layers", "64", "--epochs", "1")
        began = time.perf_counter()
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
        starting = time.perf_counter() - began

        def one_round(who: str, number: int) -> float:
            out = str(folder / f"{who}-{number}")
            began = time.perf_counter()
            if who == "ray":
                rows = ray.data.read_parquet(str(folder / "rows"))
                label = cp.ArrowLabeler(model, keep=[])
                rows.map_batches(label, batch_format="pyarrow").write_parquet(out)
            else:
                clearprop("label", model, f"{folder}/rows/*.parquet", "--processes", str(WORKERS), "--out", out)
            seconds = time.perf_counter() - began
            labelled = ds.dataset(out).count_rows()
            assert labelled == options.rows, f"{labelled} labels for {options.rows} rows"
            return seconds

        found = alternate(["ray", "clearprop"], options.rounds, one_round)
        ray.shutdown()
    about = machine()
    print(described(about))
    result = {"machine": about, **now(), "rows": options.rows, "workers": WORKERS, "ray": metadata.version("ray")}
    result["seconds to start the cluster"] = round(starting, 1)
    for who, seconds in found.items():
        middle = statistics.median(seconds)
        result[who if who != "ray" else "through ray"] = {
            "seconds": [round(one, 2) for one in seconds],
            "rows_per_second": round(options.rows / middle),
        }
        print(f"{who}: {middle:.1f} s ({min(seconds):.1f} to {max(seconds):.1f}), {options.rows / middle:,.0f} rows/s")
    keep_result("ray_data", result)


if __name__ == "__main__":
    main()
