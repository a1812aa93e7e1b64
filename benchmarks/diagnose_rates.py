"""How often `diagnose` names the cause, and how often it claims one where there is none.

    python benchmarks/diagnose_rates.py [--half shown|held-back|all] [--only TEXT] [--seconds 200] [--budget 60]
                                        [--confirm] [--again]

Every case of benchmarks/sick/ is diagnosed: sick trainings with one cause, with two, and healthy ones. Half of them are
held back while thresholds are chosen. A case is found when its causes are among the proven ones; a cure that is the
same by another name counts (EQUIVALENT). `--confirm` trains on ten seeds instead, without `diagnose`: is a sick case
sick, and is it cured without its causes? Is one with two causes still sick with either of them? Does a healthy one
learn? `--again` diagnoses with other seeds, and counts how often the verdict is the same.

Results are kept case by case in benchmarks/results/diagnose.json; a run goes on where the last one stopped, and stops
after `--seconds`. The rates are printed of what is there. `--budget` is that of each diagnosis, in seconds: on a busy
machine a longer one gets as far down the list as 60 seconds on a quiet one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from sick.cases import Case, cases
from sick.setups import setup_of

import clearprop as cp
from clearprop.diagnosing.examination import BUDGET
from clearprop.diagnosing.found import FAILS
from clearprop.diagnosing.outcome import run
from clearprop.evaluation import wilson_interval

RESULTS = Path(__file__).parent / "results" / "diagnose.json"
SEEDS = range(10)
LATER = 1_000
"""How far the other seeds are from the first ones."""
WEAK = 0.4
"""A healthy or cured training that reaches less skill is not called one."""

EQUIVALENT = {
    # ten times the steps, or steps ten times as long: the same way
    "lr-too-low": {"epochs-too-few", "batch-of-everything"},
    "epochs-too-few": {"lr-too-low", "batch-of-everything"},
    "batch-of-everything": {"epochs-too-few", "lr-too-low"},
    # the sum over n examples is n times as large a step
    "sum-instead-of-mean": {"lr-too-high"},
    # what saturates is the product of weights and inputs; a fresh start replaces all of it
    "init-too-large": {"saturation", "init-all-positive-large"},
    "init-all-positive-large": {"saturation", "init-too-large"},
    "saturation": {"init-too-large", "init-all-positive-large"},
}


def diagnosed(case: Case, seeds_later: int, budget: float) -> dict[str, Any]:
    """What the diagnosis says, and how long it took: on the clock, and of all processors together."""
    began, worked = time.perf_counter(), time.process_time()
    seed = case.arguments.get("seed", 0) + seeds_later
    diagnosis = cp.diagnose(**{**case.arguments, "seed": seed}, budget=budget)
    return {
        "proven": [list(cure.causes) for cure in diagnosis.cures],
        "learns": diagnosis.settings_are_fine,
        "suspected": [suspect.rule.id for suspect in diagnosis.found.suspects],
        "stopped": diagnosis.stopped,
        "seconds": round(time.perf_counter() - began, 2),
        "processor seconds": round(time.process_time() - worked, 2),
    }


def confirmed(case: Case) -> dict[str, Any]:
    """The skill of a training with its causes, without them, and with each of two alone: the mean over ten seeds, on
    held-back rows and on test rows."""
    arms = {"cured": case.cured}
    if case.causes:
        arms |= {"sick": case.arguments}
    arms |= {f"with {cause} alone": half for cause, half in zip(case.causes, case.halves, strict=False)}
    kept: dict[str, Any] = {}
    for name, arguments in arms.items():
        setup = setup_of(arguments)
        outcomes = [run(setup, seed, lambda: False) for seed in SEEDS]
        kept[name] = round(fmean(outcome.skill for outcome in outcomes), 3)
        if setup.test is not None:
            kept[f"{name} on test rows"] = round(fmean(outcome.test_skill or 0.0 for outcome in outcomes), 3)
    return kept


def is_sick(result: dict[str, Any], arm: str) -> bool:
    """Whether an arm reaches less than the cured one by what counts as failing."""
    return any(
        result[f"{arm}{where}"] < FAILS * result[f"cured{where}"]
        for where in ("", " on test rows")
        if f"{arm}{where}" in result
    )


def is_confirmed(result: dict[str, Any]) -> bool:
    """Whether a case is sick with its causes, with each of them alone too, and learns without them."""
    arms = [name for name in result if name == "sick" or name.endswith(" alone")]
    return result["cured"] >= WEAK and all(is_sick(result, arm) for arm in arms)


def found(case: Case, result: dict[str, Any]) -> bool:
    """Whether every cause of the case is among the proven ones, by its own or an equivalent name."""
    proven = {cause for causes in result["proven"] for cause in causes}
    return all(proven & ({cause} | EQUIVALENT.get(cause, set())) for cause in case.causes)


def found_first(case: Case, result: dict[str, Any]) -> bool:
    """Whether the smallest change that is told first has the causes of the case, and no other."""
    first = result["proven"][:1]
    return bool(first) and len(first[0]) == len(case.causes) and found(case, {"proven": first})


def keep(results: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def go_on(chosen: list[Case], part: str, work: Callable[[Case], Any], seconds: float) -> dict[str, Any]:
    """Do what is not done yet, until the time is up."""
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    done = results.setdefault(part, {})
    deadline = time.perf_counter() + seconds
    for case in chosen:
        if case.id not in done and time.perf_counter() < deadline:
            done[case.id] = work(case)
            keep(results)
    return {case.id: done[case.id] for case in chosen if case.id in done}


def share(right: int, of: int) -> str:
    if not of:
        return "none run"
    low, high = wilson_interval(right, of)
    return f"{right} of {of} ({right / of:.1%}, 95 % interval {low:.1%} to {high:.1%})"


def print_rates(chosen: list[Case], results: dict[str, Any]) -> None:
    ran = [case for case in chosen if case.id in results]
    print(f"{len(ran)} of {len(chosen)} cases run, {sum(results[case.id]['seconds'] for case in ran):.0f} s in all.")
    for name, count in (("one cause", 1), ("two causes", 2)):
        kind = [case for case in ran if len(case.causes) == count]
        print(f"{name}, named and proven: {share(sum(found(case, results[case.id]) for case in kind), len(kind))}")
        print(f"  named first: {share(sum(found_first(case, results[case.id]) for case in kind), len(kind))}")
        for case in kind:
            result = results[case.id]
            if not found(case, result):
                print(f"  missed: {case.id}: proven {result['proven']}, suspected {result['suspected']}")
    healthy = [case for case in ran if not case.causes]
    claimed = [case for case in healthy if results[case.id]["proven"]]
    print(f"healthy, a cause claimed: {share(len(claimed), len(healthy))}")
    for case in claimed:
        print(f"  claimed: {case.id}: {results[case.id]['proven']}")
    stopped = [case.id for case in ran if results[case.id].get("stopped")]
    print(f"stopped by the budget: {', '.join(stopped) or 'none'}")
    for name in ("seconds", "processor seconds"):
        if times := sorted(results[case.id][name] for case in ran if name in results[case.id]):
            print(
                f"{name} a case: median {times[len(times) // 2]:.1f}, longest {times[-1]:.1f}, "
                f"{sum(t <= 10 for t in times)} of {len(times)} at most 10"
            )


def print_confirmed(chosen: list[Case], results: dict[str, Any]) -> None:
    ran = [case for case in chosen if case.id in results]
    for kind, causes in (("sick for one cause", 1), ("sick for two, and for each alone", 2), ("healthy", 0)):
        some = [case for case in ran if len(case.causes) == causes]
        right = sum(is_confirmed(results[case.id]) for case in some)
        print(f"{kind}, over {len(SEEDS)} seeds: {share(right, len(some))}")
        for case in some:
            if not is_confirmed(results[case.id]):
                print(f"  not so: {case.id}: {results[case.id]}")


def print_kinds(chosen: list[Case]) -> None:
    """On how many data sets and shapes each cause is."""
    kinds = {
        cause: (len({case.data for case in same}), len({case.shape for case in same}))
        for cause in {cause for case in chosen for cause in case.causes}
        if (same := [case for case in chosen if case.causes == (cause,)])
    }
    if kinds:
        data_sets, shapes = (min(counts) for counts in zip(*kinds.values(), strict=True))
        pairs = [set(case.causes) for case in chosen if len(case.causes) == 2]
        print(
            f"{len(kinds)} causes, each alone on at least {data_sets} data sets and {shapes} shapes; "
            f"{len(pairs)} pairs of {len(set().union(*pairs))} causes; "
            f"{sum(not case.causes for case in chosen)} healthy trainings."
        )


def print_again(chosen: list[Case], first: dict[str, Any], again: dict[str, Any]) -> None:
    both = [case for case in chosen if case.id in first and case.id in again]

    def causes(result: dict[str, Any]) -> set[str]:
        return {cause for part in result["proven"][:1] for cause in part}

    same = [
        case
        for case in both
        if found(case, first[case.id]) == found(case, again[case.id])
        and bool(first[case.id]["proven"]) == bool(again[case.id]["proven"])
    ]
    print(f"same verdict with other seeds: {share(len(same), len(both))}")
    for case in both:
        if case not in same:
            print(f"  differs: {case.id}: {causes(first[case.id])} and {causes(again[case.id])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("shown", "held-back", "all"), default="all")
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--seconds", type=float, default=200.0)
    parser.add_argument("--budget", type=float, default=BUDGET)
    parser.add_argument("--confirm", action="store_true")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    chosen = [
        case
        for case in cases()
        if options.only in case.id and (options.half == "all" or case.held_back == (options.half == "held-back"))
    ]
    print_kinds(chosen)
    if options.confirm:
        print_confirmed(chosen, go_on(chosen, "confirmed", confirmed, options.seconds))
        return
    time_for_first = 0.0 if options.again else options.seconds
    first = go_on(chosen, "diagnosed", lambda case: diagnosed(case, 0, options.budget), time_for_first)
    if options.again:
        again = go_on(chosen, "diagnosed again", lambda case: diagnosed(case, LATER, options.budget), options.seconds)
        print_again(chosen, first, again)
    else:
        print_rates(chosen, first)


if __name__ == "__main__":
    main()
