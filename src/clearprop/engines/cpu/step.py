"""Steps of training, as one worker makes them: the equations of a step, and which part of each is whose.

Workers share a micro-batch, which is a mini-batch or one part of a large one, in two phases, each with one part for
every worker:

- add what the δ of all examples of the micro-batch before say to the gradients of your own rows of every W and your own
  part of every b, and update these where a mini-batch ends with it; then multiply your own columns of x by
  your own rows of W⁽¹⁾, for all examples, as `own_inputs` says;
- take your own examples to the cost and back to δ⁽¹⁾; their z⁽¹⁾ is the sum of what all have multiplied.

So nobody writes what another writes or reads in the same phase: in the first, parameters and products of one's own; in
the second, one's own rows of a, slope and δ of every layer. (Up to 60 bytes after one's own rows of W⁽¹⁾ are read too,
and not used.)

Where a layer after the first is wide, its z, and the ∂C/∂a of the layer before it, are not made of your own examples
but of your own neurons, for all examples. The second phase then falls into stages, each a phase for itself: up to that
product, the product, and what comes after it. In its stage one's own columns of a, or of δ, are written.

Where the layers after the first are small, to meet and to read what others have written takes longer than what is
computed. There each worker has a copy of these layers and of every b, takes all examples through it, and moves it by
all of them: the copies stay the same, bit for bit. The second phase then ends in the first of the next one, without a
meeting, and all that workers read of each other are the products with W⁽¹⁾. Of these there are two micro-batches'
worth: while one worker reads those of one, another may write those of the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import call, compiled, inner, table, vector
from clearprop.engines.cpu.meeting import CALLED_OFF, finish_part, take_part
from clearprop.engines.cpu.micro_batch import MicroBatch, begins_batch, ends_batch, micro_batch, micro_batches, top_of
from clearprop.engines.cpu.own_inputs import (
    ask_for_columns,
    ask_for_inputs,
    multiply_own_inputs,
    multiply_own_inputs_transpose,
)
from clearprop.engines.cpu.plan import COST, OWN_SQUARES, RIGHT, SEEN, SQUARES


@compiled
def make_steps(
    like: Array,
    task: Any,
    copies: Array,
    shares: Array,
    worker: int,
    order: Array,
    pace: Array,
    rates: Array,
    meeting: Array,
) -> bool:
    """As many steps as `pace` has rows (the rates that change from step to step); False if another worker has failed.
    `like` says the precision, `copies` holds the layers of each copy in a row, `rates` are the update rule's for
    weights and for biases."""
    steps, both, count = len(pace), task.sharers == 1, micro_batches(task, len(order))
    cycle = 1 if both else 1 + stages_of(copies[0])
    for phase in range(cycle * count + 1):
        number = (phase + cycle - 1) // cycle  # of micro-batches that are passed once this cycle has ended
        stage = 0 if both else phase % cycle - 1
        passes, updates = stage >= 0, both or stage < 0
        passed, coming = micro_batch(task, order, max(0, number - 1)), micro_batch(task, order, number)
        part = take_part(meeting, phase, worker, task.workers)
        while part >= 0:
            share, layers = shares[part], copies[part // task.sharers]
            if updates:
                ask_for_inputs(like, task, layers, share, coming.rows)
                ask_for_columns(share, coming.rows)
            if passes and number > 0:
                first, last = part_of(len(passed.rows), part, task.sharers)
                pass_examples(like, task, layers, shares, part, passed, first, last, stage)
            if updates and number > 0:
                set_pace(rates, pace[passed.step])
                measures = task.measures and passed.step == steps - 1
                update_own_parameters(like, task, layers, share, part, passed, rates, measures)
            if updates and number < count:
                multiply_own_inputs(like, task, layers, share, coming.rows, number)
            finish_part(meeting)
            part = take_part(meeting, phase, worker, task.workers)
        if part == CALLED_OFF:
            return False
    return True


@inner
def set_pace(rates: Array, pace: Array) -> None:
    """What changes from step to step, for weights and for biases."""
    for i in range(2):
        rates[i].eta, rates[i].correction_1, rates[i].correction_2 = pace[0], pace[1], pace[2]


@inner
def part_of(count: int, worker: int, sharers: int) -> tuple[int, int]:
    """The first and the last + 1 of `count` things that are a worker's own, where so many share them."""
    own = worker % sharers
    return count * own // sharers, count * (own + 1) // sharers


@inner
def stages_of(layers: Array) -> int:
    """In how many stages a micro-batch is passed: each product by neurons is one, and so is all between two of them."""
    stages = 1
    for layer in layers:
        stages += 4 if layer.multiply_neurons else 0
    return stages


