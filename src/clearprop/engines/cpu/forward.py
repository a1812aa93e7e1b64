"""The forward pass alone, over any number of rows, some of them at a time: for labelling, and to watch a training."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from clearprop.arrays import Array, FloatArray, IntArray
from clearprop.engines.cpu.compiling import (
    TABLE,
    VECTOR,
    address_of,
    announced,
    call,
    compiled,
    flat,
    inner,
    table,
    vector,
)
from clearprop.engines.cpu.plan import Memory, Parameters, Records, layer_records, rows_together
from clearprop.engines.cpu.products import multiply_address, routines_address, skips_zeros
from clearprop.engines.cpu.rows import add_bias, find_classes
from clearprop.engines.cpu.strips import LONGEST, multiply_nonzero_address, strip_of
from clearprop.engines.cpu.workers import side_by_side, workers_for_rows
from clearprop.engines.cpu.zeros import (
    FEW,
    FEW_OF_ONE,
    SHARED,
    fetch_nonzero_address,
    has_few,
    is_wide,
    mostly_zero,
)
from clearprop.engines.one_thread import one_blas_thread
from clearprop.engines.protocol import State
from clearprop.equations.activations import Activation
from clearprop.network import Network

PASS = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("routines", "multiply", "multiply_first", "add_bias"),
            *("fetch_nonzero", "multiply_nonzero"),
            *("at_once", "rows", "values", "columns", "lists", "found", "strip"),
        )
    ]
)
"""What a forward pass is told besides its layers: kernels; how many rows it takes at once; where the numbers 0, 1, … of
so many rows lie, and room for their inputs without the zeros and for a strip of W⁽¹⁾."""

CHUNK = 16_384
"""Rows of another number type than the network's that are converted together."""
_NO_CLASSES = np.empty(0, np.int64)
"""Where classes are not asked for."""


@compiled
def pass_rows(
    x: Array,
    tasks: Array,
    layers: Array,
    first: int,
    last: int,
    result: Array,
    classes: Array,
    scores: bool,
    by_lists: bool,
) -> bool:
    """Rows first, …, last - 1 of x through the network: z of the output layer, or a; NaN for a row with NaN or infinity
    in it (`spoil_rows`); and the classes that a says. Whether all of it is finite. Of `result` and `classes` one may
    have no rows. Zeros among the inputs are left out `by_lists`, or by `multiply_first` itself; of one row alone, in
    every wide layer where they are many."""
    one, zero, finite, task = x.dtype.type(1), x.dtype.type(0), True, tasks[0]
    for start in range(first, last, task.at_once):
        stop = min(start + task.at_once, last)
        before = x[start:stop]
        for index in range(len(layers)):
            layer = layers[index]
            a = table(x, layer.a, layer.n_out, 0, stop - start)
            if index == len(layers) - 1 and len(result) > 0:
                a = result[start:stop]
            W, b = table(x, layer.W, layer.n_out, 0, layer.n_in), vector(x, layer.b, 0, layer.n_out)
            if len(x) == 1:
                few = FEW if W.size >= SHARED else FEW_OF_ONE
                leaves_out = is_wide(layer.n_out * x.itemsize) and has_few(before[0], few)
            else:
                leaves_out = by_lists and index == 0
            if leaves_out:
                multiply_nonzero_rows(before, task, W, a)
            else:
                address = task.multiply_first if index == 0 and len(x) > 1 else task.multiply
                call(address, (task.routines, one, before[:, :], W[:, :], zero, a))
            if index == 0:
                spoil_rows(a)
            if index == len(layers) - 1 and scores:
                call(task.add_bias, (a, b, a))
            else:
                call(layer.value, (a, b, table(x, layer.slope, layer.n_out, 0, stop - start)))
            before = a
        for number in flat(before):
            finite &= np.isfinite(number)
        if len(classes) > 0:
            find_classes(before, classes[start:stop])
    return finite


