"""Tables most of whose numbers are 0, as images with a black background and columns of one category are: what is
multiplied by 0 can be left out. The products are made in `strips`, from lists of the other numbers; where W⁽¹⁾ is wide
(`products.skips_zeros`), in `blocks`, which need no lists.

There is a list for each row of such a table: `values` holds the numbers, `columns` (int32) says where in its row each
stands, and `lists` (int64) where a row's list begins in these, and how long it is.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, register_jitable

from clearprop.arrays import Array, FloatArray
from clearprop.engines.cpu.compiling import CHOSEN, NUMBER, VECTOR, address_of, kernel, prefetch, vector
from clearprop.engines.cpu.vectors import everywhere

WIDE = 128
"""Bytes of a row of W⁽¹⁾ above which it is worth it to look for zeros at every step: products with narrower ones are as
fast by tiles, for which `products.NARROW` is as large."""
LANES = 8
"""Numbers that are compared with 0 at once."""
FEW = 0.25
"""The share of numbers that are not 0 up to which it is faster to look for them."""
FEW_OF_ONE = 0.5
"""The same for one row alone: multiplying it takes as long as reading what it is multiplied by."""
SHARED = 2**20
"""From so many weights on BLAS multiplies one row on all cores, and as many must be left out of it as of several."""
SAMPLE = 256
"""Rows that are looked at for that."""

COLUMNS = types.int32[::1]
COLUMN = np.dtype(np.int32).itemsize
"""Bytes of the place of a number in its row."""
PLACE = 2 * np.dtype(np.int64).itemsize
"""Bytes that say where a row's list begins, and how long it is."""
LISTS = types.int64[:, ::1]

_ONES_FIRST = np.array(
    [sorted(range(LANES), key=lambda bit: not number >> bit & 1) for number in range(2**LANES)], np.int32
)
"""For each number of LANES bits the places of its ones, and then those of its zeros."""


@register_jitable
def is_wide(row_bytes: int) -> bool:
    """Whether it is worth it to look for zeros at every step, if a row of W⁽¹⁾ has so many bytes."""
    return row_bytes > WIDE


def mostly_zero(x: FloatArray) -> bool:
    """Whether products with x are faster without its zeros."""
    sample = x[:: len(x) // SAMPLE + 1]
    return bool(np.count_nonzero(sample) <= FEW * sample.size)


@kernel
def has_few(row: Array, share: float) -> bool:
    """Whether no more than a share of a row's numbers are not 0."""
    count = 0
    for number in row:
        count += number != 0
    few: bool = count <= share * row.shape[0]
    return few


def _fetch_nonzero(kind: Any) -> Any:
    """The kernel that fetches what is not 0 from arrays of one number type."""

    @kernel
    def fetch_nonzero(
        x: int,
        rows: Array,
        width: int,
        first: int,
        own: int,
        found: Array,
        values: Array,
        columns: Array,
        lists: Array,
    ) -> None:
        """Columns first, …, first + own - 1 of the chosen rows of the array (…, width) at the address x, as
        lists.

        `found` has a row for each of the array, where its list is kept from the first time on, and a last one that
        says where the next will begin, and where the room for them ends; the lists of rows for which there is none
        begin after that, and are made anew each time. Where nothing is kept `found` has the last row alone.
        """
        kept_rows = found.shape[0] - 1
        free = found[kept_rows]
        for i in range(len(rows)):
            row, of_row = rows[i], lists[i]
            if kept_rows > 0 and found[row, 1] > 0:
                of_row[0], of_row[1] = found[row, 0], found[row, 1]
                continue
            keeps = kept_rows > 0 and free[0] + own <= free[1]
            start = free[0] if keeps else free[1] + i * own
            source = vector(kind, x, row * width + first, row * width + first + own)
            coming = x + (rows[min(i + 1, len(rows) - 1)] * width + first) * source.itemsize
            count = _list_nonzero(source, coming, values[start:], columns[start:])
            of_row[0], of_row[1] = start, count
            if keeps:
                found[row, 0], found[row, 1] = start, count
                free[0] += count

    return fetch_nonzero


@kernel
def _list_nonzero(source: Array, coming: int, values: Array, columns: Array) -> int:
    """List what is not 0 of one row; how long the list is. What lies at the address `coming` is asked for meanwhile."""
    count, whole = 0, source.shape[0] // LANES * LANES
    for k in range(0, whole, LANES):
        prefetch(coming + k * source.itemsize)
        count += _note_nonzero(source, k, _ONES_FIRST, columns, count)
    for k in range(whole, source.shape[0]):
        columns[count] = k
        count += source[k] != 0
    for k in range(count):
        values[k] = source[columns[k]]
    return count


FETCH_NONZERO = {precision: _fetch_nonzero(getattr(np, precision)) for precision in ("float32", "float64", "uint8")}


@kernel
def transpose_nonzero(
    values: Array, columns: Array, lists: Array, values_t: Array, columns_t: Array, lists_t: Array
) -> None:
    """The lists of the transpose."""
    for k in range(lists_t.shape[0]):
        lists_t[k, 0], lists_t[k, 1] = k * lists.shape[0], 0
    for i in range(lists.shape[0]):
        for t in range(lists[i, 0], lists[i, 0] + lists[i, 1]):
            k = columns[t]
            place = lists_t[k, 0] + lists_t[k, 1]
            values_t[place], columns_t[place] = values[t], i
            lists_t[k, 1] += 1


def lists_of(precision: str) -> tuple[Any, ...]:
    """The types of a table that is kept so."""
    return VECTOR[precision], COLUMNS, LISTS


@cache
def fetch_nonzero_address(kind: str, precision: str) -> int:
    """The address of `fetch_nonzero` from arrays of a number type."""
    return address_of(FETCH_NONZERO[kind], *CHOSEN, NUMBER, LISTS, *lists_of(precision))


@cache
def transpose_nonzero_address(precision: str) -> int:
    """The address of `transpose_nonzero`."""
    return address_of(transpose_nonzero, *lists_of(precision), *lists_of(precision))


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
