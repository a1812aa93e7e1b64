"""The page of the speeds, made of what the benchmarks have left in benchmarks/results/."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"

Result = dict[str, Any]


def page(made: str) -> str:
    parts = [
        made,
        "# How fast it is\n",
        "All of it is measured by scripts in `benchmarks/` that anyone can run again; `make peers` installs the other "
        "programs. Those that are compared are processes of their own and take turns, round by round, so that a moment "
        "in which the machine is slow meets all of them; each is written in the fastest way that was found for it, and "
        "all compute the same thing, which is checked before the clock starts. A figure is the median of the rounds; "
        "in brackets stand the least and the most.\n",
    ]
    for name, section in SECTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            result = _result(name)
            parts += [*section(result), f"*{_machine(result['machine'])}; `python benchmarks/{name}.py`.*\n"]
    return "\n".join(parts)


def short_table() -> str:
    """The README's: of each work the worst of its runs, beside the fastest other program."""
    training, labelling, accuracy = (
        _result(name) for name in ("training_speed", "labelling_speed", "time_to_accuracy")
    )
    parts = _table("what", "clearprop", "the fastest other", "times as fast (worst of so many runs)", "measured by")
    for work in training["works"].values():
        each = (f"{_count(_speed(work, peer))} examples a second" for peer in _both(work))
        parts.append(_short_row(f"training {work['shape']}", *each, work, "training_speed"))
    for work in labelling["works"].values():
        many, one = work["many"], work["one"]
        each = (f"{_count(many['peers'][peer]['rows_per_second']['median'])} rows a second" for peer in _both(many))
        parts.append(_short_row(f"labelling {work['rows']:,} rows, {work['shape']}", *each, many, "labelling_speed"))
        each = (f"{one['peers'][peer]['microseconds']:.1f} µs" for peer in _both(one))
        parts.append(_short_row(f"labelling one row, {work['shape']}", *each, one, "labelling_speed"))
    for name, work in accuracy["accuracies"].items():
        each = (f"{_seconds(work['peers'][peer]['seconds']['median'])} s" for peer in _both(work))
        parts.append(_short_row(f"until {name} of MNIST's test images are right", *each, work, "time_to_accuracy"))
    return "\n".join([*parts, "", f"{_machine(training['machine'])}.", ""])


def _both(work: Result) -> tuple[str, str]:
    return "clearprop", work["best_peer"]


def _short_row(what: str, ours: str, theirs: str, work: Result, benchmark: str) -> str:
    runs = len(work.get("runs", [])) or 1
    ratio = f"{_times(work['ratio']['median'])} ({runs})"
    return _row(what, ours, f"{theirs} ({work['best_peer']})", ratio, f"`benchmarks/{benchmark}.py`")


def _speed(work: Result, peer: str) -> float:
    return float(work["peers"][peer]["examples_per_second"]["median"])


def _result(name: str) -> Result:
    result: Result = json.loads((RESULTS / f"{name}.json").read_text())
    return result


def _machine(about: Result) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"{about['processor']}, {about['cores']} cores, {', '.join(about['vectors'])}, "
        f"{about['memory_gibibytes']} GiB, {about['system'].split('-')[0]}, Python {about['python']}, {versions}"
    )


def _table(*heads: str) -> list[str]:
    return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _range(values: Result, spell: Callable[[Any], str]) -> str:
    return f"{spell(values['median'])} ({spell(values['least'])} to {spell(values['most'])})"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}"


def _seconds(taken: float | None) -> str:
    return "not reached" if taken is None else f"{taken:.2f}"


def _count(number: float) -> str:
    for size, word in ((1e6, " million"), (1e3, " thousand")):
        if number >= size:
            return f"{number / size:.3g}{word}" if number < 999.5 * size else f"{number / size:.0f}{word}"
    return f"{number:.3g}"


