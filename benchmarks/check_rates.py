"""How often `check` names mistakes, and how often it accuses what is right or names what it cannot know.

    python benchmarks/check_rates.py --pairs 400 --wrong 2000 --right 2000

Random networks of one to three layers with all activations and costs. Pairs: two different mistakes of the catalogue in
random layers. Wrong: gradients with random terms, factors, indices and noise that are in no catalogue. Right: the mean
or the sum, in float64, float32, or rounded to 2 to 5 decimals. Programs: those of the tests, each with one line changed
and as they were. Alarms: right code that is often called wrong. Ends with exit code 1 if a promise is not held: nothing
right is called wrong, nothing unknown gets a name, no pair gets a wrong name, nine pairs in ten are named completely.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import clearprop as cp
from checking.mutants import DESCRIBED, KINDS, MUTANTS, PROGRAMS, Mutant
from checking.random_checks import (
    Outcome,
    named_completely,
    pair_of_mistakes,
    right_program,
    wrong_gradients,
    wrong_names,
)
from checking.test_false_alarms import CASES
from checking.test_mutants import checked
from clearprop.checking import Mistake
from clearprop.evaluation import wilson_interval

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


def of_programs(_: Iterable[int]) -> dict[str, Any]:
    """Of programs with one line changed, and of the programs as they were."""
    with tempfile.TemporaryDirectory() as folder:
        found = [_found(mutant, Path(folder) / f"program{number}.py") for number, mutant in enumerate(MUTANTS)]
    healthy = [
        checked(PROGRAMS / f"{name}.py", kind, **{**DESCRIBED[name], "kind": kind}).ok
        for name, kinds in KINDS.items()
        for kind in kinds
    ]
    lined = [mutant for mutant in MUTANTS if mutant.line]
    return {
        "programs": len(MUTANTS),
        "classes": len({mutant.id for mutant in MUTANTS}),
        "named": sum(mistake is not None for mistake in found),
        "with_a_line_to_show": len(lined),
        "right_line": sum(
            mistake is not None and mistake.line == mutant.number
            for mutant, mistake in zip(MUTANTS, found, strict=True)
            if mutant.line
        ),
        "healthy": len(healthy),
        "healthy_that_pass": sum(healthy),
    }


def _found(mutant: Mutant, path: Path) -> Mistake | None:
    """The finding with the mutant's name."""
    path.write_text(mutant.source)
    report = checked(path, mutant.kind, **mutant.description)
    return next((each for each in report.mistakes if mutant.id in (each.id, *each.also)), None)


def of_alarms(_: Iterable[int]) -> dict[str, Any]:
    """Of right code that is often called wrong."""
    findings = [name for name, (function, described) in CASES.items() if cp.check(function, **described).mistakes]
    return {"false_alarms": len(CASES), "with_a_finding": len(findings), "found": findings}


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
            now = measure(range(given.first, getattr(given, part, 0)))
            now["seconds"] = round(time.perf_counter() - began, 1)
            figures[part] = added(figures[part], now) if given.first else now
    figures["rates"] = dict(rates_of(figures))
    RESULTS.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return int(not _held(figures))


RATES = (
    ("pairs", "named_completely", "pairs"),
    ("pairs", "wrong_names", "pairs"),
    ("wrong", "unknown_with_a_name", "unknown"),
    ("right", "right_called_wrong", "right"),
    ("programs", "named", "programs"),
    ("programs", "right_line", "with_a_line_to_show"),
    ("programs", "healthy_that_pass", "healthy"),
    ("alarms", "with_a_finding", "false_alarms"),
)
"""What is counted in a part, and of how many."""


def rates_of(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every rate that was measured, with its 95 % interval."""
    for part, counted, of in RATES:
        if part in figures:
            number, total = figures[part][counted], figures[part][of]
            low, high = wilson_interval(number, total)
            yield f"{part}: {counted}", f"{number} of {total} ({number / total:.1%}, {low:.1%} to {high:.1%})"


PARTS: dict[str, Callable[[Iterable[int]], dict[str, Any]]] = {
    "pairs": of_pairs,
    "wrong": of_wrong,
    "right": of_right,
    "programs": of_programs,
    "alarms": of_alarms,
}


def _held(figures: dict[str, Any]) -> bool:
    """Whether the promises are held by what was measured."""
    pairs, wrong, right, programs, alarms = map(figures.get, PARTS)
    return (
        (pairs is None or (not pairs["wrong_names"] and pairs["named_completely"] >= NAMED * pairs["pairs"]))
        and (wrong is None or not wrong["unknown_with_a_name"])
        and (right is None or not right["right_called_wrong"])
        and (programs is None or programs["named"] == programs["programs"])
        and (alarms is None or not alarms["with_a_finding"])
    )


if __name__ == "__main__":
    sys.exit(main())
