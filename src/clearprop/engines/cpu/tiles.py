"""Narrow and small matrix products, for which BLAS spends more time on its preparations than on the product.

C is made tile by tile: a few rows, and as many columns as 64 bytes hold. The sums of a tile stay in registers while k
runs along the rows of A and down the columns of B, which are read where they lie. Those rows of A that the next
tile needs are brought from memory while this one is made, for they may lie anywhere, or in more pages than a processor
looks ahead.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import ask_for, inner
from clearprop.engines.cpu.vectors import (
    added,
    address,
    everywhere,
    first_numbers,
    load_some,
    multiply_add,
    store_some,
    vector_at,
)

TILE_ROWS = 4
"""Rows of a tile: with two registers of 32 bytes a row, as many sums under way as a core can have."""
TILE_BYTES = 64
"""Bytes in a row of a tile, and in a cache line."""
TILE_COLUMNS = 64
"""Columns of A that are taken at once where each lies in cache lines of its own: what one tile reads of these lines is
then still near when the next one needs the rest."""


@inner
def multiply_by_tiles(alpha: float, A: Any, B: Array, beta: float, C: Array, at_once: int) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n). What C held does not count where β is 0.

    A is an array, or the chosen rows of one as a pair (rows, array), or its chosen columns as (array, columns). The
    rows of B must lie close; up to 60 bytes after its end are read, and not used. So many columns of A are taken
    `at_once`: all, or TILE_COLUMNS where they lie far from each other.
    """
    width = TILE_BYTES // C.itemsize
    for first in range(0, max(1, B.shape[0]), max(1, at_once)):  # also where there is nothing to add up
        part, keep = B[first : first + at_once], beta if first == 0 else C.dtype.type(1)
        for j in range(0, C.shape[1], width):
            _multiply_columns(alpha, A, first, part, j, keep, C)


@inner
def _multiply_columns(alpha: float, A: Any, first: int, B: Array, j: int, beta: float, C: Array) -> None:
    """The same for a tile's width of columns of C, from j on, and for as many columns of A, from `first` on, as B has
    rows."""
    height = C.shape[0] // TILE_ROWS * TILE_ROWS
    for i in range(0, height, TILE_ROWS):
        _tile(TILE_ROWS, alpha, A, first, B, beta, C, i, j)
    for i in range(height, C.shape[0]):
        _tile(1, alpha, A, first, B, beta, C, i, j)


@intrinsic(prefer_literal=True)
def _tile(
    typing: Any,  # noqa: ARG001 - the form that Numba asks for
    height: Any,
    alpha: Any,
    A: Any,
    first: Any,
    B: Any,
    beta: Any,
    C: Any,
    i: Any,
    j: Any,
) -> Any:
    """The tile of C from row i and column j on, of so many rows, and of what C has of a tile's width of columns; for
    as many columns of A, from `first` on, as B has rows."""
    rows, size = height.literal_value, C.dtype.bitwidth // 8
    width = TILE_BYTES // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, scale, left, skipped, _, keep, _, top, start = given
        b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (4, 6))
        factor_at, count = _left_factor(context, builder, signature.args[2], left, skipped)
        scalar, index = context.get_data_type(C.dtype), top.type
        vector = ir.VectorType(scalar, width)
        zeros = ir.Constant(vector, [0.0] * width)

        def tile_row(array: Any, row: Any) -> Any:
            return vector_at(builder, array, row, start, vector)

        lines = [builder.add(top, index(line)) for line in range(rows)]
        coming = _rows_after(builder, lines, count) if count and rows == TILE_ROWS else []
        sums = [cgutils.alloca_once(builder, vector) for _ in lines]  # LLVM finds registers for them
        for total in sums:
            builder.store(zeros, total)
        with cgutils.for_range(builder, cgutils.unpack_tuple(builder, b.shape)[0]) as loop:
            if coming:
                with builder.if_then(_begins_line(builder, loop.index, width)):
                    for line in coming:
                        ask_for(builder, factor_at(line, loop.index))
            row_of_b = builder.load(tile_row(b, loop.index), align=size)
            for line, total in zip(lines, sums, strict=True):
                factor = everywhere(builder, builder.load(factor_at(line, loop.index)), width)
                builder.store(multiply_add(builder, factor, row_of_b, builder.load(total), size), total)

        def write(load: Any, store: Any) -> None:
            for line, total in zip(lines, sums, strict=True):
                place = tile_row(c, line)
                store(added(builder, scale, builder.load(total), keep, load(place), size), place)

        columns = builder.sub(cgutils.unpack_tuple(builder, c.shape)[1], start)
        with builder.if_else(builder.icmp_signed("<", columns, index(width))) as (some, all_columns):
            with some:
                chosen = first_numbers(builder, columns, width)
                write(
                    lambda place: load_some(builder, place, chosen),
                    lambda row, place: store_some(builder, row, place, chosen),
                )
            with all_columns:
                write(
                    lambda place: builder.load(place, align=size),
                    lambda row, place: builder.store(row, place, align=size),
                )
        return context.get_dummy_value()

    return types.none(height, alpha, A, first, B, beta, C, i, j), generate


def _rows_after(builder: Any, lines: list[Any], count: Any) -> list[Any]:
    """As many rows after these; the last of all `count` rows where there are no more."""
    last = builder.sub(count, count.type(1))
    after = [builder.add(line, count.type(len(lines))) for line in lines]
    return [builder.select(builder.icmp_signed("<", line, last), line, last) for line in after]


def _begins_line(builder: Any, column: Any, width: int) -> Any:
    """Whether a cache line of so many numbers was passed since this was true the last time."""
    return builder.icmp_signed("==", builder.and_(column, column.type(width - 1)), column.type(0))


def _left_factor(context: Any, builder: Any, kind: Any, value: Any, skipped: Any) -> tuple[Any, Any]:
    """Where an element of A lies, as a function of its row and its column after those that are skipped; and how many
    rows A has, if not its columns are chosen."""

    def array_of(kind: Any, value: Any) -> Any:
        return context.make_array(kind)(context, builder, value)

    def after(column: Any) -> Any:
        return builder.add(skipped, column)

    if isinstance(kind, types.Array):
        whole = array_of(kind, value)
        count = cgutils.unpack_tuple(builder, whole.shape)[0]
        return lambda row, column: address(builder, whole, row, after(column)), count
    one, other = (array_of(*part) for part in zip(kind, cgutils.unpack_tuple(builder, value), strict=True))

    def chosen(choice: Any, number: Any) -> Any:
        return builder.load(builder.gep(choice.data, [number]))

    if kind[0].ndim == 1:  # (rows, array)
        count = cgutils.unpack_tuple(builder, one.shape)[0]
        return lambda row, column: address(builder, other, chosen(one, row), after(column)), count
    return lambda row, column: address(builder, one, row, chosen(other, after(column))), None
