"""What the compiled loop is told: where everything lies in memory, and which kernel computes what.

All of it stands in records of whole numbers, sizes and addresses, which compiled code reads by name. W lies as
(n_in, n_out) here, so that a row of W belongs to one input: that is how the updates are split.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.engines.cpu.activations import VALUES, pullback_of
from clearprop.engines.cpu.compiling import LINE, TABLE, VECTOR, address_of
from clearprop.engines.cpu.products import multiply_address
from clearprop.engines.cpu.strips import LONGEST
from clearprop.engines.cpu.tiles import TILE_ROWS
from clearprop.engines.cpu.workers import by_neurons
from clearprop.engines.cpu.zeros import FEW
from clearprop.engines.protocol import Slots, State
from clearprop.equations.activations import Activation

Records = np.ndarray[Any, Any]

LAYER = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("n_in", "n_out"),
            *("W", "b"),
            *("a", "slope", "delta"),
            *("W_gradient", "b_gradient"),
            *("W_first", "W_second", "b_first", "b_second"),
            *("value", "pullback", "multiply_neurons"),
        )
    ]
)
"""One layer: its sizes; where its parameters, the values of some rows, gradients and the optimizer's slots lie; its
kernels, the last of them 0 where products with W are not shared out by neurons."""

SHARE = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("first_input", "last_input"),
            *("x", "values", "columns", "lists", "values_t", "columns_t", "lists_t", "strip"),
            *("room", "found", "kept_rows"),
            *("products", "y", "z", "costs", "seen"),
            *("moves", "similarities", "kept"),
        )
    ]
)
"""One worker: the inputs that are its own; where it keeps its columns of x, as they are or without their zeros, the
transpose of that, and a strip of what these are multiplied by; how many numbers there is room for in lists, and where
those of so many rows of the data are kept; its products with W⁽¹⁾; for the output layer targets, z, and costs; what it
has SEEN; and what `one_row` keeps of a RING of groups."""

COST, RIGHT, SQUARES, OWN_SQUARES, SEEN = range(5)
"""What a worker has SEEN of a span, in float64: costs, right answers, the square of the last gradient's length, and
that of its own part of W⁽¹⁾."""

GROUP = 8
"""Steps of one example each after which W⁽¹⁾ is moved."""

RING = 3
"""Groups that are needed at once, where the first layer is one ahead: that one, the one whose steps are made, and the
one by which W⁽¹⁾ is moved."""

MOST_KEPT = 2**27
"""Numbers that are not 0 which are kept of the data at most, by all workers together: 1 GiB in float32, with their
columns."""


SMALL, LARGE = 2**17, 2**20
"""The weights of a network's largest layer below which it is small, and from which on it is large."""
SMALL_TOGETHER, TOGETHER, LARGE_TOGETHER = 256, 512, 2048
"""Rows that pass through all layers of a small network together, of others, and of a large one: few, so that what is
computed of them stays in the cache; more where there are many weights, for all of them are laid out anew each
time."""
LARGE_PAGE = 2**21
"""Bytes of a large page of memory."""
SHORT = 2**16
"""The numbers of some rows up to which all of them pass together, however many rows that are."""


