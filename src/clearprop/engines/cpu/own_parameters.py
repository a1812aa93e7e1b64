"""A worker's own rows of every W and its own part of every b: their gradients, and the update."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import call, inner, table, vector
from clearprop.engines.cpu.meeting import part_of
from clearprop.engines.cpu.micro_batch import MicroBatch, begins_batch, ends_batch
from clearprop.engines.cpu.own_inputs import multiply_own_inputs_transpose
from clearprop.engines.cpu.plan import OWN_SQUARES, SQUARES


@inner
def update_own_parameters(
    like: Array,
    task: Any,
    layers: Array,
    share: Any,
    part: int,
    micro: MicroBatch,
    rates: Array,
    measures: bool,
) -> None:
    """The gradients of the mean cost for a worker's own rows of every W and part of every b; and their update, once all
    of the mini-batch has added to them."""
    for index in range(len(layers)):
        layer = layers[index]
        first, stop = part_of(layer.n_in, part, task.sharers)
        if index == 0:
            first, stop = share.first_input, share.last_input
        if first < stop:
            update_weights(like, task, layers, index, share, micro, first, stop, rates[0], measures)
        first, stop = part_of(layer.n_out, part, task.sharers)
        if first < stop:
            update_biases(like, task, layer, share, micro, first, stop, rates[1], measures)


@inner
def update_weights(
    like: Array,
    task: Any,
    layers: Array,
    index: int,
    share: Any,
    micro: MicroBatch,
    first: int,
    stop: int,
    rates: Any,
    measures: bool,
) -> None:
    """Rows first, …, stop - 1 of a layer's W: ∂C/∂W = aᵀ δ / n (BP4), and the update."""
    layer, rows, begins, ends = layers[index], micro.rows, begins_batch(micro), ends_batch(micro)
    zero, one, mean = like.dtype.type(0), like.dtype.type(1), like.dtype.type(1 / micro.batch_size)
    W = table(like, layer.W, layer.n_out, first, stop)
    gradient = table(like, layer.W_gradient, layer.n_out, first, stop)
    # W - η (aᵀ δ / n + λ W) is itself a product: (1 - η λ) W - (η / n) aᵀ δ
    plain = task.plain_descent and not measures and begins and ends
    scale, keep = (-rates.eta * mean, one - rates.eta * rates.l2) if plain else (mean, zero if begins else one)
    into = W if plain else gradient
    if index == 0:
        multiply_own_inputs_transpose(like, task, layers, share, rows, scale, keep, into)
    else:
        before = table(like, layers[index - 1].a, layer.n_in, 0, len(rows))[:, first:stop]
        delta = table(like, layer.delta, layer.n_out, 0, len(rows))
        call(task.multiply, (task.routines, scale, before.T, delta[:, :], keep, into))
    if plain or not ends:
        return
    first, stop = first * layer.n_out, stop * layer.n_out
    theta, g = vector(like, layer.W, first, stop), vector(like, layer.W_gradient, first, stop)
    slots = vector(like, layer.W_first, first, stop), vector(like, layer.W_second, first, stop)
    update(task, share, theta, g, slots, rates, measures, OWN_SQUARES if index == 0 else SQUARES)


@inner
def update_biases(
    like: Array,
    task: Any,
    layer: Any,
    share: Any,
    micro: MicroBatch,
    first: int,
    stop: int,
    rates: Any,
    measures: bool,
) -> None:
    """Part first, …, stop - 1 of b: ∂C/∂b = 1ᵀ δ / n (BP3), with a row of ones, and the update."""
    count, mean = len(micro.rows), like.dtype.type(1 / micro.batch_size)
    keep = like.dtype.type(0 if begins_batch(micro) else 1)
    g = vector(like, layer.b_gradient, first, stop)
    if micro.batch_size > 1:
        ones, delta = table(like, task.ones, count, 0, 1), table(like, layer.delta, layer.n_out, 0, count)
        gradient = table(like, np.int64(g.ctypes.data), stop - first, 0, 1)
        call(task.multiply, (task.routines, mean, ones[:, :], delta[:, first:stop], keep, gradient))
    else:  # the gradient of one example is its δ
        g = vector(like, layer.delta, first, stop)
    if not ends_batch(micro):
        return
    b = vector(like, layer.b, first, stop)
    slots = vector(like, layer.b_first, first, stop), vector(like, layer.b_second, first, stop)
    update(task, share, b, g, slots, rates, measures, SQUARES)


@inner
def update(
    task: Any, share: Any, theta: Array, g: Array, slots: tuple[Array, Array], rates: Any, measures: bool, squares: int
) -> None:
    """Parameters by their gradient; an epoch's last gradient is measured."""
    if measures:
        call(task.add_squares, (g, theta, rates.l2, vector(np.float64, share.seen, squares, squares + 1)))
    call(task.update, (theta, g, slots[0], slots[1], rates))