@inner
def multiply_nonzero_rows(x: Array, task: Any, W: Array, products: Array) -> None:
    """x W, without the zeros of x."""
    one, zero, count, width = x.dtype.type(1), x.dtype.type(0), x.shape[0], x.shape[1]
    rows = vector(np.int64, task.rows, 0, count)
    values, columns = vector(x, task.values, 0, count * width), vector(np.int32, task.columns, 0, count * width)
    lists, found = table(np.int64, task.lists, 2, 0, count), table(np.int64, task.found, 2, 0, 1)
    call(task.fetch_nonzero, (np.int64(x.ctypes.data), rows, width, 0, width, found, values, columns, lists))
    call(task.multiply_nonzero, (one, values, columns, lists, W, zero, products, task.strip))


@inner
def spoil_rows(z: Array) -> None:
    """A row whose first sum is not finite becomes NaN, and so does what is made of it: one NaN or infinity among the
    inputs makes each sum so, and an activation would hide it. So does a row whose first sum is too large a number."""
    for i in range(z.shape[0]):
        if not np.isfinite(z[i, 0]):
            z[i, :] = np.nan


class Wanted(NamedTuple):
    """What is wanted of some rows: z of the output layer (the scores) or a as `result`, (n, units), or their classes,
    (n,); what is not wanted has no rows."""

    result: FloatArray
    classes: IntArray
    scores: bool = False


