"""Where runs are made: several at once, each setup and seed no more than once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from clearprop.capacity import usable_cores
from clearprop.diagnosing.outcome import Outcome, run
from clearprop.diagnosing.setup import Setup

Report = Callable[[str], None]
"""Told in words what is being done."""


@dataclass(frozen=True, eq=False)
class Arm:
    """A setup with its runs, one for each seed."""

    setup: Setup
    outcomes: tuple[Outcome, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(outcome.seed for outcome in self.outcomes)

    @property
    def skills(self) -> tuple[float, ...]:
        return tuple(outcome.skill for outcome in self.outcomes)

    @property
    def test_skills(self) -> tuple[float, ...]:
        return tuple(0.0 if outcome.test_skill is None else outcome.test_skill for outcome in self.outcomes)


class Laboratory:
    """Makes the runs of arms on all cores. Compiled code lets other threads run beside it."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(usable_cores())

    def __enter__(self) -> Laboratory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def arm(self, setup: Setup, seeds: Sequence[int], before: Arm | None = None) -> Arm:
        """The runs of a setup on these seeds; those of `before` are not made again."""
        return next(self.arms([(setup, before)], seeds))

    def arms(self, setups: Sequence[tuple[Setup, Arm | None]], seeds: Sequence[int]) -> Iterator[Arm]:
        """The same for several setups side by side: all are begun at once, each comes when it is done."""
        begun: list[tuple[Setup, list[Outcome | Future[Outcome]]]] = []
        for setup, before in setups:
            made = {} if before is None else {outcome.seed: outcome for outcome in before.outcomes}
            runs = [made.get(seed) or self._pool.submit(run, setup, seed, self._stopping.is_set) for seed in seeds]
            begun.append((setup, runs))
        return (
            Arm(setup, tuple(made if isinstance(made, Outcome) else made.result() for made in runs))
            for setup, runs in begun
        )
