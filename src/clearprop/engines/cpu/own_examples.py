"""A worker's own examples, from their products with W⁽¹⁾ to the cost and back to δ of every layer; and, of all
examples, its own neurons of wide layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import call, inner, table, vector
from clearprop.engines.cpu.meeting import part_of
from clearprop.engines.cpu.micro_batch import MicroBatch, top_of
from clearprop.engines.cpu.plan import COST, RIGHT, SEEN


@inner
def stages_of(layers: Array) -> int:
    """In how many stages a micro-batch is passed: each product by neurons is one, and so is all between two of them.

    784-512-512-10 by 256: 0, the first layer; 1, z⁽²⁾ by neurons; 2, from there to the cost and back to ∂C/∂a⁽²⁾, and
    δ⁽²⁾; 3, ∂C/∂a⁽¹⁾ by neurons; 4, δ⁽¹⁾.
    """
    stages = 1
    for layer in layers:
        stages += 4 if layer.multiply_neurons else 0  # the product and what follows it, on the way there and back
    return stages


@inner
def pass_examples(
    like: Array,
    task: Any,
    layers: Array,
    shares: Array,
    part: int,
    micro: MicroBatch,
    first: int,
    last: int,
    stage: int,
) -> None:
    """Examples first, …, last - 1 of a micro-batch forward from their products with W⁽¹⁾ to the cost, and back to δ of
    every layer; of all this what belongs to one stage."""
    share, step, in_batch = shares[part], task.step + micro.step, micro.first + first
    now = 0  # the stage to which belongs what comes next
    for index in range(len(layers)):
        if layers[index].multiply_neurons:
            if stage == now + 1:
                weighted_inputs_of_neurons(like, task, layers, part, index, len(micro.rows))
            now += 2
        elif stage == now:
            weighted_inputs_of_examples(like, task, layers, shares, index, first, last, top_of(task, micro.number))
        if stage == now:
            activate(like, task, layers, share, index, first, last, in_batch, step)
    if stage == now:
        output_delta(like, task, layers[len(layers) - 1], share, micro.rows[first:last], first, last)
    for index in range(len(layers) - 1, 0, -1):
        if layers[index].multiply_neurons:
            if stage == now + 1:
                pass_neurons_back(like, task, layers, part, index, len(micro.rows))
            now += 2
        elif stage == now:
            pass_examples_back(like, task, layers, index, first, last)
        if stage == now:
            pull_back(like, task, layers, index - 1, first, last, in_batch, step)


@inner
def weighted_inputs_of_examples(
    like: Array, task: Any, layers: Array, shares: Array, index: int, first: int, last: int, top: int
) -> None:
    """z = a W of a layer without b, for these examples; of the first layer the sum of the products, which begin in row
    `top`."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    z = table(like, layer.a, layer.n_out, first, last)
    if index == 0:
        for other in range(task.parts):
            products = table(like, shares[other].products, layer.n_out, top + first, top + last)
            call(task.add_rows, (z, products, other > 0))
    else:
        before = table(like, layers[index - 1].a, layer.n_in, first, last)
        W = table(like, layer.W, layer.n_out, 0, layer.n_in)
        call(task.multiply, (task.routines, one, before[:, :], W[:, :], zero, z))


@inner
def weighted_inputs_of_neurons(like: Array, task: Any, layers: Array, part: int, index: int, rows: int) -> None:
    """The same for a worker's own neurons, and for all rows."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    first, stop = part_of(layer.n_out, part, task.sharers)
    before, z = table(like, layers[index - 1].a, layer.n_in, 0, rows), table(like, layer.a, layer.n_out, 0, rows)
    W = table(like, layer.W, layer.n_out, 0, layer.n_in)
    if first < stop:
        call(layer.multiply_neurons, (task.routines, one, before[:, :], W[:, first:stop], zero, z[:, first:stop]))


@inner
def activate(
    like: Array,
    task: Any,
    layers: Array,
    share: Any,
    index: int,
    first: int,
    last: int,
    in_batch: int,
    step: int,
) -> None:
    """The activations of a layer, in place of the weighted inputs without b that stand there: of examples in these rows
    of the tables, which are those of their mini-batch from `in_batch` on."""
    layer, is_last = layers[index], index == len(layers) - 1
    a, b = table(like, layer.a, layer.n_out, first, last), vector(like, layer.b, 0, layer.n_out)
    if is_last:
        call(task.add_bias, (a, b, table(like, share.z, layer.n_out, first, last)))
    call(layer.value, (a, b, table(like, layer.slope, layer.n_out, first, last)))
    if task.drop_out and not is_last:
        call(task.drop_out, (a, task.seed, step, index + 1, in_batch, task.threshold, task.raised))


@inner
def output_delta(like: Array, task: Any, layer: Any, share: Any, own: Array, first: int, last: int) -> None:
    """The costs of a worker's own examples, and δ of the output layer (BP1)."""
    a, z, y, delta = (
        table(like, layer.a, layer.n_out, first, last),
        table(like, share.z, layer.n_out, first, last),
        table(like, share.y, layer.n_out, first, last),
        table(like, layer.delta, layer.n_out, first, last),
    )
    costs, seen = vector(like, share.costs, first, last), vector(np.float64, share.seen, 0, SEEN)
    call(task.fetch_targets, (task.targets, own, layer.n_out, 0, y))
    call(task.cost, (z, a, y, costs))
    call(task.delta, (z, a, y, delta))
    if task.weigh:
        call(task.weigh, (task.weights, own, delta, costs))
    if task.output_pullback:
        call(task.output_pullback, (delta, table(like, layer.slope, layer.n_out, first, last)))
    for cost in costs:
        seen[COST] += cost
    if task.count_right:
        call(task.count_right, (a, y, seen[RIGHT:]))


@inner
def pass_examples_back(like: Array, task: Any, layers: Array, index: int, first: int, last: int) -> None:
    """∂C/∂a = δ Wᵀ of the layer before this one (BP2), for these examples."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    delta = table(like, layer.delta, layer.n_out, first, last)
    g = table(like, layers[index - 1].delta, layer.n_in, first, last)
    W = table(like, layer.W, layer.n_out, 0, layer.n_in)
    call(task.multiply, (task.routines, one, delta[:, :], W[:, :].T, zero, g))


@inner
def pass_neurons_back(like: Array, task: Any, layers: Array, part: int, index: int, rows: int) -> None:
    """The same for a worker's own neurons of the layer before, and for all rows."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    first, stop = part_of(layer.n_in, part, task.sharers)
    delta, g = table(like, layer.delta, layer.n_out, 0, rows), table(like, layers[index - 1].delta, layer.n_in, 0, rows)
    W = table(like, layer.W, layer.n_out, first, stop)
    if first < stop:
        call(layer.multiply_neurons, (task.routines, one, delta[:, :], W[:, :].T, zero, g[:, first:stop]))


@inner
def pull_back(
    like: Array, task: Any, layers: Array, index: int, first: int, last: int, in_batch: int, step: int
) -> None:
    """δ of a hidden layer (BP2), in place of ∂C/∂a that stands there."""
    layer = layers[index]
    g = table(like, layer.delta, layer.n_out, first, last)
    if task.drop_out:
        call(task.drop_out, (g, task.seed, step, index + 1, in_batch, task.threshold, task.raised))
    call(layer.pullback, (g, table(like, layer.slope, layer.n_out, first, last)))
