"""A worker's own inputs and its own rows of W⁽¹⁾: how they are multiplied, and how these rows' gradient is made.

The task says in which way inputs are taken in (`task.set_inputs`): as lists of what is not 0; read where they lie; or
fetched, and multiplied as they are or, in blocks, without most of their zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import LINE, call, inner, prefetch, table, vector
from clearprop.engines.cpu.micro_batch import top_of
from clearprop.engines.cpu.zeros import COLUMN, PLACE

PAGE = 4096
"""Bytes of a page of memory; where pages are larger, a few lines too many are asked for."""


@inner
def ask_for_inputs(like: Array, task: Any, layers: Array, share: Any, rows: Array) -> None:
    """Have a worker's own inputs of these examples, and their targets, looked for while it does something else: they
    lie anywhere, and to find the page of memory that holds them takes longer than to read them. Of inputs whose lists
    are kept, the values; their columns are asked for by themselves, which `one_row` does later, for a core waits once
    it has asked for too much."""
    found = table(np.int64, share.found, 2, 0, share.kept_rows)
    for row in rows:
        prefetch(task.targets + row * task.target_size)
        if share.kept_rows and found[row, 1] > 0:
            ask_for_lines(share.values + found[row, 0] * like.itemsize, found[row, 1] * like.itemsize)
            continue
        place = task.x + (row * layers[0].n_in + share.first_input) * task.x_size
        end = place + (share.last_input - share.first_input) * task.x_size
        while place < end:
            prefetch(place)
            place = (place // PAGE + 1) * PAGE


@inner
def ask_for_columns(share: Any, rows: Array) -> None:
    """The same for the columns of the lists that are kept of these examples."""
    found = table(np.int64, share.found, 2, 0, share.kept_rows)
    if share.kept_rows:
        for row in rows:
            ask_for_lines(share.columns + found[row, 0] * COLUMN, found[row, 1] * COLUMN)


@inner
def ask_for_places(share: Any, rows: Array) -> None:
    """The same for the places at which the lists of these examples are kept, which come after the next."""
    if share.kept_rows:
        for row in rows:
            prefetch(share.found + row * PLACE)


@inner
def ask_for_lines(address: int, size: int) -> None:
    """So many bytes from an address on."""
    for place in range(address, address + size, LINE):
        prefetch(place)


@inner
def multiply_own_inputs(like: Array, task: Any, layers: Array, share: Any, rows: Array, number: int) -> None:
    """What a worker's own inputs add to z⁽¹⁾ of every example of a micro-batch."""
    one, zero, width = like.dtype.type(1), like.dtype.type(0), layers[0].n_in
    W = table(like, layers[0].W, layers[0].n_out, share.first_input, share.last_input)
    top = top_of(task, number)
    products = table(like, share.products, layers[0].n_out, top, top + len(rows))
    x = table(like, share.x, len(W), 0, len(rows))
    if task.multiply_inputs:
        call(task.multiply_inputs, (task.x, rows, width, share.first_input, W, products))
    elif task.fetch_nonzero:
        values, columns, lists = own_lists(like, share, len(rows))
        found = table(np.int64, share.found, 2, 0, share.kept_rows + 1)
        chosen = (task.x, rows, width, share.first_input, len(W))
        call(task.fetch_nonzero, (*chosen, found, values, columns, lists))
        call(task.multiply_nonzero, (one, values, columns, lists, W, zero, products, share.strip))
    else:
        call(task.fetch, (task.x, rows, width, share.first_input, x))
        call(task.multiply_fetched, (task.routines, one, x[:, :], W[:, :], zero, products))


@inner
def own_lists(like: Array, share: Any, rows: int) -> tuple[Array, Array, Array]:
    """A worker's own inputs of so many rows without their zeros, as `zeros` keeps them."""
    return (
        vector(like, share.values, 0, share.room),
        vector(np.int32, share.columns, 0, share.room),
        table(np.int64, share.lists, 2, 0, rows),
    )


@inner
def multiply_own_inputs_transpose(
    like: Array, task: Any, layers: Array, share: Any, rows: Array, alpha: float, beta: float, W: Array
) -> None:
    """W = α xᵀ δ⁽¹⁾ + β W, for these inputs; in place of W, its gradient may stand there."""
    delta = table(like, layers[0].delta, layers[0].n_out, 0, len(rows))
    x = table(like, share.x, len(W), 0, len(rows))
    if task.multiply_inputs:
        call(
            task.multiply_inputs_transpose,
            (alpha, task.x, rows, layers[0].n_in, share.first_input, delta, beta, W),
        )
    elif task.multiply_nonzero_transpose:
        call(task.multiply_nonzero_transpose, (alpha, *own_lists(like, share, len(rows)), delta, beta, W))
    elif task.fetch_nonzero:
        turned = (
            vector(like, share.values_t, 0, len(W) * len(rows)),
            vector(np.int32, share.columns_t, 0, len(W) * len(rows)),
            table(np.int64, share.lists_t, 2, 0, len(W)),
        )
        call(task.transpose_nonzero, (*own_lists(like, share, len(rows)), *turned))
        call(task.multiply_turned, (alpha, *turned, delta, beta, W, share.strip))
    else:
        call(task.multiply_fetched, (task.routines, alpha, x[:, :].T, delta[:, :], beta, W))
