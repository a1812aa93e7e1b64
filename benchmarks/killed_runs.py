"""Trainings that are killed with SIGKILL at random moments and resumed: is the model file the same, byte for byte?

    python benchmarks/killed_runs.py [--runs 10] [--first 0]

Prints a line a run, then how many ended with the bytes of the same training left alone; exit code 1 if one did not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from training.killed import Outcome, killed_runs


def line(number: int, outcome: Outcome) -> str:
    kills = ", ".join(f"step {kill.last_step}" for kill in outcome.kills)
    settings = ", ".join(f"{name} {value}" for name, value in outcome.settings.items())
    verdict = "the same bytes" if outcome.same_bytes else "OTHER BYTES"
    return f"{number:3}  {verdict}  killed at {kills}  ({settings})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10, help="how many trainings")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first: others get other settings and moments"
    )
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.runs)
    kills = same = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, outcome in zip(numbers, killed_runs(numbers, Path(folder)), strict=True):
            print(line(number, outcome), flush=True)
            kills += len(outcome.kills)
            same += outcome.same_bytes
    print(f"{same} of {options.runs} runs, killed {kills} times, ended with the bytes of the undisturbed training.")
    return int(same < options.runs)


if __name__ == "__main__":
    sys.exit(main())
