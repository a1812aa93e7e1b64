"""A training under way: epoch after epoch, span after span."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, is_finite
from clearprop.engines import engine_named, precision_for
from clearprop.engines.one_thread import one_blas_thread
from clearprop.engines.protocol import KEPT_AS, Data, Engine, State, Work, fresh_state, kept_precision
from clearprop.equations.schedules import schedule_named
from clearprop.errors import ArgumentError
from clearprop.network import Network
from clearprop.settings import Settings
from clearprop.sharing import Share
from clearprop.storage import Document
from clearprop.training.checkpoints import CheckpointFolder
from clearprop.training.examples import Figures, measured
from clearprop.training.history import Epoch
from clearprop.training.position import Position, Standing, difference, fingerprint, pack, require_same_run, unpack
from clearprop.training.supply import Stretch, Supply

SPAN_SECONDS = 1.0
"""How long a span takes, roughly: it is computed from the sizes, so that it is the same in every run."""
CHECKPOINT_SECONDS = 1.0
"""How long to wait at least between two checkpoints."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands; callbacks get one after every span of steps.

    `ended` is the epoch that this span completed, None in the middle of one.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    cost: float
    ended: Epoch | None
    state: State
    start: Network

    @property
    def network(self) -> Network:
        """The network as it is now."""
        return self.start.with_parameters(self.state.weights, self.state.biases)


Callback = Callable[[Progress], Any]


def steps_per_span(network: Network, batch_size: int, arithmetic: float, overhead: float) -> int:
    """How many steps an engine makes before checkpoints, interrupts and progress get their turn."""
    return max(1, int(SPAN_SECONDS * arithmetic / (6 * batch_size * network.parameter_count + overhead)))