class ForwardPass:
    """The forward pass of a network whose parameters lie in a Memory."""

    def __init__(self, parameters: Parameters, activations: Sequence[Activation], memory: Memory) -> None:
        self._parameters, self._activations, self._memory = parameters, activations, memory
        self._sizes = [len(parameters.W[0]), *(W.shape[1] for W in parameters.W)]
        self._wide = [is_wide(W.strides[0]) for W in parameters.W]
        self._spare: list[tuple[Records, Records]] = []
        """Records that nobody uses now, each with its own room for activations: threads may label at once."""
        with announced():
            self._spare.append(self._new_records())
            self.outputs(np.zeros((1, self._sizes[0]), memory.precision))

    def scores(self, x: FloatArray) -> FloatArray:
        """The weighted inputs z of the output layer, (n, units)."""
        z = self._room(len(x))
        self._pass(x, Wanted(z, _NO_CLASSES, scores=True))
        return z

    def outputs(self, x: FloatArray) -> tuple[FloatArray, bool]:
        """The activations of the output layer, (n, units), and whether all are finite."""
        a = self._room(len(x))
        return a, self._pass(x, Wanted(a, _NO_CLASSES))

    def classes(self, x: FloatArray) -> tuple[IntArray, bool]:
        """The class that these say for each row, (n,), and whether all were finite."""
        classes = np.empty(len(x), np.int64)
        return classes, self._pass(x, Wanted(self._room(0), classes))

    def _room(self, rows: int) -> FloatArray:
        return np.empty((rows, self._sizes[-1]), self._memory.precision)

    def _pass(self, x: FloatArray, wanted: Wanted) -> bool:
        if len(x) == 1:  # it is done before BLAS could be told to use one thread
            return self._rows(self._in_precision(x), 0, 1, wanted, False)
        leaves_out = self._wide[0] and mostly_zero(x)
        as_it_is = x.dtype == self._memory.precision and x.flags.c_contiguous
        step, finite = max(1, len(x) if as_it_is else CHUNK), True
        with one_blas_thread():
            for first in range(0, len(x), step):
                part = slice(first, first + step)
                of_part = Wanted(wanted.result[part], wanted.classes[part], wanted.scores)
                finite &= self._share(self._in_precision(x[part]), of_part, leaves_out)
        return finite

    def _in_precision(self, x: FloatArray) -> FloatArray:
        if x.dtype == self._memory.precision:
            return np.ascontiguousarray(x)
        with np.errstate(over="ignore"):  # too large a number becomes infinity, and its row NaN
            return np.ascontiguousarray(x, self._memory.precision)

    def _share(self, x: FloatArray, wanted: Wanted, leaves_out: bool) -> bool:
        rows, workers = len(x), workers_for_rows(self._sizes, len(x))
        finite = [True] * workers

        def work(worker: int) -> None:
            first, last = rows * worker // workers, rows * (worker + 1) // workers
            finite[worker] = self._rows(x, first, last, wanted, leaves_out)

        side_by_side(workers, work)
        return all(finite)

    def _rows(self, x: FloatArray, first: int, last: int, wanted: Wanted, leaves_out: bool) -> bool:
        try:
            tasks, layers = self._spare.pop()
        except IndexError:
            tasks, layers = self._new_records()
        try:
            skips = leaves_out and self._skips_zeros(last - first)
            by_lists = leaves_out and not skips
            if len(x) > 1:
                tasks["multiply_first"] = multiply_address(self._memory.precision, mostly_zero=skips)
                tasks["routines"] = self._for_many
            one_row_may = len(x) == 1 and any(self._wide)
            if (by_lists or one_row_may) and not tasks["lists"][0]:
                self._add_lists(tasks[0])
            return bool(pass_rows(x, tasks, layers, first, last, *wanted, by_lists))
        finally:
            self._spare.append((tasks, layers))

    def _skips_zeros(self, rows: int) -> bool:
        """Whether inputs of so many rows, most of whose numbers are 0, are multiplied in blocks."""
        n_in, n_out = self._sizes[:2]
        return skips_zeros(min(rows, rows_together(self._sizes)), n_in, n_out, self._memory.precision)

    @cached_property
    def _for_many(self) -> int:
        """Where the addresses of the routines lie for the products of many rows."""
        with announced():
            return routines_address(self._memory.precision, self._sizes, rows_together(self._sizes))

    def _new_records(self) -> tuple[Records, Records]:
        """One PASS, in an array of its own, which Numba takes faster than a record alone; and the layers."""
        memory, tasks = self._memory, np.zeros(1, PASS)
        task, table = tasks[0], TABLE[memory.precision]
        task["at_once"], task["multiply"] = rows_together(self._sizes), multiply_address(memory.precision)
        task["routines"] = routines_address(memory.precision, self._sizes, 1)
        task["add_bias"] = address_of(add_bias, table, VECTOR[memory.precision], table)
        return tasks, layer_records(self._parameters, self._activations, int(task["at_once"]), memory)

    def _add_lists(self, task: Any) -> None:
        """Give it what it needs to leave out zeros."""
        memory, width, widest, at_once = self._memory, self._sizes[0], max(self._sizes), int(task["at_once"])
        task["fetch_nonzero"] = fetch_nonzero_address(memory.precision, memory.precision)
        # strips no longer than the rows of any wide layer
        narrowest = min(W.strides[0] for W, is_one in zip(self._parameters.W, self._wide, strict=True) if is_one)
        task["multiply_nonzero"] = multiply_nonzero_address(strip_of(narrowest, width, at_once), memory.precision)
        rows = memory.zeros(at_once, precision="int64")
        rows[...] = range(at_once)
        # for what is not 0 in so many rows of inputs, or in one row of any layer
        room = max(at_once * width, widest)
        task["rows"], task["values"] = rows.ctypes.data, memory.address(room)
        task["columns"] = memory.address(room, precision="int32")
        task["found"] = memory.address(1, 2, precision="int64")
        task["strip"] = memory.address(widest, LONGEST, precision="uint8")
        # last: where lists are there, all is; for all this there may be too little memory
        task["lists"] = memory.address(at_once, 2, precision="int64")


def forward_pass(network: Network) -> ForwardPass:
    """The forward pass of a network, in its own precision."""
    memory = Memory(str(np.result_type(*network.weights)))
    state = State(tuple(network.weights), tuple(network.biases), tuple(({}, {}) for _ in network.layers))
    return ForwardPass(Parameters.of(state, memory), network.activations, memory)
