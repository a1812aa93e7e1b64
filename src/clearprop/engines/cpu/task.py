"""What all workers are told of a training: sizes, addresses of data and buffers, and the kernels of its equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numba import from_dtype
from numba.core import types

from clearprop.arrays import FloatArray
from clearprop.engines.cpu.activations import pullback_of
from clearprop.engines.cpu.compiling import CHOSEN, NUMBER, ROWS, TABLE, VECTOR, address_of
from clearprop.engines.cpu.dropping import drop_out
from clearprop.engines.cpu.outputs import output_of
from clearprop.engines.cpu.plan import GROUP, RING, Memory, Records, rows_together
from clearprop.engines.cpu.products import (
    multiply_address,
    multiply_inputs,
    multiply_inputs_transpose,
    routines_address,
    skips_zeros,
    suits_tiles,
)
from clearprop.engines.cpu.rows import (
    FETCH,
    add_bias,
    add_rows,
    add_squares,
    count_right,
    fetch_classes,
    weigh,
)
from clearprop.engines.cpu.strips import (
    multiply_nonzero_address,
    multiply_nonzero_transpose_address,
    strip_of,
    turns_lists,
)
from clearprop.engines.cpu.updates import UPDATES, rates_type
from clearprop.engines.cpu.zeros import fetch_nonzero_address, is_wide, mostly_zero, transpose_nonzero_address
from clearprop.engines.protocol import Data, Work
from clearprop.equations.schedules import schedule_named

TASK = np.dtype(
    [
        ("seed", np.uint64),
        *(
            (name, np.int64)
            for name in (
                *("parts", "sharers", "ahead", "batch_size", "rows_at_once", "step"),
                *("routines", "multiply"),
                *(
                    "x",
                    "x_size",
                    "fetch",
                    "multiply_fetched",
                    "multiply_inputs",
                    "multiply_inputs_transpose",
                    "fetch_nonzero",
                    "multiply_nonzero",
                    "multiply_nonzero_transpose",
                    "transpose_nonzero",
                    "multiply_turned",
                    "targets",
                    "target_size",
                    "fetch_targets",
                    "weights",
                    "weigh",
                ),
                *("ones", "add_bias", "add_rows", "cost", "delta", "output_pullback", "count_right"),
                *("drop_out", "threshold"),
                *("add_squares", "update", "plain_descent", "measures"),
            )
        ),
        ("raised", np.float64),
    ]
)
"""What all workers are told. Most are addresses: of the data (x, targets, and the weights of examples), of as many ones
as are passed together, and of kernels, named for what they do here (`new_task` and `set_inputs` say which these are);
0 where there is nothing to do. parts: among how many W⁽¹⁾ is shared out; sharers: among how many a mini-batch and all
other parameters are; ahead: groups by which the first layer is ahead of the others in `one_row`; rows_at_once: examples
that the tables have room for, and that pass together unless they are single; step: updates made before; x_size: bytes
of a number of x, target_size: of a row of the targets; plain_descent: whether an update is one product; measures:
whether the last step's gradient is measured; threshold, raised: dropout."""


def new_task(work: Work, sizes: Sequence[int], rows: int, workers: int, sharers: int, memory: Memory) -> Any:
    """The TASK of a training, but for its data."""
    task = np.zeros(1, TASK)[0]
    task["seed"], task["parts"], task["batch_size"] = work.seed, shares_of(work, workers), work.batch_size
    task["sharers"], task["ahead"] = sharers, workers - 1 if is_single(work) else 0
    task["rows_at_once"], task["routines"] = rows, routines_address(memory.precision, sizes, rows)
    ones = memory.zeros(rows)
    ones[...] = 1
    task["ones"] = ones.ctypes.data
    task["plain_descent"] = work.optimizer.name == "sgd"
    kernels = _products(memory.precision) | _output(work, memory.precision) | _updates(work, memory.precision)
    if work.dropout:
        # a unit is off where its draw, a whole number below 2³², lies below this
        task["threshold"], task["raised"] = round(work.dropout * 0xFFFFFFFF), 1 / (1 - work.dropout)
        whole = [types.uint64, *[NUMBER] * 4]
        kernels["drop_out"] = address_of(drop_out, TABLE[memory.precision], *whole, types.float64)
    for name, address in kernels.items():
        task[name] = address
    return task


def is_single(work: Work) -> bool:
    """Whether `one_row` makes the steps."""
    return work.batch_size == 1 and work.optimizer.name == "sgd"


def shares_of(work: Work, workers: int) -> int:
    """Among how many workers W⁽¹⁾ is shared out."""
    return 1 if is_single(work) else workers


def rows_at_once(work: Work, sizes: Sequence[int]) -> int:
    """The examples that the tables have room for."""
    return RING * GROUP if is_single(work) else min(work.batch_size, rows_together(sizes))


def _products(precision: str) -> dict[str, int]:
    table = TABLE[precision]
    return {
        "multiply": multiply_address(precision),
        "add_rows": address_of(add_rows, table, table, types.boolean),
        "add_bias": address_of(add_bias, table, VECTOR[precision], table),
    }


def _output(work: Work, precision: str) -> dict[str, int]:
    table, vector = TABLE[precision], VECTOR[precision]
    output = output_of(work.output)
    kernels = {
        "cost": address_of(output.cost, table, table, table, vector),
        "delta": address_of(output.delta, table, table, table, table),
    }
    if output.needs_pullback:
        kernels["output_pullback"] = address_of(pullback_of(work.output.activation), table, table)
    return kernels


def _updates(work: Work, precision: str) -> dict[str, int]:
    vector = VECTOR[precision]
    return {
        "add_squares": address_of(add_squares, vector, vector, vector.dtype, VECTOR["float64"]),
        "update": address_of(UPDATES[work.optimizer.name], *[vector] * 4, from_dtype(rates_type(precision))),
    }