class Run:
    """A training under way: who computes, on what, and where it stands (after the last span that went well)."""

    def __init__(
        self, start: Network, supply: Callable[[str, Share], Supply], settings: Settings, callbacks: Sequence[Callback]
    ) -> None:
        """supply: makes the examples for an engine that computes in some precision, or a process's share of them."""
        self.start, self.settings, self.callbacks = start, settings, callbacks
        self.engine: Engine = engine_named(settings.engine)
        self.precision = precision_for(self.engine, settings.precision)
        group = self.engine.group
        self.supply = supply(kept_precision(self.precision), Share(group.index, group.count))
        self.examples = len(self.supply)
        self.epochs = settings.epochs_for(self.examples)
        self.steps = settings.steps_for(self.examples)
        self.at = Standing(fresh_state(start, settings.rule, self.precision), Position())
        self.folder: CheckpointFolder | None = None
        self._interrupted = False

    def go(self) -> None:
        """Train until something stops it; `at.position.stopped` says what."""
        self._wrote, self._pause = time.perf_counter(), 0.0
        try:
            with one_blas_thread(), self._interrupts_together():  # set once, not in every epoch
                self.engine.start(self.at.state, self._work())
                while not self.at.position.stopped:
                    self._epoch() if self.at.position.epoch < self.epochs else self._stop("finished")
        except KeyboardInterrupt:
            if not self.at.position.stopped:
                self._stop("interrupted")
        if self.folder:
            self._write_checkpoint(self.folder)

    @contextmanager
    def _interrupts_together(self) -> Iterator[None]:
        """Many processes end after the same span: an interrupt of one of them waits for its end."""
        if self.engine.group.count == 1 or threading.current_thread() is not threading.main_thread():
            yield
            return

        def remember(*_: Any) -> None:
            self._interrupted = True

        before = signal.signal(signal.SIGINT, remember)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def largest_input(self) -> float:
        """The largest number among the inputs of all processes."""
        return float(max(self.engine.group.all_of(self.supply.largest_input())))

    def network(self) -> Network:
        """The network to hand over: with patience the best, else the last that was good."""
        weights, biases = self.at.best or (self.at.state.weights, self.at.state.biases)
        return self.start.with_parameters(weights, biases)

    def _work(self) -> Work:
        settings = self.settings
        return Work(
            activations=self.start.activations,
            output=self.start.output_pair,
            optimizer=settings.rule,
            options=settings.all_optimizer_options(),
            learning_rate=settings.learning_rate,
            schedule=settings.schedule,
            total_steps=self.epochs * self.steps,
            batch_size=min(settings.batch_size, self.examples),  # engines make room for that many
            l2=settings.l2,
            dropout=settings.dropout,
            seed=settings.seed,
            products=self.precision if self.precision in KEPT_AS else "",
        )

    def _epoch(self) -> None:
        """The rest of the epoch that is under way."""
        length = steps_per_span(self.start, self.settings.batch_size, self.engine.arithmetic, self.engine.step_overhead)
        with closing(self.supply.stretches(self.at.position.epoch, self.at.position.step)) as stretches:
            for stretch in stretches:
                for first in range(max(stretch.first, self.at.position.step), stretch.last, length):
                    self._span(stretch, first, min(first + length, stretch.last))
                    if self.at.position.stopped:
                        return

    def _span(self, stretch: Stretch, first: int, last: int) -> None:
        began = time.perf_counter()
        with np.errstate(all="ignore"):  # a training that diverges is told from its cost
            span = self.engine.run(stretch.data, stretch.order, first - stretch.first, last - stretch.first)
        state = self.engine.state()
        if not math.isfinite(span.cost) or not _is_finite(state):
            self._stop("diverged")
            return
        position = self.at.position.after(span, last - first, time.perf_counter() - began)
        seen = min(last * self.settings.batch_size, self.examples)
        ended = self._row(position, state) if last == self.steps else None
        if ended:
            self.at = self._watched(Standing(state, position.after_epoch(ended), self.at.best))
        else:
            self.at = replace(self.at, state=state, position=position)
        self._report(position.cost / seen, ended)
        self._checkpoint_in_time()

    def _row(self, position: Position, state: State) -> Epoch:
        examples, settings, supply = self.examples, self.settings, self.supply
        held_out = self._measured(supply.held_out()) if supply.has_held_out else None
        eta = float(schedule_named(settings.schedule)(settings.learning_rate, state.step - 1, self.epochs * self.steps))
        return Epoch(
            epoch=position.epoch + 1,
            cost=position.cost / examples,
            accuracy=position.right / examples if supply.has_classes else None,
            validation_cost=held_out.cost if held_out else None,
            validation_accuracy=held_out.accuracy if held_out else None,
            gradient_norm=position.gradient_norm,
            learning_rate=eta,
            seconds=position.seconds,
            examples_per_second=examples / max(position.seconds, 1e-9),
        )

    def _measured(self, parts: Iterable[Data]) -> Figures:
        figures = measured(self.engine.forward, self.start, parts)
        # decisions hang on it: processors may differ in the last digit
        return Figures(**self.engine.group.of_first(lambda: asdict(figures)))

    def _watched(self, at: Standing) -> Standing:
        """Early stopping: remember the best weights, and count the epochs since."""
        position, patience = at.position, self.settings.patience
        if patience is None:
            return at
        cost = position.history[-1].validation_cost
        if math.isfinite(cost) and (position.best_cost is None or cost < position.best_cost):
            best = (at.state.weights, at.state.biases)
            return Standing(at.state, replace(position, best_cost=cost, waited=0), best)
        waited = position.waited + 1
        stopped = "patience" if waited >= patience else ""
        return replace(at, position=replace(position, waited=waited, stopped=stopped))

    def _report(self, cost: float, ended: Epoch | None) -> None:
        total = self.epochs * self.steps
        state, epoch = self.at.state, self.at.position.epoch + (0 if ended else 1)
        progress = Progress(state.step, total, epoch, self.epochs, cost, ended, state, self.start)
        answers = [callback(progress) for callback in self.callbacks]
        asked = any(isinstance(answer, (bool, np.bool_)) and answer for answer in answers)
        asked, interrupted = self.engine.group.any(asked), self.engine.group.any(self._interrupted)
        if not self.at.position.stopped and (asked or interrupted):
            self._stop("interrupted" if interrupted else "callback")

    def _stop(self, reason: str) -> None:
        self.at = replace(self.at, position=replace(self.at.position, stopped=reason))

    @cached_property
    def fingerprint(self) -> dict[str, Any]:
        """What tells this run from others."""
        return {**fingerprint(self.start, self.settings, self.precision), **self.supply.fingerprint()}

    def require_same_everywhere(self) -> None:
        """ArgumentError where processes that train together were given different data or settings."""
        group = self.engine.group
        if group.count == 1:
            return
        of_first, *others = group.all_of(self.fingerprint)
        for index, theirs in enumerate(others, 1):
            if other := difference(of_first, theirs):
                raise ArgumentError(
                    f"process {index}: expected the settings and data of process 0, got {other}. "
                    f"Start all processes with the same ones."
                )

    def keep_checkpoints(self, folder: CheckpointFolder, seconds: float, resume: bool) -> None:
        """Write checkpoints into a folder; with `resume`, first take up the run that it holds."""
        group = self.engine.group
        arrays: Mapping[str, FloatArray] = {}

        def found() -> Document | None:
            """The document of the newest checkpoint; only process 0 need see the folder."""
            nonlocal arrays
            folder.prepare(resume)
            newest = folder.newest() if resume else None
            if newest is None:
                return None
            arrays, document = newest
            return document

        document = group.of_first(found)
        self.folder, self._seconds = folder if group.index == 0 else None, seconds
        if document is None:
            return
        require_same_run(folder.folder, document.get("run"), self.fingerprint)
        self.at = unpack(folder.folder, group.arrays_of_first(arrays), document, self.at.state)
        if self.at.position.stopped in ("interrupted", "callback"):
            self._stop("")

    def _checkpoint_in_time(self) -> None:
        # a checkpoint may take a twentieth of the time at most
        if self.folder and time.perf_counter() - self._wrote >= max(self._seconds, 20 * self._pause):
            self._write_checkpoint(self.folder)

    def _write_checkpoint(self, folder: CheckpointFolder) -> None:
        began = time.perf_counter()
        arrays, document = pack(self.at)
        folder.write(self.at.state.step, arrays, {**document, "run": self.fingerprint})
        self._wrote = time.perf_counter()
        self._pause = self._wrote - began


def _is_finite(state: State) -> bool:
    return all(map(is_finite, (*state.weights, *state.biases)))
