"""The CPU engine: the equations compiled, on all cores that are worth it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.engines.cpu.compiling import LINE, announced
from clearprop.engines.cpu.forward import ForwardPass
from clearprop.engines.cpu.meeting import call_off, new_meeting
from clearprop.engines.cpu.one_row import make_single_steps
from clearprop.engines.cpu.plan import (
    COST,
    OWN_SQUARES,
    RIGHT,
    SQUARES,
    Memory,
    Parameters,
    add_lists,
    add_slots,
    layer_records,
    share_records,
)
from clearprop.engines.cpu.second_process import compiled_beside
from clearprop.engines.cpu.step import make_steps
from clearprop.engines.cpu.subnormal import as_zero
from clearprop.engines.cpu.task import (
    is_single,
    keeps_lists,
    new_rates,
    new_task,
    pace_of,
    ready,
    rows_at_once,
    set_data,
    shares_of,
)
from clearprop.engines.cpu.workers import MOST_SINGLE, SEVERAL, sharers_of, side_by_side, workers_for
from clearprop.engines.one_thread import one_blas_thread
from clearprop.engines.protocol import ALONE, Data, Span, State, Work


class CpuEngine:
    """Compiled by Numba, in float32 unless float64 is wanted. The same seed and number of workers give the same
    bits."""

    name = "cpu"
    precisions = ("float32", "float64")
    arithmetic, step_overhead = 1e11, 1e6
    library_bytes = 0
    group = ALONE

    def __init__(self, workers: int | None = None) -> None:
        self._wanted = workers

    def start(self, state: State, work: Work) -> None:
        self._work, self._step = work, state.step
        self._memory = Memory(str(state.weights[0].dtype))
        self._like = np.zeros(0, self._memory.precision)
        sizes = [state.weights[0].shape[1], *map(len, state.biases)]
        single, self._rows = is_single(work), rows_at_once(work, sizes)
        self.workers = state.workers or self._wanted or workers_for(sizes, self._rows, single)
        if single:
            self.workers = min(self.workers, MOST_SINGLE)
        if not SEVERAL:
            self.workers = 1
        self._parameters = Parameters.of(state, self._memory)
        self._forward: ForwardPass | None = None
        self._data: tuple[Data, Data] | None = None
        a_line = LINE // np.dtype(np.float64).itemsize  # for each, so that no two write to the same
        self._seen = self._memory.zeros(shares_of(work, self.workers), a_line, precision="float64")
        self._sharers = sharers_of(sizes, self._rows, len(self._seen))
        self._shares = share_records(sizes, self._seen, self._rows, self._sharers, self._memory)
        with announced():
            self._loop = make_single_steps if single else make_steps
            self._wait_for_loop = compiled_beside(self._loop, self._memory.precision)
            copies = [self._parameters]
            copies += [self._parameters.copy(self._memory) for _ in range(len(self._seen) // self._sharers - 1)]
            self._layers = np.stack(
                [layer_records(each, work.activations, self._rows, self._memory, self._sharers) for each in copies]
            )
            self._task = new_task(work, sizes, self._rows, self.workers, self._sharers, self._memory)
        for layers, parameters in zip(self._layers, copies, strict=True):
            add_slots(layers, parameters, self._memory)
        self._rates = new_rates(work, self._memory.precision)

    def run(self, data: Data, order: IntArray, first_step: int, last_step: int) -> Span:
        size, steps = self._work.batch_size, last_step - first_step
        rows = np.ascontiguousarray(order[first_step * size : last_step * size], np.int64)
        self._take(data)
        # only there: a measured step computes its update in two parts, and bits must not depend on where a span ends
        self._task["measures"] = last_step * size >= len(order)
        self._seen[...] = 0
        self._make_steps(rows, pace_of(self._work, self._step, self._step + steps))
        self._step += steps
        # what the first copy of the later layers saw, and W⁽¹⁾, of which there is one
        seen, squares = self._seen[: self._sharers].sum(axis=0), self._seen[:, OWN_SQUARES].sum()
        return Span(float(seen[COST]), int(seen[RIGHT]), math.sqrt(seen[SQUARES] + squares))

    def forward(self, x: FloatArray) -> FloatArray:
        if self._forward is None:
            self._forward = ForwardPass(self._parameters, self._work.activations, self._memory)
        return self._forward.scores(x)

    def state(self) -> State:
        return replace(self._parameters.state(self._step), workers=self.workers)

    def _take(self, data: Data) -> None:
        """Point the task at the data; what had to be copied for that is kept while the data stay the same."""
        if self._data is None or self._data[0] is not data:
            self._data = data, ready(data, self._memory.precision)
            width = self._parameters.W[0].shape[1]
            with announced():
                set_data(self._task, self._work, self._data[1], width, self._memory.precision)
                self._add_lists(self._data[1].x, width * self._like.itemsize)
                self._wait_for_loop()

    def _add_lists(self, x: FloatArray, row_bytes: int) -> None:
        """Make room for the inputs x without their zeros, if they are multiplied so."""
        self._lists = Memory(self._memory.precision)
        self._shares["kept_rows"] = 0
        if self._task["fetch_nonzero"]:
            kept_rows = len(x) if keeps_lists(self._work, x, row_bytes) else 0
            add_lists(self._shares, self._rows, kept_rows, self._lists)

    def _make_steps(self, rows: IntArray, pace: FloatArray) -> None:
        """All workers together, over the examples `rows`; one step for each row of `pace`."""
        self._task["step"] = self._step
        # single examples without their zeros are one worker's alone
        workers = 1 if is_single(self._work) and self._task["fetch_nonzero"] else self.workers
        with one_blas_thread():
            meeting = new_meeting(workers)

            def work(worker: int) -> None:
                rates = self._rates.copy()  # each sets its own pace
                with as_zero():
                    self._loop(self._like, self._task, self._layers, self._shares, worker, rows, pace, rates, meeting)

            side_by_side(workers, work, lambda: call_off(meeting))