def rows_together(sizes: Sequence[int]) -> int:
    """How many rows pass through all layers of a network of these sizes together."""
    largest = max(n_in * n_out for n_in, n_out in pairwise(sizes))
    together = SMALL_TOGETHER if largest < SMALL else TOGETHER if largest < LARGE else LARGE_TOGETHER
    return max(together, SHORT // max(sizes))


@dataclass(frozen=True)
class Memory:
    """Arrays of one precision that live as long as the records which name their addresses."""

    precision: str
    kept: list[Any] = field(default_factory=list)

    def zeros(self, *shape: int, precision: str | None = None) -> FloatArray:
        """A new array that begins at a cache line, with a line to spare at its end: products read beyond theirs."""
        number = np.dtype(precision or self.precision)
        size = int(np.prod(shape)) * number.itemsize
        memory = _zero_bytes(size + 2 * LINE)
        start = -memory.ctypes.data % LINE
        array: FloatArray = memory[start : start + size].view(number).reshape(shape)
        self.kept.append(array)
        return array

    def address(self, *shape: int, precision: str | None = None) -> int:
        """The address of a new array of zeros."""
        return int(self.zeros(*shape, precision=precision).ctypes.data)

    def copy(self, array: FloatArray) -> FloatArray:
        """A copy of an array."""
        copy = self.zeros(*array.shape)
        copy[...] = array
        return copy

    def inner(self, array: FloatArray) -> FloatArray:
        """A canonical array as the engine keeps it: a copy, transposed if it is a weight."""
        return self.copy(array.T)


def _zero_bytes(size: int) -> Any:
    """So many bytes, on large pages where the system has them and there are enough to fill one: rows of a wide table
    lie in ordinary pages of their own, and to find a page takes longer than to read a row's part of it."""
    if size < LARGE_PAGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.zeros(size, np.uint8)
    try:
        pages = mmap.mmap(-1, size + LARGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as failure:
        raise MemoryError(f"expected {size:,} bytes of memory, got none") from failure
    pages.madvise(mmap.MADV_HUGEPAGE)
    memory = np.frombuffer(pages, np.uint8)
    start = -memory.ctypes.data % LARGE_PAGE
    return memory[start : start + size]


def canonical(array: FloatArray) -> FloatArray:
    """The inverse of `Memory.inner`: a copy in the canonical shape."""
    return array.copy().T


@dataclass(frozen=True, eq=False)
class Parameters:
    """The numbers of a network as the engine keeps them: W (n_in, n_out), b (n_out,), and the optimizer's slots of
    each."""

    W: list[FloatArray]
    b: list[FloatArray]
    W_slots: list[dict[str, FloatArray]]
    b_slots: list[dict[str, FloatArray]]

    @staticmethod
    def of(state: State, memory: Memory) -> Parameters:
        def inner(slots: Slots) -> dict[str, FloatArray]:
            return {name: memory.inner(array) for name, array in slots.items()}

        return Parameters(
            [memory.inner(W) for W in state.weights],
            [memory.inner(b) for b in state.biases],
            [inner(of_weight) for of_weight, _ in state.slots],
            [inner(of_bias) for _, of_bias in state.slots],
        )

    def copy(self, memory: Memory) -> Parameters:
        """The same W⁽¹⁾ and slots of it, and a copy of all else."""

        def copied(slots: dict[str, FloatArray]) -> dict[str, FloatArray]:
            return {name: memory.copy(array) for name, array in slots.items()}

        return Parameters(
            [self.W[0], *map(memory.copy, self.W[1:])],
            [*map(memory.copy, self.b)],
            [self.W_slots[0], *map(copied, self.W_slots[1:])],
            [*map(copied, self.b_slots)],
        )

    def state(self, step: int) -> State:
        """A copy, in canonical shapes."""

        def outer(slots: dict[str, FloatArray]) -> Slots:
            return {name: canonical(array) for name, array in slots.items()}

        return State(
            tuple(map(canonical, self.W)),
            tuple(map(canonical, self.b)),
            tuple((outer(W), outer(b)) for W, b in zip(self.W_slots, self.b_slots, strict=True)),
            step,
        )


def layer_records(
    parameters: Parameters, activations: Sequence[Activation], rows: int, memory: Memory, sharers: int = 1
) -> Records:
    """One LAYER a layer, with room for what is computed of so many rows, which so many workers share."""
    table, vector = TABLE[memory.precision], VECTOR[memory.precision]
    layers = np.zeros(len(activations), LAYER)
    for number, (layer, activation) in enumerate(zip(layers, activations, strict=True)):
        W = parameters.W[number]
        layer["n_in"], layer["n_out"] = W.shape
        layer["W"], layer["b"] = W.ctypes.data, parameters.b[number].ctypes.data
        layer["a"], layer["slope"], layer["delta"] = (memory.address(rows, W.shape[1]) for _ in range(3))
        layer["value"] = address_of(VALUES[activation.name], table, vector, table)
        if number < len(layers) - 1:  # what the output layer needs belongs to its cost
            layer["pullback"] = address_of(pullback_of(activation), table, table)
        if number > 0 and by_neurons(W.shape[0], W.shape[1], rows, sharers):
            layer["multiply_neurons"] = multiply_address(memory.precision, by_columns=True)
    return layers


def add_slots(layers: Records, parameters: Parameters, memory: Memory) -> None:
    """Give the layers room for their gradients, and tell them where the optimizer's slots lie, in its order."""
    for layer in layers:
        layer["W_gradient"] = memory.address(layer["n_in"], layer["n_out"])
        layer["b_gradient"] = memory.address(layer["n_out"])
    for part, of_layers in (("W", parameters.W_slots), ("b", parameters.b_slots)):
        for layer, slots in zip(layers, of_layers, strict=True):
            for place, slot in zip(("first", "second"), slots.values(), strict=False):
                layer[f"{part}_{place}"] = slot.ctypes.data


def share_records(sizes: Sequence[int], seen: FloatArray, rows: int, sharers: int, memory: Memory) -> Records:
    """One SHARE a worker, who each have a row of `seen`, for a network of these sizes and so many rows at once, which
    are shared out among so many of them."""
    numbers, workers = LINE // np.dtype(memory.precision).itemsize, len(seen)
    step = max(TILE_ROWS, numbers // math.gcd(sizes[1], numbers))  # rows of W that fill whole lines, and whole tiles
    edges = [sizes[0] * worker // workers // step * step for worker in range(workers)] + [sizes[0]]
    shares = np.zeros(workers, SHARE)
    for share, first, last, own in zip(shares, edges[:-1], edges[1:], seen, strict=True):
        share["first_input"], share["last_input"] = first, last
        share["x"] = memory.address(rows, last - first)
        share["products"] = memory.address(2 * rows if workers > sharers else rows, sizes[1])
        share["y"], share["z"] = (memory.address(rows, sizes[-1]) for _ in range(2))
        share["costs"] = memory.address(rows)
        share["seen"] = own.ctypes.data
        share["moves"], share["kept"] = memory.address(RING * GROUP, sizes[1]), memory.address(RING)
        share["similarities"] = memory.address(RING * GROUP, 2 * GROUP)
    return shares


def add_lists(shares: Records, rows: int, kept_rows: int, memory: Memory) -> None:
    """Give each worker room for its inputs without their zeros: of so many rows at once, with their transpose, and of
    so many rows of the data, from one epoch to the next."""
    for share in shares:
        own = int(share["last_input"] - share["first_input"])
        kept = min(int(FEW * kept_rows * own), MOST_KEPT // len(shares))
        share["room"] = room = kept + rows * own
        share["values"], share["columns"] = memory.address(room), memory.address(room, precision="int32")
        share["lists"] = memory.address(rows, 2, precision="int64")
        found = memory.zeros(kept_rows + 1, 2, precision="int64")
        found[-1] = 0, kept
        share["found"], share["kept_rows"] = found.ctypes.data, kept_rows
        share["values_t"] = memory.address(own * rows)
        share["columns_t"] = memory.address(own * rows, precision="int32")
        share["lists_t"] = memory.address(own, 2, precision="int64")
        share["strip"] = memory.address(max(own, rows), LONGEST, precision="uint8")
