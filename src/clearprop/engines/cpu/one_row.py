"""Plain descent with mini-batches of one example, by one worker.

The time goes into W⁽¹⁾, and most of it into reading and writing it. So the update of one step and the weighted inputs
of the next share one pass through it: W⁽¹⁾ lies as (n_out, n_in) here, a row is updated and multiplied by the next x
while it is at hand. All other layers are passed as in `step`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import call, compiled, kernel, table, vector
from clearprop.engines.cpu.plan import SEEN, SQUARES
from clearprop.engines.cpu.step import ask_for_inputs, pass_own_examples, set_pace, update_own_parameters


@compiled
def make_single_steps(
    like: Array, task: Any, layers: Array, shares: Array, W: Array, order: Array, pace: Array, rates: Array
) -> None:
    """As many steps as `pace` has rows; W is W⁽¹⁾ (n_out, n_in), the rest as for `make_steps`."""
    first, share = layers[0], shares[0]
    x = table(like, share.x, first.n_in, 0, 2)
    products, delta = vector(like, share.products, 0, first.n_out), vector(like, first.delta, 0, first.n_out)
    eta, keep = like.dtype.type(0), like.dtype.type(1)  # there is no step before the first
    for number in range(len(pace)):
        rows, now, before = order[number : number + 1], number % 2, (number + 1) % 2
        ask_for_inputs(task, layers, share, order[number + 1 : number + 2])
        call(task.fetch, (task.x, rows, first.n_in, 0, x[now : now + 1]))
        call(task.move_and_multiply, (W, eta, delta, x[before], keep, x[now], products))
        set_pace(rates, pace[number])
        pass_own_examples(like, task, layers, shares, 0, rows, task.step + number)
        measures = task.measures and number == len(pace) - 1
        if measures:
            measure(share, W, delta, x[now], rates[0].l2)
        update_own_parameters(like, task, layers, share, 0, rows, rates, measures, True)
        eta, keep = rates[0].eta, like.dtype.type(1) - rates[0].eta * rates[0].l2
    last = (len(pace) + 1) % 2
    call(task.move_and_multiply, (W, eta, delta, x[last], keep, x[last], products))


@compiled
def measure(share: Any, W: Array, delta: Array, x: Array, l2: float) -> None:
    """The square of the length of ∂C/∂W⁽¹⁾ = δ xᵀ, with L2's share in it."""
    squares = vector(np.float64, share.seen, SQUARES, SEEN)
    for j in range(W.shape[0]):
        for k in range(W.shape[1]):
            slope = np.float64(delta[j]) * np.float64(x[k]) + np.float64(l2) * np.float64(W[j, k])
            squares[0] += slope * slope


@kernel
def move_and_multiply(
    W: Array, eta: float, delta: Array, before: Array, keep: float, x: Array, products: Array
) -> None:
    """W = keep · W - η δ beforeᵀ, and with the new W the products W x."""
    for j in range(W.shape[0]):
        products[j] = move_row(W[j], eta * delta[j], before, keep, x)


@kernel
def move_row(w: Array, step: float, before: Array, keep: float, x: Array) -> float:
    """One row of W; a function of its own, in which the compiler sees that w is read once."""
    product: float = w.dtype.type(0)
    for k in range(x.shape[0]):
        moved = keep * w[k] - step * before[k]
        w[k] = moved
        product += moved * x[k]
    return product
