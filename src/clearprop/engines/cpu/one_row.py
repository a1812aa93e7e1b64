"""Plain descent with mini-batches of one example, by one worker or two.

The time would go into W⁽¹⁾, and most of it into reading and writing it in every step. So it stays as it is for a GROUP
of steps, and is moved for all of them together. What it would be before step t of the group is put together from the
inputs x and the δ⁽¹⁾ of the steps so far:

    W_t = kept W + Σ_s x_sᵀ move_s    where move_s = -η δ_s, and L2 shrinks W and the moves by 1 - η λ in every step

so the weighted inputs x_t W_t = kept (x_t W) + Σ_s (x_t · x_s) move_s need no pass through W of their own: the products
x W of all examples of the group are made at once, and so are the inner products x_t · x_s, their similarities.
All other layers are passed by `later_layers`.

Two workers share it as two parts, in phases of a group each:

- `first_layer` moves W⁽¹⁾ and makes the products and the similarities of a group;
- `make_group` makes the steps of a group, and takes what it needs of W⁽¹⁾ from these.

Where the zeros among the inputs are left out (`zeros`), what a step needs of W⁽¹⁾ is so little that nothing is put off:
one worker makes each step for itself, in `make_step`.

With a worker for each the first layer is a group AHEAD. Its products then lack the moves of the group before, which
are added in the same way, by similarities. One worker does both parts in turn, and is ahead of nothing.
"""

from __future__ import annotations

from typing import Any

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import call, compiled, inner, kernel, table, vector
from clearprop.engines.cpu.later_layers import descend_later_layers, scale
from clearprop.engines.cpu.meeting import CALLED_OFF, finish_part, take_part
from clearprop.engines.cpu.micro_batch import MicroBatch
from clearprop.engines.cpu.own_examples import pass_examples
from clearprop.engines.cpu.own_inputs import (
    ask_for_columns,
    ask_for_inputs,
    ask_for_places,
    multiply_own_inputs,
    multiply_own_inputs_transpose,
)
from clearprop.engines.cpu.own_parameters import update_own_parameters
from clearprop.engines.cpu.plan import GROUP, RING
from clearprop.engines.cpu.step import set_pace
from clearprop.engines.cpu.workers import MOST_SINGLE

STEPS, FIRST_LAYER = 0, 1
"""The parts of a phase."""