def set_data(task: Any, work: Work, data: Data, outputs: int, precision: str) -> None:
    """Tell the task where the data lie, x and targets as `ready` makes them."""
    table, vector = TABLE[precision], VECTOR[precision]
    classes = data.targets.classes is not None
    task["targets"], task["target_size"] = data.targets.values.ctypes.data, data.targets.values.strides[0]
    task["fetch_targets"] = address_of(fetch_classes if classes else FETCH["float64"], *CHOSEN, table)
    task["count_right"] = address_of(count_right, table, table, VECTOR["float64"]) if classes else 0
    set_inputs(task, work, data.x, outputs, precision)
    task["weights"] = task["weigh"] = 0
    if data.weight is not None:
        task["weights"] = data.weight.ctypes.data
        task["weigh"] = address_of(weigh, NUMBER, ROWS, table, vector)


def set_inputs(task: Any, work: Work, x: FloatArray, outputs: int, precision: str) -> None:
    """Tell the task how the first layer, of so many neurons, takes in the inputs x: as lists of what is not 0; by
    tiles, read where they lie; or fetched, and multiplied as they are, or without most of their zeros."""
    table, number = TABLE[precision], VECTOR[precision].dtype
    row_bytes, own = outputs * number.bitwidth // 8, x.shape[1] // int(task["parts"])
    rows = min(work.batch_size, int(task["rows_at_once"]))
    task["x"], task["x_size"] = x.ctypes.data, x.itemsize
    # `own_inputs` asks which of these are there, and then only for those that go with it
    for name in ("fetch", "fetch_nonzero", "multiply_nonzero_transpose", "multiply_inputs"):
        task[name] = 0
    leaves_out = leaves_out_zeros(work, x, row_bytes)
    skips = leaves_out and skips_zeros(rows, own, outputs, precision)
    if leaves_out and not skips:
        task["fetch_nonzero"] = fetch_nonzero_address(str(x.dtype), precision)
        task["multiply_nonzero"] = multiply_nonzero_address(strip_of(row_bytes, own, rows), precision)
        if turns_lists(rows, row_bytes):
            task["transpose_nonzero"] = transpose_nonzero_address(precision)
            task["multiply_turned"] = multiply_nonzero_address(strip_of(row_bytes, rows, own), precision)
        else:
            task["multiply_nonzero_transpose"] = multiply_nonzero_transpose_address(strip_of(row_bytes), precision)
    elif rows > 1 and str(x.dtype) == precision and suits_tiles(rows, own, row_bytes):
        task["multiply_inputs"] = address_of(multiply_inputs, *CHOSEN, table, table)
        task["multiply_inputs_transpose"] = address_of(multiply_inputs_transpose, number, *CHOSEN, table, number, table)
    else:
        task["fetch"] = address_of(FETCH[str(x.dtype)], *CHOSEN, table)
        task["multiply_fetched"] = multiply_address(precision, mostly_zero=skips)


def leaves_out_zeros(work: Work, x: FloatArray, row_bytes: int) -> bool:
    """Whether x is multiplied without its zeros, if a row of W⁽¹⁾ has so many bytes. Not where all of W⁽¹⁾ shrinks
    after every example: `one_row` has it shrink once in a group."""
    if not strip_of(row_bytes) or (is_single(work) and work.l2):
        return False
    worth_it = keeps_lists(work, x, row_bytes) or (is_wide(row_bytes) and not is_single(work))
    return worth_it and mostly_zero(x)


def keeps_lists(work: Work, x: FloatArray, row_bytes: int) -> bool:
    """Whether what is not 0 is kept from one epoch to the next: where looking for it takes as long as it saves. Not of
    a file mapped into memory, for it may be larger than memory is."""
    return not isinstance(x, np.memmap) and (is_single(work) or not is_wide(row_bytes))


def ready(data: Data, precision: str) -> Data:
    """The data as kernels read them: close in memory, in a number type that can be fetched from. A file mapped into
    memory stays where it is, if its rows lie close; other inputs are brought to the precision once, if they are not
    whole bytes."""
    x, targets = data.x, data.targets
    fetched = FETCH if isinstance(x, np.memmap) else ("uint8", precision)
    # the first stays a memmap if it is one
    x = np.asanyarray(x, order="C") if str(x.dtype) in fetched else np.ascontiguousarray(x, precision)
    number = np.int64 if targets.classes is not None else np.float64
    weight = None if data.weight is None else np.ascontiguousarray(data.weight, np.float64)
    return replace(
        data, x=x, targets=replace(targets, values=np.ascontiguousarray(targets.values, number)), weight=weight
    )


def new_rates(work: Work, precision: str) -> Records:
    """What the update rule is told, for weights and for biases, which neither L2 nor decay touches."""
    rates = np.zeros(2, rates_type(precision))
    for name, value in work.options.items():
        rates[name] = value
        if name.startswith("beta_"):
            rates[name.replace("beta", "new")] = 1 - value
    rates["l2"] = work.l2, 0
    rates["decay"][1] = 0
    return rates


def pace_of(work: Work, first_step: int, last_step: int) -> FloatArray:
    """What changes from step to step: η, and 1/(1 - β^t) for Adam's two β; one row a step, t counts from 1."""
    steps = np.arange(first_step, last_step)
    rows = np.ones((len(steps), 3))
    rows[:, 0] = schedule_named(work.schedule)(work.learning_rate, steps, work.total_steps)
    for column, name in ((1, "beta_1"), (2, "beta_2")):
        if beta := work.options.get(name):
            rows[:, column] = 1 / (1 - beta ** (steps + 1.0))
    return rows
