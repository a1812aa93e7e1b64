"""How often `check` names mistakes, and how often it accuses what is right or names what it cannot know.

    python benchmarks/check_rates.py --pairs 400 --wrong 2000 --right 2000

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
from collections.abc import Callable, Iterable
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


def of_pairs(seeds: Iterable[int]) -> dict[str, Any]:
    """Of pairs of which both show."""
    outcomes = [outcome for outcome in map(pair_of_mistakes, seeds) if outcome is not None]
    misnamed = [outcome for outcome in outcomes if wrong_names(outcome)]
    return {
        "pairs": len(outcomes),
        "named_completely": sum(map(named_completely, outcomes)),
        "wrong_names": len(misnamed),
        "unnamed": [_told(each) for each in outcomes if not named_completely(each)],
        "misnamed": [_told(each) for each in misnamed],
    }


def of_wrong(seeds: Iterable[int]) -> dict[str, Any]:
    outcomes = list(map(wrong_gradients, seeds))
    named = [outcome for outcome in outcomes if outcome.names]
    return {"unknown": len(outcomes), "unknown_with_a_name": len(named), "named": [_told(each) for each in named]}


def of_right(seeds: Iterable[int]) -> dict[str, Any]:
    outcomes = list(map(right_program, seeds))
    accused = [outcome for outcome in outcomes if outcome.wrong]
    return {"right": len(outcomes), "right_called_wrong": len(accused), "accused": [_told(each) for each in accused]}


def _told(outcome: Outcome) -> str:
    done = [f"{part.id} in layer {part.layer}" if hasattr(part, "id") else str(part) for part in outcome.done]
    return f"{outcome.network!r}: {', '.join(done)} -> {outcome.names}"


def added(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The figures of two runs over different seeds together."""
    return {name: before[name] + now[name] for name in now}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=400, help="seeds of pairs; about three in four make one")
    parser.add_argument("--wrong", type=int, default=2000, help="seeds of gradients that are in no catalogue")
    parser.add_argument("--right", type=int, default=2000, help="seeds of right programs")
    parser.add_argument("--part", default="all", choices=["all", *PARTS])
    parser.add_argument("--first", type=int, default=0, help="first seed; above 0, earlier figures are added to")
    given = parser.parse_args()
    figures: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part, measure in PARTS.items():
        if given.part in ("all", part):
            began = time.perf_counter()
            now = measure(range(given.first, getattr(given, part)))
            now["seconds"] = round(time.perf_counter() - began, 1)
            figures[part] = added(figures[part], now) if given.first else now
    RESULTS.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return int(not _held(figures))


PARTS: dict[str, Callable[[Iterable[int]], dict[str, Any]]] = {"pairs": of_pairs, "wrong": of_wrong, "right": of_right}


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
