"""The forward pass alone, over any number of rows, tile after tile of them: for labelling, and to watch a training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.arrays import Array, FloatArray, IntArray
from clearprop.engines.cpu.blas import blas_address
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
from clearprop.engines.cpu.plan import Memory, Parameters, Records, layer_records
from clearprop.engines.cpu.products import multiply_address
from clearprop.engines.cpu.rows import add_bias, find_classes
from clearprop.engines.cpu.workers import side_by_side, workers_for_rows
from clearprop.engines.one_thread import one_blas_thread
from clearprop.engines.protocol import State
from clearprop.equations.activations import Activation
from clearprop.network import Network

PRODUCTS = np.dtype([(name, np.int64) for name in ("blas", "multiply", "add_bias")])
"""The kernels that a forward pass needs besides the activations."""

TILE = 512
"""Rows that go through all layers together, so that their activations stay in the cache."""
CHUNK = 16_384
"""Rows of another number type than the network's that are converted together."""
_NO_CLASSES = np.empty(0, np.int64)
"""Where classes are not asked for."""


@compiled
def pass_rows(
    x: Array, products: Any, layers: Array, first: int, last: int, result: Array, scores: bool, classes: Array
) -> bool:
    """Rows first, …, last - 1 of x through the network: z of the output layer, or a; NaN for a row with NaN or infinity
    in it; and the classes that a says. Whether all of it is finite. Of `result` and `classes` one may have no rows."""
    one, zero, finite = x.dtype.type(1), x.dtype.type(0), True
    for start in range(first, last, TILE):
        stop = min(start + TILE, last)
        before = x[start:stop]
        for index in range(len(layers)):
            layer = layers[index]
            a = table(x, layer.a, layer.n_out, 0, stop - start)
            if index == len(layers) - 1 and len(result) > 0:
                a = result[start:stop]
            W, b = table(x, layer.W, layer.n_out, 0, layer.n_in), vector(x, layer.b, 0, layer.n_out)
            call(products.multiply, (products.blas, one, before[:, :], W[:, :], zero, a))
            if index == 0:
                spoil_rows(a)
            if index == len(layers) - 1 and scores:
                call(products.add_bias, (a, b, a))
            else:
                call(layer.value, (a, b, table(x, layer.slope, layer.n_out, 0, stop - start)))
            before = a
        for number in flat(before):
            finite &= np.isfinite(number)
        if len(classes) > 0:
            find_classes(before, classes[start:stop])
    return finite


@inner
def spoil_rows(z: Array) -> None:
    """A row whose first sum is not finite becomes NaN, and so does what is made of it: one NaN or infinity among the
    inputs makes each sum so, and an activation would hide it."""
    for i in range(z.shape[0]):
        if not np.isfinite(z[i, 0]):
            z[i, :] = np.nan


class ForwardPass:
    """The forward pass of a network whose parameters lie in a Memory."""

    def __init__(self, parameters: Parameters, activations: Sequence[Activation], memory: Memory) -> None:
        self._parameters, self._activations, self._memory = parameters, activations, memory
        self._sizes = [len(parameters.W[0]), *(W.shape[1] for W in parameters.W)]
        self._spare: list[Records] = []
        """Records that nobody uses now, each with its own room for activations: threads may label at once."""
        with announced():
            self._products = _products(memory.precision)
            self.outputs(np.zeros((1, self._sizes[0]), memory.precision))

    def scores(self, x: FloatArray) -> FloatArray:
        """The weighted inputs z of the output layer, (n, units)."""
        z = self._room(len(x))
        self._pass(x, z, True, _NO_CLASSES)
        return z

    def outputs(self, x: FloatArray) -> tuple[FloatArray, bool]:
        """The activations of the output layer, (n, units), and whether all are finite."""
        a = self._room(len(x))
        return a, self._pass(x, a, False, _NO_CLASSES)

    def classes(self, x: FloatArray) -> tuple[IntArray, bool]:
        """The class that these say for each row, (n,), and whether all were finite."""
        classes = np.empty(len(x), np.int64)
        return classes, self._pass(x, self._room(0), False, classes)

    def _room(self, rows: int) -> FloatArray:
        return np.empty((rows, self._sizes[-1]), self._memory.precision)

    def _pass(self, x: FloatArray, result: FloatArray, scores: bool, classes: IntArray) -> bool:
        if len(x) == 1:  # it is done before BLAS could be told to use one thread
            return self._rows(self._as_wanted(x), 0, 1, result, scores, classes)
        as_it_is = x.dtype == self._memory.precision and x.flags.c_contiguous
        step, finite = max(1, len(x) if as_it_is else CHUNK), True
        with one_blas_thread():
            for first in range(0, len(x), step):
                part = slice(first, first + step)
                finite &= self._share(self._as_wanted(x[part]), result[part], scores, classes[part])
        return finite

    def _as_wanted(self, x: FloatArray) -> FloatArray:
        if x.dtype == self._memory.precision:
            return np.ascontiguousarray(x)
        with np.errstate(over="ignore"):  # too large a number becomes infinity, and its row NaN
            return np.ascontiguousarray(x, self._memory.precision)

    def _share(self, x: FloatArray, result: FloatArray, scores: bool, classes: IntArray) -> bool:
        rows, workers = len(x), workers_for_rows(self._sizes, len(x))
        finite = [True] * workers

        def work(worker: int) -> None:
            first, last = rows * worker // workers, rows * (worker + 1) // workers
            finite[worker] = self._rows(x, first, last, result, scores, classes)

        side_by_side(workers, work)
        return all(finite)

    def _rows(self, x: FloatArray, first: int, last: int, result: FloatArray, scores: bool, classes: IntArray) -> bool:
        try:
            layers = self._spare.pop()
        except IndexError:
            layers = layer_records(self._parameters, self._activations, TILE, self._memory)
        try:
            return bool(pass_rows(x, self._products, layers, first, last, result, scores, classes))
        finally:
            self._spare.append(layers)


def forward_pass(network: Network) -> ForwardPass:
    """The forward pass of a network, in its own precision."""
    memory = Memory(str(np.result_type(*network.weights)))
    state = State(tuple(network.weights), tuple(network.biases), tuple(({}, {}) for _ in network.layers))
    return ForwardPass(Parameters.of(state, memory), network.activations, memory)


def _products(precision: str) -> Any:
    table = TABLE[precision]
    products = np.zeros(1, PRODUCTS)[0]
    products["blas"] = blas_address(precision)
    products["multiply"] = multiply_address(precision)
    products["add_bias"] = address_of(add_bias, table, VECTOR[precision], table)
    return products
