"""Two trainings at once on all cores, each with as many workers as the engine gives it: how much of its lone speed each
keeps.

    python benchmarks/two_at_once.py [--works W1,W2] [--rounds 7] [--again] [--data FOLDER]

Each is a process of its own, and both train the same work of `training_speed.py`. In every round first the one trains
while the other rests, then both at once. Half the speed each would be all that the cores have; what is missing to that
went into waiting. With --again the run stands beside those before it at other moments; of all of them the one in which
least was kept stands first. FOLDER holds MNIST's four IDX files; without it `mnist/` is read in the folder that
CLEARPROP_DATA names, else in ../shared/data. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor

from peers import OURS
from peers.protocol import Work
from rounds import (
    Answer,
    Worker,
    alternate,
    as_task,
    costliest_of_runs,
    count,
    described,
    keep_result,
    kept_result,
    machine,
    mnist,
    now,
    parser_for,
    start_of,
    summary,
    variants_of,
)
from training_speed import SECONDS, WORKS, ready


def speed_of(worker: Worker) -> float:
    answer = worker.ask("round", seconds=SECONDS, seed=1)
    return float(answer["examples"] / answer["seconds"])


def measure(work: Work, rounds: int, digits: str) -> Answer:
    """The speed of a training alone, of both at once, and the share of the first that the slower of both keeps."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as at_once:
        _, path = start_of(work.sizes, work.hidden, folder)
        variant = next(iter(variants_of(OURS, "training", work).values()))
        both = [ready(Worker.start("train", OURS, variant, as_task(work, digits, path))) for _ in range(2)]
        try:

            def one_round(name: str, _: int) -> list[float]:
                return list(at_once.map(speed_of, both if name == "at once" else both[:1]))

            found = alternate(["alone", "at once"], rounds, one_round, work.name)
        finally:
            for worker in both:
                worker.stop()
    alone = [speed for (speed,) in found["alone"]]
    slower = [min(speeds) for speeds in found["at once"]]
    kept = [one / statistics.median(alone) for one in slower]
    return {
        **now(),
        "shape": work.shape,
        "alone": summary(alone),
        "slower_of_both": summary(slower),
        "kept": summary(kept),
    }


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--works", default="W1,W2,W3")
    options = parser.parse_args()
    digits, about = mnist(options.data), machine()
    print(described(about))
    works: Answer = kept_result("two_at_once", about).get("works", {}) if options.again else {}
    for name in options.works.split(","):
        figures = measure(WORKS[name], options.rounds, digits)
        works[name] = costliest_of_runs(works.get(name), figures, lambda each: 1 - float(each["kept"]["median"]))
        print(
            f"{name}: {figures['shape']}: alone {count(figures['alone']['median'])} examples/s; of two at once the "
            f"slower keeps {figures['kept']['median']:.0%} of that ({figures['kept']['least']:.0%} to "
            f"{figures['kept']['most']:.0%} by round)",
            flush=True,
        )
    keep_result("two_at_once", {"machine": about, "works": works})


if __name__ == "__main__":
    main()
