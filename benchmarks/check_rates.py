"""How often `check` names mistakes, and how often it accuses what is right or names what it cannot know.

    python benchmarks/check_rates.py --pairs 300 --wrong 2000 --right 2000 --part all

Random networks of one to three layers with all activations and costs. Pairs: two different mistakes of the catalogue in
random layers. Wrong: gradients with random terms, factors, indices and noise that are in no catalogue. Right: the
mean or
the sum, in float64, float32, or rounded to 2 to 5 decimals. Ends with exit code 1 if a promise is not held: nothing
right
is called wrong, nothing unknown gets a name, no pair gets a wrong name, nine pairs in ten are named completely.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from checking.random_checks import (
    Outcome,
    named_completely,
    pair_of_mistakes,
    right_program,
    wrong_gradients,
    wrong_names,
)

RESULTS = Path(__file__).parent / "results" / "check_rates.json"
NAMED = 0.9
"""The share of pairs that must be named completely."""


def pairs(wanted: int) -> Iterator[Outcome]:
    """So many pairs of which both show."""
    drawn = (pair_of_mistakes(seed) for seed in count())
    for _ in range(wanted):
        yield next(outcome for outcome in drawn if outcome is not None)


def of_pairs(wanted: int) -> dict[str, Any]:
    outcomes = list(pairs(wanted))
    misnamed = [outcome for outcome in outcomes if wrong_names(outcome)]
    return {
        "pairs": len(outcomes),
        "named_completely": sum(map(named_completely, outcomes)),
        "wrong_names": len(misnamed),
        "unnamed": [_told(each) for each in outcomes if not named_completely(each)][:20],
        "misnamed": [_told(each) for each in misnamed][:20],
    }


def of_wrong(wanted: int) -> dict[str, Any]:
    named = [outcome for outcome in map(wrong_gradients, range(wanted)) if outcome.names]
    return {"unknown": wanted, "unknown_with_a_name": len(named), "named": [_told(each) for each in named][:20]}


def of_right(wanted: int) -> dict[str, Any]:
    accused = [outcome for outcome in map(right_program, range(wanted)) if outcome.wrong]
    return {"right": wanted, "right_called_wrong": len(accused), "accused": [_told(each) for each in accused][:20]}


def _told(outcome: Outcome) -> str:
    done = [f"{part.id} in layer {part.layer}" if hasattr(part, "id") else str(part) for part in outcome.done]
    return f"{outcome.network!r}: {', '.join(done)} -> {outcome.names}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=300, help="how many pairs of mistakes")
    parser.add_argument("--wrong", type=int, default=2000, help="how many gradients that are in no catalogue")
    parser.add_argument("--right", type=int, default=2000, help="how many right programs")
    parser.add_argument("--part", default="all", choices=["all", "pairs", "wrong", "right"])
    given = parser.parse_args()
    figures: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part, measure, number in (
        ("pairs", of_pairs, given.pairs),
        ("wrong", of_wrong, given.wrong),
        ("right", of_right, given.right),
    ):
        if given.part in ("all", part):
            began = time.perf_counter()
            figures[part] = {**measure(number), "seconds": round(time.perf_counter() - began, 1)}
    RESULTS.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return int(not _held(figures))


def _held(figures: dict[str, Any]) -> bool:
    """Whether the promises are held by what was measured."""
    pairs, wrong, right = (figures.get(part) for part in ("pairs", "wrong", "right"))
    return (
        (pairs is None or (not pairs["wrong_names"] and pairs["named_completely"] >= NAMED * pairs["pairs"]))
        and (wrong is None or not wrong["unknown_with_a_name"])
        and (right is None or not right["right_called_wrong"])
    )


if __name__ == "__main__":
    sys.exit(main())
