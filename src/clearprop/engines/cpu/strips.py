"""Products with a table of which `zeros` keeps lists of what is not 0: by strips of the result, whose sums stay in
registers."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import NUMBER, TABLE, address_of, kernel, table
from clearprop.engines.cpu.vectors import added, everywhere, multiply_add, still_missing, vector_at
from clearprop.engines.cpu.zeros import lists_of

STRIPS = (256, 128, 64, 32)
"""Bytes of a row of C that are made at once."""
LONGEST, LONG = STRIPS[:2]
"""Of B such long strips are copied: rows of a wide table lie where they drive each other from the cache."""
SUMS = 256
"""Bytes of sums that are under way at once: eight registers of 32, so that none is waited for."""
TURNED_WIDTH, TURNED_ROWS = 256, 16
"""Where a row of C has more bytes than this, and A as many rows or more, a product with the transpose of A is made as
one with its lists turned: each row of C is then read and written once, not once for each number in its column."""
MANY = 8
"""A copy is worth it where C has at least an eighth of the rows of B."""
NEAR = 2**17
"""Bytes of a copy that stays in the cache."""
MANY_LISTED = 2**19
"""Where A has more numbers than this, zeros included, long strips are worth it though a copy is not near: A's lists,
and the rows of C in as many pages of memory, are gone through once for each strip."""


@register_jitable
def copies(size: int, rows_of_B: int, rows_of_C: int) -> bool:
    """Whether strips of B, of so many bytes, are copied."""
    return size >= LONG and rows_of_C * MANY >= rows_of_B


def strip_of(row_bytes: int, rows_of_B: int = 0, rows_of_C: int = 0) -> int:
    """The bytes of a strip where a row of C has so many; 0 where it has too few. A copy of B's strip may have to stay
    in the cache; that of no rows does."""
    few_listed = rows_of_B * rows_of_C <= MANY_LISTED
    too_long = copies(LONGEST, rows_of_B, rows_of_C) and rows_of_B * LONGEST > NEAR and few_listed
    return next((size for size in STRIPS if size <= row_bytes and not (size == LONGEST and too_long)), 0)


def turns_lists(rows: int, row_bytes: int) -> bool:
    """Whether the lists of so many rows are turned for a product with the transpose, if a row of C has so many
    bytes."""
    return row_bytes > TURNED_WIDTH and rows >= TURNED_ROWS


def _multiply_nonzero(size: int) -> Any:
    """The kernel of a product by strips of so many bytes."""

    @kernel
    def multiply_nonzero(
        alpha: float, values: Array, columns: Array, lists: Array, B: Array, beta: float, C: Array, strip: int
    ) -> None:
        """C = α A B + β C, for the table A that is kept so. What C held does not count where β is 0. At the address
        `strip` there is room for a copy of a strip of B."""
        width, near = size // C.itemsize, copies(size, B.shape[0], C.shape[0])
        copy = table(B, strip, width, 0, B.shape[0])
        for start in range(0, C.shape[1], width):
            first = min(start, C.shape[1] - width)  # the last strip may begin within the one before it
            if near:
                copy_columns(B, first, copy)
            source, column = (copy, 0) if near else (B, first)
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
def copy_columns(B: Array, first: int, copy: Array) -> None:
    """As many columns as the copy has, from this one on."""
    for i in range(copy.shape[0]):
        for j in range(copy.shape[1]):
            copy[i, j] = B[i, first + j]


@cache
def multiply_nonzero_address(size: int, precision: str) -> int:
    """The address of `multiply_nonzero` by strips of so many bytes."""
    kind = TABLE[precision]
    return address_of(MULTIPLY_NONZERO[size], kind.dtype, *lists_of(precision), kind, kind.dtype, kind, NUMBER)


@cache
def multiply_nonzero_transpose_address(size: int, precision: str) -> int:
    """The address of `multiply_nonzero_transpose` by strips of so many bytes."""
    kind = TABLE[precision]
    return address_of(MULTIPLY_NONZERO_TRANSPOSE[size], kind.dtype, *lists_of(precision), kind, kind.dtype, kind)


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
            return vector_at(builder, array, row, column, strip)

        def add(place: Any, total: Any) -> None:
            row_of_b, factor = _listed(builder, x, columns, place, width)
            several = builder.load(strip_at(b, row_of_b, start_of_b), align=of_number)
            builder.store(multiply_add(builder, factor, several, builder.load(total), of_number), total)

        # LLVM finds registers for them; sums of every other number do not wait for those between
        even = cgutils.alloca_once_value(builder, zeros)
        odd = cgutils.alloca_once_value(builder, zeros) if 2 * size.literal_value <= SUMS else even
        pairs = builder.and_(number, index(-2))
        with cgutils.for_range_slice(builder, start, builder.add(start, pairs), index(2), index) as (place, _):
            add(place, even)
            add(builder.add(place, index(1)), odd)
        with builder.if_then(builder.icmp_signed("<", pairs, number)):
            add(builder.add(start, pairs), even)
        total = builder.load(even) if odd is even else builder.fadd(builder.load(even), builder.load(odd))
        before = builder.load(strip_at(c, row, left), align=of_number)
        after = added(builder, scale, total, keep, before, of_number)
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
            return vector_at(builder, array, row, left, strip)

        several = builder.fmul(everywhere(builder, scale, width), builder.load(strip_at(b, row), align=of_number))
        several = builder.select(still_missing(builder, made, width), several, ir.Constant(strip, [0.0] * width))
        with cgutils.for_range_slice(builder, start, builder.add(start, number), index(1), index) as (place, _):
            column, factor = _listed(builder, x, columns, place, width)
            row_of_c = strip_at(c, column)
            after = multiply_add(builder, factor, several, builder.load(row_of_c, align=of_number), of_number)
            builder.store(after, row_of_c, align=of_number)
        return context.get_dummy_value()

    return types.none(size, alpha, values, columns, begin, count, B, C, i, j, done), generate


def _listed(builder: Any, values: Any, columns: Any, place: Any, width: int) -> tuple[Any, Any]:
    """A number of a list: its column, and a vector of so many times the number."""
    column = builder.sext(builder.load(builder.gep(columns.data, [place])), place.type)
    return column, everywhere(builder, builder.load(builder.gep(values.data, [place])), width)