def _of_runs(runs: list[Result]) -> str:
    ratios = sorted(run["ratio"] for run in runs if run["ratio"])
    return ", ".join(map(_times, ratios)) if len(ratios) > 1 else "one run"


def _costs(result: Result) -> str:
    return ", ".join(f"{run['cost']:.2f}" for run in sorted(result.get("runs", []), key=lambda run: run["cost"]))


def _training(result: Result) -> Iterator[str]:
    yield "## Training\n"
    yield (
        "Examples a second, float32, ReLU, softmax, cross-entropy on MNIST. Ours sums up cost and hits as it goes; the "
        "others are spared that. The peak is that of the machine's sgemm in the same rounds. The products alone are "
        "the steps' matrix products and nothing else, made by BLAS on as many threads: what a "
        "training could reach that left all else to cost nothing and made them so. Ours makes large ones itself where "
        "the processor has vectors of 64 bytes. Four fifths of MNIST's numbers are 0, which ours leaves out; the "
        "shares count them as if they were multiplied. "
        "Of the images' negatives hardly any number is 0. Where there were more runs, at different moments, the worst "
        "of them stands here; the last column has the ratio of each.\n"
    )
    yield from _table(
        "network, mini-batch, update",
        "clearprop",
        "of the peak",
        "its products alone, of the peak",
        "the fastest other",
        "ratio, by round",
        "all runs",
    )
    for work in result["works"].values():
        best, ours = work["best_peer"], work["peers"]["clearprop"]
        theirs = work["peers"][best]
        yield _row(
            work["shape"],
            _count(ours["examples_per_second"]["median"]),
            f"{ours['share_of_peak']:.0%}",
            _products(work),
            f"{best} ({theirs['variant']}): {_count(theirs['examples_per_second']['median'])}",
            _range(work["ratio"], _times),
            _of_runs(work.get("runs", [])),
        )
    yield ""
    yield "All that were compared, as ratios of ours to theirs, each in the worst of the runs that it took part in:\n"
    for name, work in result["works"].items():
        each = (f"{peer} {ratio['median']:.2f}" for peer, ratio in work["ratios"].items())
        yield f"- {name}: {', '.join(each)}"
    yield ""
    if activations := result["activations"]:
        yield "The time of an example by the activation of the hidden layer (784-128-10), as a multiple of ReLU's:\n"
        for name, ratio in activations["time_to_relu"].items():
            yield f"- {name}: {_range(ratio, lambda number: f'{number:.3f}')}"
        yield ""


def _products(work: Result) -> str:
    """Their share of the peak, and that of ours in them."""
    ours, alone = work["peers"]["clearprop"], work["products_alone"]
    share = ours["share_of_peak"] * alone["examples_per_second"]["median"] / ours["examples_per_second"]["median"]
    return f"{share:.0%}; ours to them {_times(alone['ours']['median'])}"


def _labelling(result: Result) -> Iterator[str]:
    yield "## Labelling\n"
    yield (
        "MNIST's training images or their negatives, float32; and one of them alone, through each program's own call. "
        "Who labels many must read them: the share of ours in the speed at which two threads read them and do nothing "
        "else says how near that limit is.\n"
    )
    yield from _table(
        "network", "rows", "clearprop", "of reading alone", "the fastest other", "ratio, by round", "all runs"
    )
    for work in result["works"].values():
        for kind, rows in (("many", f"{work['rows']:,}"), ("one", "1")):
            about = work[kind]
            cells = []
            for peer in ("clearprop", about["best_peer"]):
                each = about["peers"][peer]
                speed = (
                    f"{_count(each['rows_per_second']['median'])} rows a second"
                    if kind == "many"
                    else f"{each['microseconds']:.1f} µs"
                )
                cells.append(speed if peer == "clearprop" else f"{peer} ({each['variant']}): {speed}")
            runs, reading = _of_runs(about.get("runs", [])), about.get("reading")
            cells.insert(1, f"{reading['ours']['median']:.0%}" if reading else "")
            yield _row(work["shape"], rows, *cells, _range(about["ratio"], _times), runs)
    yield ""