@inner
def pass_examples(
    like: Array,
    task: Any,
    layers: Array,
    shares: Array,
    worker: int,
    micro: MicroBatch,
    first: int,
    last: int,
    stage: int,
) -> None:
    """Examples first, …, last - 1 of a micro-batch forward from their products with W⁽¹⁾ to the cost, and back to δ of
    every layer; of all this what belongs to one stage."""
    share, step, in_batch = shares[worker], task.step + micro.step, micro.first + first
    now = 0  # the stage to which belongs what comes next
    for index in range(len(layers)):
        if layers[index].multiply_neurons:
            if stage == now + 1:
                weigh_neurons(like, task, layers, worker, index, len(micro.rows))
            now += 2
        elif stage == now:
            weigh_examples(like, task, layers, shares, index, first, last, top_of(task, micro.number))
        if stage == now:
            activate(like, task, layers, share, index, first, last, in_batch, step)
    if stage == now:
        output_delta(like, task, layers[len(layers) - 1], share, micro.rows[first:last], first, last)
    for index in range(len(layers) - 1, 0, -1):
        if layers[index].multiply_neurons:
            if stage == now + 1:
                pass_neurons_back(like, task, layers, worker, index, len(micro.rows))
            now += 2
        elif stage == now:
            pass_examples_back(like, task, layers, index, first, last)
        if stage == now:
            pull_back(like, task, layers, index - 1, first, last, in_batch, step)


@inner
def weigh_examples(
    like: Array, task: Any, layers: Array, shares: Array, index: int, first: int, last: int, top: int
) -> None:
    """z = a W of a layer without b, for these examples; of the first layer the sum of the products, which begin in row
    `top`."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    z = table(like, layer.a, layer.n_out, first, last)
    if index == 0:
        for other in range(task.workers):
            products = table(like, shares[other].products, layer.n_out, top + first, top + last)
            call(task.add_rows, (z, products, other > 0))
    else:
        before = table(like, layers[index - 1].a, layer.n_in, first, last)
        W = table(like, layer.W, layer.n_out, 0, layer.n_in)
        call(task.multiply, (task.blas, one, before[:, :], W[:, :], zero, z))


@inner
def weigh_neurons(like: Array, task: Any, layers: Array, worker: int, index: int, rows: int) -> None:
    """The same for a worker's own neurons, and for all rows."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    first, stop = part_of(layer.n_out, worker, task.sharers)
    before, z = table(like, layers[index - 1].a, layer.n_in, 0, rows), table(like, layer.a, layer.n_out, 0, rows)
    W = table(like, layer.W, layer.n_out, 0, layer.n_in)
    if first < stop:
        call(layer.multiply_neurons, (task.blas, one, before[:, :], W[:, first:stop], zero, z[:, first:stop]))


@inner
def pass_examples_back(like: Array, task: Any, layers: Array, index: int, first: int, last: int) -> None:
    """∂C/∂a = δ Wᵀ of the layer before this one (BP2), for these examples."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    delta = table(like, layer.delta, layer.n_out, first, last)
    g = table(like, layers[index - 1].delta, layer.n_in, first, last)
    W = table(like, layer.W, layer.n_out, 0, layer.n_in)
    call(task.multiply, (task.blas, one, delta[:, :], W[:, :].T, zero, g))


@inner
def pass_neurons_back(like: Array, task: Any, layers: Array, worker: int, index: int, rows: int) -> None:
    """The same for a worker's own neurons of the layer before, and for all rows."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[index]
    first, stop = part_of(layer.n_in, worker, task.sharers)
    delta, g = table(like, layer.delta, layer.n_out, 0, rows), table(like, layers[index - 1].delta, layer.n_in, 0, rows)
    W = table(like, layer.W, layer.n_out, first, stop)
    if first < stop:
        call(layer.multiply_neurons, (task.blas, one, delta[:, :], W[:, :].T, zero, g[:, first:stop]))


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
def pull_back(
    like: Array, task: Any, layers: Array, index: int, first: int, last: int, in_batch: int, step: int
) -> None:
    """δ of a hidden layer (BP2), in place of ∂C/∂a that stands there."""
    layer = layers[index]
    g = table(like, layer.delta, layer.n_out, first, last)
    if task.drop_out:
        call(task.drop_out, (g, task.seed, step, index + 1, in_batch, task.threshold, task.raised))
    call(layer.pullback, (g, table(like, layer.slope, layer.n_out, first, last)))


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
def update_own_parameters(
    like: Array,
    task: Any,
    layers: Array,
    share: Any,
    worker: int,
    micro: MicroBatch,
    rates: Array,
    measures: bool,
) -> None:
    """The gradients of the mean cost for a worker's own rows of every W and part of every b; and their update, once all
    of the mini-batch has added to them."""
    for index in range(len(layers)):
        layer = layers[index]
        first, stop = part_of(layer.n_in, worker, task.sharers)
        if index == 0:
            first, stop = share.first_input, share.last_input
        if first < stop:
            update_weights(like, task, layers, index, share, micro, first, stop, rates[0], measures)
        first, stop = part_of(layer.n_out, worker, task.sharers)
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
        call(task.multiply, (task.blas, scale, before.T, delta[:, :], keep, into))
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
        call(task.multiply, (task.blas, mean, ones[:, :], delta[:, first:stop], keep, gradient))
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
