"""Products with tables most of whose numbers are 0, as images with a black background and columns of one category are:
what is multiplied by 0 is left out.

Of such a table only the other numbers are kept. `values` holds row after row of them, close together; `places` (int32)
says for each row first how many there are, and then the column of each.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import Array, FloatArray
from clearprop.engines.cpu.compiling import CHOSEN, TABLE, address_of, kernel, prefetch, vector
from clearprop.engines.cpu.vectors import address, everywhere, multiply_add

STRIP = 128
"""Bytes of a row of C that are made at once, in four registers of 32 bytes. C is no narrower."""
MANY = 8
"""A copy of the strips of B is worth it where C has at least this part of its rows."""
LANES = 8
"""Numbers that are compared with 0 at once."""
FEW = 0.25
"""The share of numbers that are not 0 up to which it is faster to look for them."""
SAMPLE = 256
"""Rows that are looked at for that."""

PLACES = types.int32[:, ::1]

_ONES_FIRST = np.array(
    [sorted(range(LANES), key=lambda bit: not number >> bit & 1) for number in range(2**LANES)], np.int32
)
"""For each number of LANES bits the places of its ones, and then those of its zeros."""


def is_wide(width: int) -> bool:
    """Whether rows of C have so many bytes that this is worth it: narrower products are as fast by tiles."""
    return width > STRIP


def mostly_zero(x: FloatArray) -> bool:
    """Whether products with x are faster without its zeros."""
    sample = x[:: len(x) // SAMPLE + 1]
    return bool(np.count_nonzero(sample) <= FEW * sample.size)


@kernel
def is_mostly_zero(row: Array) -> bool:
    """The same for one row."""
    count = 0
    for number in row:
        count += number != 0
    few: bool = count <= FEW * row.shape[0]
    return few


def _fetch_nonzero(kind: Any) -> Any:
    """The kernel that fetches what is not 0 from arrays of one number type."""

    @kernel
    def fetch_nonzero(x: int, rows: Array, width: int, first: int, values: Array, places: Array) -> None:
        """Columns first, first + 1, … of the chosen rows of the array (…, width) at the address x, as many as `values`
        has; the next row is asked for while one is read."""
        for i in range(values.shape[0]):
            start, after = rows[i] * width + first, rows[min(i + 1, len(rows) - 1)] * width + first
            source, row, columns = vector(kind, x, start, start + values.shape[1]), values[i], places[i, 1:]
            coming = x + after * source.itemsize
            count, whole = 0, source.shape[0] // LANES * LANES
            for k in range(0, whole, LANES):
                prefetch(coming + k * source.itemsize)
                count += _note_nonzero(source, k, _ONES_FIRST, columns, count)
            for k in range(whole, source.shape[0]):
                columns[count] = k
                count += source[k] != 0
            for k in range(count):
                row[k] = source[columns[k]]
            places[i, 0] = count

    return fetch_nonzero


FETCH_NONZERO = {precision: _fetch_nonzero(getattr(np, precision)) for precision in ("float32", "float64", "uint8")}


@kernel
def transpose_nonzero(values: Array, places: Array, values_t: Array, places_t: Array) -> None:
    """The transpose of a table."""
    for k in range(places_t.shape[0]):
        places_t[k, 0] = 0
    for i in range(values.shape[0]):
        for t in range(places[i, 0]):
            k = places[i, 1 + t]
            count = places_t[k, 0]
            values_t[k, count], places_t[k, 1 + count] = values[i, t], i
            places_t[k, 0] = count + 1


@kernel
def multiply_nonzero(alpha: float, values: Array, places: Array, B: Array, beta: float, C: Array, strip: Array) -> None:
    """C = α A B + β C, for the table A that is kept so. What C held does not count where β is 0. `strip` has as many
    rows as B, of STRIP bytes each, for a copy of a part of it."""
    width, near = STRIP // C.itemsize, MANY * C.shape[0] >= B.shape[0]
    for start in range(0, C.shape[1], width):
        first = min(start, C.shape[1] - width)  # the last strip may begin within the one before it
        if near:
            copy_columns(B, first, strip)
        source, column = (strip, 0) if near else (B, first)
        for i in range(C.shape[0]):
            count, columns = places[i, 0], places[i, 1:]
            _make_strip(alpha, values[i], columns, count, source, column, beta, C, i, first, start - first)


@kernel
def copy_columns(table: Array, first: int, strip: Array) -> None:
    """As many columns of the table as the strip has, close together: rows of a wide table lie where they drive each
    other from the cache."""
    for i in range(table.shape[0]):
        for j in range(strip.shape[1]):
            strip[i, j] = table[i, first + j]


@cache
def fetch_nonzero_address(kind: str, precision: str) -> int:
    """The address of `fetch_nonzero` from arrays of a number type."""
    return address_of(FETCH_NONZERO[kind], *CHOSEN, TABLE[precision], PLACES)


@cache
def multiply_nonzero_address(precision: str) -> int:
    """The address of `multiply_nonzero`."""
    table = TABLE[precision]
    return address_of(multiply_nonzero, table.dtype, table, PLACES, table, table.dtype, table, table)


@intrinsic
def _note_nonzero(typing: Any, numbers: Any, k: Any, ones_first: Any, places: Any, count: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Of LANES numbers from k on, write the places of those that are not 0, from places[count] on; how many they are.
    LANES places are written; those after these do not count, and are no more than the numbers up to there."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array, table, into = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (0, 2, 3))
        kind, index, whole = signature.args[0].dtype, given[1].type, ir.IntType(32)
        several, several_places = (ir.VectorType(of, LANES) for of in (context.get_data_type(kind), whole))

        def at(array: Any, place: Any, vector: Any) -> Any:
            return builder.bitcast(builder.gep(array.data, [place]), vector.as_pointer())

        read = builder.load(at(array, given[1], several), align=kind.bitwidth // 8)
        differ = builder.fcmp_unordered if isinstance(kind, types.Float) else builder.icmp_unsigned
        found = builder.bitcast(differ("!=", read, ir.Constant(several, [0] * LANES)), ir.IntType(LANES))
        row = builder.mul(builder.zext(found, index), index(LANES))
        lanes = builder.load(at(table, row, several_places), align=4)
        start = everywhere(builder, builder.trunc(given[1], whole), LANES)
        builder.store(builder.add(start, lanes), at(into, given[4], several_places), align=4)
        return builder.zext(builder.ctpop(found), index)

    return types.int64(numbers, k, ones_first, places, count), generate


@intrinsic
def _make_strip(
    typing: Any,  # noqa: ARG001 - the form that Numba asks for
    alpha: Any,
    values: Any,
    columns: Any,
    count: Any,
    B: Any,
    column: Any,
    beta: Any,
    C: Any,
    i: Any,
    j: Any,
    done: Any,
) -> Any:
    """The strip of row i of C from column j on, whose first columns are `done`: of so many values, which stand in these
    columns of A, and the strips of B from `column` on."""
    size = C.dtype.bitwidth // 8
    width = STRIP // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        scale, _, _, number, _, start_of_b, keep, _, row, start, made = given
        x, columns, b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (1, 2, 4, 7))
        scalar, index = context.get_data_type(C.dtype), start.type
        strip = ir.VectorType(scalar, width)
        zeros = ir.Constant(strip, [0.0] * width)

        def strip_of(array: Any, row: Any, column: Any) -> Any:
            return builder.bitcast(address(builder, array, row, column), strip.as_pointer())

        total = cgutils.alloca_once_value(builder, zeros)  # LLVM finds registers for it
        with cgutils.for_range(builder, number) as loop:
            place = builder.sext(builder.load(builder.gep(columns.data, [loop.index])), index)
            factor = everywhere(builder, builder.load(builder.gep(x.data, [loop.index])), width)
            row_of_b = builder.load(strip_of(b, place, start_of_b), align=size)
            builder.store(multiply_add(builder, factor, row_of_b, builder.load(total), size), total)
        before = builder.load(strip_of(c, row, start), align=size)
        none_kept = builder.fcmp_ordered("==", keep, scalar(0.0))
        kept = builder.select(none_kept, zeros, builder.fmul(everywhere(builder, keep, width), before))
        after = multiply_add(builder, everywhere(builder, scale, width), builder.load(total), kept, size)
        lanes = ir.Constant(ir.VectorType(index, width), list(range(width)))
        missing = builder.icmp_signed(">=", lanes, everywhere(builder, made, width))
        builder.store(builder.select(missing, after, before), strip_of(c, row, start), align=size)
        return context.get_dummy_value()

    return types.none(alpha, values, columns, count, B, column, beta, C, i, j, done), generate