def _accuracy(result: Result) -> Iterator[str]:
    yield "## Until it knows MNIST\n"
    yield (
        "Seconds until so many of the 10,000 test images are labelled right, from a warm start, each with the best of "
        "the same candidate settings: those that took it there soonest in several orders of the examples. In the "
        "rounds, of other orders, it may still miss the accuracy by a few images.\n"
    )
    yield from _table("accuracy", "program", "seconds", "settings")
    for accuracy, work in result["accuracies"].items():
        for peer, about in sorted(work["peers"].items(), key=lambda item: item[1]["seconds"]["median"] or math.inf):
            yield _row(accuracy, peer, _range(about["seconds"], _seconds), about["settings"])
    yield ""
    for accuracy, work in result["accuracies"].items():
        runs = _of_runs(work.get("runs", []))
        yield f"- {accuracy}: {_times(work['ratio']['median'])} times as soon as {work['best_peer']}; all runs: {runs}"
    yield ""


def _growth(result: Result) -> Iterator[str]:
    yield "## With more rows, wider layers, larger mini-batches\n"
    yield (
        "The rows are shuffled, so that each lies anywhere in the file. Beside them stands what it takes two threads "
        "that share out the columns to read a mini-batch and then to compute for as long as a training takes whose "
        "rows stay in the cache; [decision 20](decisions/0020-rows-that-lie-anywhere-cost-what-memory-takes.md) says "
        "where the rest goes.\n"
    )
    yield from _table(
        "what grows",
        "size",
        "µs a row",
        "as a multiple",
        "its arithmetic, as a multiple",
        "reading it and computing as long, µs",
    )
    for axis, about in result["axes"].items():
        for point in about["points"]:
            yield _row(
                axis,
                f"{point['size']:,}",
                f"{point['seconds_per_row']['median'] * 1e6:.2f}",
                f"{point['time_to_first']:.2f}",
                f"{point['arithmetic_to_first']:.2f}",
                f"{point['reading']['median'] * 1e6:.2f}" if "reading" in point else "",
            )
    yield ""
    yield (
        "By how much the time of a unit of arithmetic exceeds, at worst, that of a smaller size, in all runs, of which "
        "the worst stands above:\n"
    )
    for axis, about in result["axes"].items():
        yield f"- {axis}: {_costs(about)}"
    yield ""


def _first_use(result: Result) -> Iterator[str]:
    yield "## The first use\n"
    yield "Seconds in a fresh process: the import, a training of one epoch on 3,200 rows, the label of one row.\n"
    yield from _table("program", "machine code", "import", "training", "label")
    for name, states in result["programs"].items():
        for state, parts in states.items():
            each = (f"{parts[part]['median']:.2f}" for part in ("import", "training", "labelling"))
            yield _row(name, state, *each)
    yield ""
    yield f"Ours until the first label, nothing cached, in all runs: {_costs(result)} s. The longest stands above.\n"


def _two_at_once(result: Result) -> Iterator[str]:
    yield "## Two trainings at once\n"
    yield "On all cores, each with as many workers as it takes alone; half of the lone speed is all that there is.\n"
    yield from _table("network, mini-batch, update", "alone, examples a second", "what the slower keeps", "all runs")
    for work in result["works"].values():
        kept, runs = work["kept"], sorted(1 - run["cost"] for run in work.get("runs", []))
        percent = "{:.0%}".format
        yield _row(work["shape"], _count(work["alone"]["median"]), _range(kept, percent), ", ".join(map(percent, runs)))
    yield ""


SECTIONS = {
    "training_speed": _training,
    "labelling_speed": _labelling,
    "time_to_accuracy": _accuracy,
    "growth": _growth,
    "first_use": _first_use,
    "two_at_once": _two_at_once,
}
