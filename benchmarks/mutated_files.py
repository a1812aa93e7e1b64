"""Damaged files: each must give a right result or one clear sentence.

    python benchmarks/mutated_files.py [--models 20000] [--data 5000] [--seed 0]

Good files of every kind are flipped, cut, overwritten and spliced, and read again, in a process that may take 2 GiB.
Prints what was answered badly, and ends with exit code 1 if anything was.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from mutations import complaints

ALLOWED = 2 << 20  # KiB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=20_000)
    parser.add_argument("--data", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = list(complaints(Path(folder), options.models, options.data, options.seed))
    for name, number, wrong in found:
        print(f"{name} {number}: {wrong}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{options.models} models and {options.data} data files: {len(found)} answered badly, "
        f"{peak / 1024:.0f} MiB at the peak, {time.perf_counter() - began:.0f} s."
    )
    return int(bool(found) or peak > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