@compiled
def make_single_steps(
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
    """As many steps as `pace` has rows; all as for `make_steps`."""
    layers = copies[0]
    # a step that is measured comes after all others, so that W is there when its gradient is
    steps = len(pace) - task.measures
    if not task.fetch_nonzero:
        if not make_groups(like, task, layers, shares, worker, order[:steps], pace, rates, meeting):
            return False
    elif worker == 0:
        for number in range(steps):
            make_step(like, task, layers, shares[0], number, order, pace, rates)
    if worker == 0 and steps < len(pace):
        make_measured_step(like, task, layers, shares, order[steps:], pace[steps:], rates, steps)
    return True


@inner
def make_groups(
    like: Array,
    task: Any,
    layers: Array,
    shares: Array,
    worker: int,
    order: Array,
    pace: Array,
    rates: Array,
    meeting: Array,
) -> bool:
    """The steps of these examples, a GROUP at a time; False if the other worker has failed."""
    groups = (len(order) + GROUP - 1) // GROUP
    for phase in range(groups + task.ahead + 1):
        if task.ahead:
            part = take_part(meeting, phase, worker, MOST_SINGLE)
            while part >= 0:
                make_part(like, task, layers, shares, part, phase, order, pace, rates)
                finish_part(meeting)
                part = take_part(meeting, phase, worker, MOST_SINGLE)
            if part == CALLED_OFF:
                return False
        else:
            make_part(like, task, layers, shares, FIRST_LAYER, phase, order, pace, rates)
            make_part(like, task, layers, shares, STEPS, phase, order, pace, rates)
    return True


@inner
def make_part(
    like: Array, task: Any, layers: Array, shares: Array, part: int, phase: int, order: Array, pace: Array, rates: Array
) -> None:
    """One worker's part of a phase, in which the steps are those of the group `phase`, or of the one before it."""
    if part == FIRST_LAYER:
        first_layer(like, task, layers, shares[0], phase, order)
    elif phase >= task.ahead and (phase - task.ahead) * GROUP < len(order):
        make_group(like, task, layers, shares, phase - task.ahead, order, pace, rates)


@inner
def first_layer(like: Array, task: Any, layers: Array, share: Any, group: int, order: Array) -> None:
    """Move W⁽¹⁾ by the last group whose steps are made, and make the products and similarities of this one."""
    one, zero, layer = like.dtype.type(1), like.dtype.type(0), layers[0]
    W, made = table(like, layer.W, layer.n_out, 0, layer.n_in), group - 1 - task.ahead
    if made >= 0:
        top, bottom = place_of(made, len(order))
        x, moves = table(like, share.x, layer.n_in, top, bottom), table(like, share.moves, layer.n_out, top, bottom)
        kept = vector(like, share.kept, 0, RING)[made % RING]
        call(task.multiply, (task.routines, one, x.T, moves[:, :], kept, W))
    top, bottom = place_of(group, len(order))
    if top >= bottom:
        return
    start = group * GROUP
    x, products = table(like, share.x, layer.n_in, top, bottom), table(like, share.products, layer.n_out, top, bottom)
    call(task.fetch, (task.x, order[start : start + GROUP], layer.n_in, 0, x))
    ask_for_inputs(like, task, layers, share, order[start + GROUP : start + 2 * GROUP])
    call(task.multiply, (task.routines, one, x[:, :], W[:, :], zero, products))
    similarities = table(like, share.similarities, 2 * GROUP, top, bottom)
    compare(x, x, True, similarities[:, GROUP:])
    if task.ahead and group > 0:
        top, bottom = place_of(group - 1, len(order))
        compare(x, table(like, share.x, layer.n_in, top, bottom), False, similarities[:, :GROUP])


@inner
def make_group(
    like: Array, task: Any, layers: Array, shares: Array, group: int, order: Array, pace: Array, rates: Array
) -> None:
    """The steps of a group."""
    one, layer, share, width = like.dtype.type(1), layers[0], shares[0], layers[0].n_out
    top, bottom = place_of(group, len(order))
    products, moves = table(like, share.products, width, top, bottom), table(like, share.moves, width, top, bottom)
    deltas = table(like, layer.delta, width, top, bottom)
    similarities = table(like, share.similarities, 2 * GROUP, top, bottom)
    kepts, kept = vector(like, share.kept, 0, RING), one
    if task.ahead and group > 0:
        above, below = place_of(group - 1, len(order))
        before = table(like, share.moves, width, above, below)
        for t in range(len(products)):
            add_moves(kepts[(group - 1) % RING], similarities[t, : below - above], before, products[t])
    for t in range(len(products)):
        number = group * GROUP + t
        rows = order[number : number + 1]
        set_pace(rates, pace[number])
        if t > 0:
            add_moves(kept, similarities[t, GROUP : GROUP + t], moves, products[t])
        descend_later_layers(like, task, layers, share, rows, top + t, task.step + number, rates)
        keep = one - rates[0].eta * rates[0].l2
        shrink(keep, moves[:t])
        scale(-rates[0].eta, deltas[t], moves[t])
        kept *= keep
    kepts[group % RING] = kept


@inner
def place_of(group: int, examples: int) -> tuple[int, int]:
    """Where a group of examples begins and ends in the tables; it ends where it begins if there are no more."""
    top = group % RING * GROUP
    return top, top + max(0, min(GROUP, examples - group * GROUP))


@inner
def make_step(
    like: Array, task: Any, layers: Array, share: Any, number: int, order: Array, pace: Array, rates: Array
) -> None:
    """A step for itself, W⁽¹⁾ included."""
    row, step, W = (
        order[number : number + 1],
        task.step + number,
        table(like, layers[0].W, layers[0].n_out, 0, layers[0].n_in),
    )
    coming = order[number + 1 : number + 2]
    ask_for_places(share, order[number + 2 : number + 3])
    ask_for_inputs(like, task, layers, share, coming)
    set_pace(rates, pace[number])
    multiply_own_inputs(like, task, layers, share, row, 0)
    ask_for_columns(share, coming)
    descend_later_layers(like, task, layers, share, row, 0, step, rates)
    keep = like.dtype.type(1) - rates[0].eta * rates[0].l2
    multiply_own_inputs_transpose(like, task, layers, share, row, -rates[0].eta, keep, W)


@inner
def make_measured_step(
    like: Array, task: Any, layers: Array, shares: Array, row: Array, pace: Array, rates: Array, number: int
) -> None:
    """A step of one example, whose gradient is measured, after so many others of the span."""
    set_pace(rates, pace[0])
    micro = MicroBatch(0, number, 0, 1, row)
    multiply_own_inputs(like, task, layers, shares[0], row, 0)
    pass_examples(like, task, layers, shares, 0, micro, 0, 1, 0)
    update_own_parameters(like, task, layers, shares[0], 0, micro, rates, True)


@kernel
def compare(x: Array, others: Array, same: bool, similarities: Array) -> None:
    """The inner products of each example with the others; where these are the same ones, with those before it."""
    for t in range(x.shape[0]):
        count = t if same else others.shape[0]
        fours = count // 4 * 4
        for s in range(0, fours, 4):  # an example is read once for four others
            first = second = third = fourth = x.dtype.type(0)
            for k in range(x.shape[1]):
                first += x[t, k] * others[s, k]
                second += x[t, k] * others[s + 1, k]
                third += x[t, k] * others[s + 2, k]
                fourth += x[t, k] * others[s + 3, k]
            similarities[t, s], similarities[t, s + 1] = first, second
            similarities[t, s + 2], similarities[t, s + 3] = third, fourth
        for s in range(fours, count):
            total = x.dtype.type(0)
            for k in range(x.shape[1]):
                total += x[t, k] * others[s, k]
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
