"""Plain descent with mini-batches of one example, by one worker.

The time would go into W⁽¹⁾, and most of it into reading and writing it in every step. So it stays as it is for a BLOCK
of steps, and is moved for all of them together. What it would be before step t of the block is put together from the
inputs x and the δ⁽¹⁾ of the steps so far:

    W_t = kept W + Σ_s x_sᵀ move_s    where move_s = -η δ_s, and L2 shrinks W and the moves by 1 - η λ in every step

so the weighted inputs x_t W_t = kept (x_t W) + Σ_s (x_t · x_s) move_s need no pass through W of their own: the products
x W of all examples of the block are made at once, and so are the inner products x_t · x_s, their similarities.
All other layers are passed as in `step`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import call, compiled, inner, kernel, table, vector
from clearprop.engines.cpu.plan import BLOCK, SEEN, SQUARES
from clearprop.engines.cpu.step import ask_for_inputs, pass_examples, set_pace, update_own_parameters


@compiled
def make_single_steps(
    like: Array, task: Any, layers: Array, shares: Array, order: Array, pace: Array, rates: Array
) -> None:
    """As many steps as `pace` has rows; the rest as for `make_steps`."""
    steps, start = len(pace), 0
    while start < steps:
        # a step that is measured is a block of its own, so that W is there when its gradient is
        stop = min(start + BLOCK, max(steps - task.measures, start + 1))
        make_block(like, task, layers, shares, order, pace, rates, start, stop)
        start = stop


@inner
def make_block(
    like: Array,
    task: Any,
    layers: Array,
    shares: Array,
    order: Array,
    pace: Array,
    rates: Array,
    start: int,
    stop: int,
) -> None:
    """The steps start, …, stop - 1."""
    one, zero = like.dtype.type(1), like.dtype.type(0)
    layer, share, size = layers[0], shares[0], stop - start
    x, W = table(like, share.x, layer.n_in, 0, size), table(like, layer.W, layer.n_out, 0, layer.n_in)
    products, moves = (
        table(like, share.products, layer.n_out, 0, size),
        table(like, share.moves, layer.n_out, 0, size),
    )
    deltas, similarities = (
        table(like, layer.delta, layer.n_out, 0, size),
        table(like, share.similarities, BLOCK, 0, size),
    )
    call(task.fetch, (task.x, order[start:stop], layer.n_in, 0, x))
    ask_for_inputs(task, layers, share, order[stop : stop + BLOCK])
    call(task.multiply, (task.blas, one, x[:, :], W[:, :], zero, products))
    compare(x, similarities)
    kept = one
    for t in range(size):
        number = start + t
        rows, measures = order[number : number + 1], task.measures and number == len(pace) - 1
        set_pace(rates, pace[number])
        if t > 0:
            add_moves(kept, similarities[t, :t], moves, products[t])
        pass_examples(like, task, layers, shares, 0, rows, t, 0, task.step + number)
        if measures:
            measure(share, W, deltas[t], x[t], rates[0].l2)
        update_own_parameters(like, task, layers, share, 0, rows, t, rates, measures, True)
        keep = one - rates[0].eta * rates[0].l2
        shrink(keep, moves[:t])
        scale(-rates[0].eta, deltas[t], moves[t])
        kept *= keep
    call(task.multiply, (task.blas, one, x.T, moves[:, :], kept, W))


@kernel
def compare(x: Array, similarities: Array) -> None:
    """The inner products of each example with those before it."""
    for t in range(1, x.shape[0]):
        for s in range(t):
            total = x.dtype.type(0)
            for k in range(x.shape[1]):
                total += x[t, k] * x[s, k]
            similarities[t, s] = total


@kernel
def add_moves(kept: float, similarities: Array, moves: Array, products: Array) -> None:
    """x W_t from x W: what the moves before have made of it."""
    for j in range(products.shape[0]):
        products[j] *= kept
    for s in range(similarities.shape[0]):
        for j in range(products.shape[0]):
            products[j] += similarities[s] * moves[s, j]


@kernel
def shrink(keep: float, moves: Array) -> None:
    if keep != 1:
        for move in moves:
            scale(keep, move, move)


@kernel
def scale(factor: float, values: Array, into: Array) -> None:
    for j in range(values.shape[0]):
        into[j] = factor * values[j]


@inner
def measure(share: Any, W: Array, delta: Array, x: Array, l2: float) -> None:
    """The square of the length of ∂C/∂W⁽¹⁾ = xᵀ δ, with L2's share in it."""
    squares = vector(np.float64, share.seen, SQUARES, SEEN)
    for k in range(W.shape[0]):
        for j in range(W.shape[1]):
            slope = np.float64(x[k]) * np.float64(delta[j]) + np.float64(l2) * np.float64(W[k, j])
            squares[0] += slope * slope
