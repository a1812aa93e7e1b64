"""Products with tables most of whose numbers are 0, as images with a black background and columns of one category are:
what is multiplied by 0 is left out.

Of such a table only the other numbers are kept, as a list for each row: `values` holds the numbers, `columns` (int32)
says where in its row each stands, and `lists` (int64) where a row's list begins in these, and how long it is.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import Array, FloatArray
from clearprop.engines.cpu.compiling import CHOSEN, NUMBER, TABLE, VECTOR, address_of, kernel, prefetch, vector
from clearprop.engines.cpu.vectors import address, everywhere, multiply_add, still_missing

STRIPS = (128, 64, 32)
"""Bytes of a row of C that are made at once, in registers of 32 bytes: as many as a row has room for."""
WIDE = STRIPS[0]
"""Bytes of a row of C above which it is worth it to look for zeros at every step: narrower products are as fast by
tiles."""
TURNED_WIDTH, TURNED_ROWS = 256, 16
"""Where a row of C has more bytes than this, and A as many rows or more, a product with the transpose of A is made as
one with its lists turned: each row of C is then read and written once, not once for each number in its column."""
MANY = 8
"""A copy of the strips of B is worth it where C has at least this part of its rows."""
LANES = 8
"""Numbers that are compared with 0 at once."""
FEW = 0.25
"""The share of numbers that are not 0 up to which it is faster to look for them."""
SAMPLE = 256
"""Rows that are looked at for that."""

COLUMNS = types.int32[::1]
COLUMN = np.dtype(np.int32).itemsize
LISTS = types.int64[:, ::1]

_ONES_FIRST = np.array(
    [sorted(range(LANES), key=lambda bit: not number >> bit & 1) for number in range(2**LANES)], np.int32
)
"""For each number of LANES bits the places of its ones, and then those of its zeros."""


def strip_of(width: int) -> int:
    """The bytes of a strip where a row of C has so many; 0 where it has too few."""
    return next((size for size in STRIPS if size <= width), 0)


def is_wide(width: int) -> bool:
    """Whether it is worth it to look for zeros at every step, if a row of C has so many bytes."""
    return width > WIDE


def turns_lists(rows: int, width: int) -> bool:
    """Whether the lists of so many rows are turned for a product with the transpose, if a row of C has so many
    bytes."""
    return width > TURNED_WIDTH and rows >= TURNED_ROWS


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
    def fetch_nonzero(
        x: int,
        rows: Array,
        width: int,
        first: int,
        own: int,
        top: int,
        found: Array,
        values: Array,
        columns: Array,
        lists: Array,
    ) -> None:
        """Columns first, …, first + own - 1 of the chosen rows of the array (…, width) at the address x, as the lists
        from `top` on.

        `found` has a row for each of the array, where its list is kept from the first time on, and a last one that
        says where the next will begin, and where the room for them ends; the lists of rows for which there is none
        begin after that, and are made anew each time. Where nothing is kept `found` has the last row alone.
        """
        kept_rows = found.shape[0] - 1
        free = found[kept_rows]
        for i in range(len(rows)):
            row, of_row = rows[i], lists[top + i]
            if kept_rows > 0 and found[row, 1] > 0:
                of_row[0], of_row[1] = found[row, 0], found[row, 1]
                continue
            keeps = kept_rows > 0 and free[0] + own <= free[1]
            start = free[0] if keeps else free[1] + (top + i) * own
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


def _multiply_nonzero(size: int) -> Any:
    """The kernel of a product by strips of so many bytes."""

    @kernel
    def multiply_nonzero(
        alpha: float, values: Array, columns: Array, lists: Array, B: Array, beta: float, C: Array, strip: Array
    ) -> None:
        """C = α A B + β C, for the table A that is kept so. What C held does not count where β is 0. `strip` has as
        many rows as B, of WIDE bytes each, for a copy of a part of it."""
        width, near = size // C.itemsize, size == WIDE and MANY * C.shape[0] >= B.shape[0]
        for start in range(0, C.shape[1], width):
            first = min(start, C.shape[1] - width)  # the last strip may begin within the one before it
            if near:
                copy_columns(B, first, strip)
            source, column = (strip, 0) if near else (B, first)
            for i in range(C.shape[0]):
                begin, count = lists[i, 0], lists[i, 1]
                _make_strip(
                    size, alpha, values, columns, begin, count, source, column, beta, C, i, first, start - first
                )

    return multiply_nonzero


MULTIPLY_NONZERO = {size: _multiply_nonzero(size) for size in STRIPS}


def _multiply_nonzero_transpose(size: int) -> Any:
    """The kernel of a product with the transpose, by strips of so many bytes."""

    @kernel
    def multiply_nonzero_transpose(
        alpha: float, values: Array, columns: Array, lists: Array, B: Array, beta: float, C: Array
    ) -> None:
        """C = α Aᵀ B + β C, for the table A that is kept so: each of its numbers adds to one row of C a part of a row
        of B. What C held does not count where β is 0."""
        width = size // C.itemsize
        if beta == 0:
            C[...] = 0
        elif beta != 1:
            for i in range(C.shape[0]):
                for j in range(C.shape[1]):
                    C[i, j] *= beta
        for start in range(0, C.shape[1], width):
            first = min(start, C.shape[1] - width)
            for i in range(lists.shape[0]):
                _add_strip(size, alpha, values, columns, lists[i, 0], lists[i, 1], B, C, i, first, start - first)

    return multiply_nonzero_transpose


MULTIPLY_NONZERO_TRANSPOSE = {size: _multiply_nonzero_transpose(size) for size in STRIPS}


@kernel
def copy_columns(table: Array, first: int, strip: Array) -> None:
    """As many columns of the table as the strip has, close together: rows of a wide table lie where they drive each
    other from the cache."""
    for i in range(table.shape[0]):
        for j in range(strip.shape[1]):
            strip[i, j] = table[i, first + j]


def _lists_of(precision: str) -> tuple[Any, ...]:
    """The types of a table that is kept so."""
    return VECTOR[precision], COLUMNS, LISTS


@cache
def fetch_nonzero_address(kind: str, precision: str) -> int:
    """The address of `fetch_nonzero` from arrays of a number type."""
    return address_of(FETCH_NONZERO[kind], *CHOSEN, NUMBER, NUMBER, LISTS, *_lists_of(precision))


@cache
def multiply_nonzero_address(size: int, precision: str) -> int:
    """The address of `multiply_nonzero` by strips of so many bytes."""
    table = TABLE[precision]
    return address_of(MULTIPLY_NONZERO[size], table.dtype, *_lists_of(precision), table, table.dtype, table, table)


@cache
def multiply_nonzero_transpose_address(size: int, precision: str) -> int:
    """The address of `multiply_nonzero_transpose` by strips of so many bytes."""
    table = TABLE[precision]
    return address_of(MULTIPLY_NONZERO_TRANSPOSE[size], table.dtype, *_lists_of(precision), table, table.dtype, table)


@cache
def transpose_nonzero_address(precision: str) -> int:
    """The address of `transpose_nonzero`."""
    return address_of(transpose_nonzero, *_lists_of(precision), *_lists_of(precision))


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


@intrinsic(prefer_literal=True)
def _make_strip(
    typing: Any,  # noqa: ARG001 - the form that Numba asks for
    size: Any,
    alpha: Any,
    values: Any,
    columns: Any,
    begin: Any,
    count: Any,
    B: Any,
    column: Any,
    beta: Any,
    C: Any,
    i: Any,
    j: Any,
    done: Any,
) -> Any:
    """The strip of row i of C from column j on, whose first columns are `done`: of the list that begins there and has
    so many values, and the strips of B from `column` on."""
    of_number = C.dtype.bitwidth // 8
    width = size.literal_value // of_number

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, scale, _, _, start, number, _, start_of_b, keep, _, row, left, made = given
        x, columns, b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (2, 3, 6, 9))
        scalar, index = context.get_data_type(C.dtype), left.type
        strip = ir.VectorType(scalar, width)
        zeros = ir.Constant(strip, [0.0] * width)

        def strip_at(array: Any, row: Any, column: Any) -> Any:
            return builder.bitcast(address(builder, array, row, column), strip.as_pointer())

        def add(place: Any, total: Any) -> None:
            row_of_b = builder.sext(builder.load(builder.gep(columns.data, [place])), index)
            factor = everywhere(builder, builder.load(builder.gep(x.data, [place])), width)
            several = builder.load(strip_at(b, row_of_b, start_of_b), align=of_number)
            builder.store(multiply_add(builder, factor, several, builder.load(total), of_number), total)

        # LLVM finds registers for them; the sums of every other number do not wait for those between
        even, odd = (cgutils.alloca_once_value(builder, zeros) for _ in range(2))
        pairs = builder.and_(number, index(-2))
        with cgutils.for_range_slice(builder, start, builder.add(start, pairs), index(2), index) as (place, _):
            add(place, even)
            add(builder.add(place, index(1)), odd)
        with builder.if_then(builder.icmp_signed("<", pairs, number)):
            add(builder.add(start, pairs), even)
        total = builder.fadd(builder.load(even), builder.load(odd))
        before = builder.load(strip_at(c, row, left), align=of_number)
        none_kept = builder.fcmp_ordered("==", keep, scalar(0.0))
        kept = builder.select(none_kept, zeros, builder.fmul(everywhere(builder, keep, width), before))
        after = multiply_add(builder, everywhere(builder, scale, width), total, kept, of_number)
        chosen = builder.select(still_missing(builder, made, width), after, before)
        builder.store(chosen, strip_at(c, row, left), align=of_number)
        return context.get_dummy_value()

    return types.none(size, alpha, values, columns, begin, count, B, column, beta, C, i, j, done), generate


@intrinsic(prefer_literal=True)
def _add_strip(
    typing: Any,  # noqa: ARG001 - the form that Numba asks for
    size: Any,
    alpha: Any,
    values: Any,
    columns: Any,
    begin: Any,
    count: Any,
    B: Any,
    C: Any,
    i: Any,
    j: Any,
    done: Any,
) -> Any:
    """Add to the rows of C that the list says, each times its value and α, the strip of row i of B from column j on,
    without its first columns, which are `done`."""
    of_number = C.dtype.bitwidth // 8
    width = size.literal_value // of_number

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, scale, _, _, start, number, _, _, row, left, made = given
        x, columns, b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (2, 3, 6, 7))
        index = left.type
        strip = ir.VectorType(context.get_data_type(C.dtype), width)

        def strip_at(array: Any, row: Any) -> Any:
            return builder.bitcast(address(builder, array, row, left), strip.as_pointer())

        several = builder.fmul(everywhere(builder, scale, width), builder.load(strip_at(b, row), align=of_number))
        several = builder.select(still_missing(builder, made, width), several, ir.Constant(strip, [0.0] * width))
        with cgutils.for_range_slice(builder, start, builder.add(start, number), index(1), index) as (place, _):
            row_of_c = strip_at(c, builder.sext(builder.load(builder.gep(columns.data, [place])), index))
            factor = everywhere(builder, builder.load(builder.gep(x.data, [place])), width)
            after = multiply_add(builder, factor, several, builder.load(row_of_c, align=of_number), of_number)
            builder.store(after, row_of_c, align=of_number)
        return context.get_dummy_value()

    return types.none(size, alpha, values, columns, begin, count, B, C, i, j, done), generate
