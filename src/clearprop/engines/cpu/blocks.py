"""Large matrix products, in blocks that stay in the caches.

Of A, as many columns as B has rows in a panel are laid out as panels of HEIGHT rows, which lie in the second cache.
Then one panel of B after the other, WIDTH bytes wide, is multiplied by all of them (`panels`). The sums of a tile of C
stay in registers.

BLAS lays out its factors before it multiplies, and reads a wide table for that at the pace of far memory. Here the next
panel of B is laid out while this one is multiplied, some pieces after each tile; while a tile is made these are asked
for, line by line, for a core waits once it has asked for too much.

Of a table most of whose numbers are 0, columns that are 0 in all rows of a panel need not be multiplied: rows of images
are black in the same places, and pixels beside each other in the same images. A panel lists the columns that it has.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from clearprop.arrays import Array, IntArray
from clearprop.engines.cpu.compiling import LINE, address_of, allocating, ask_for, inner
from clearprop.engines.cpu.panels import (
    HEIGHT,
    OF_A,
    OF_B,
    WIDTH,
    lay_out,
    lay_out_nonzero,
    lines_of,
    rows_of_piece,
    vector_bytes,
)
from clearprop.engines.cpu.vectors import everywhere, multiply_add, vector_at

DEPTH, DEEP = 1024, 2048
"""Bytes in a column of a panel; and where C is so large that to read and write it once for each depth takes longer."""
LARGE = 2**20
"""Bytes of such a C: with all else, more than the second cache holds."""
MOST_ROWS = 86 * HEIGHT
"""Rows of A that are laid out at once, whole panels: with DEEP they fill half of a second cache of 2 MiB."""
LEAST_ROWS, LEAST = 64, 128
"""Rows of A, and columns of A and of C, from which this was faster than BLAS."""
PADDED = 9 / 8
"""By how much the columns of C may grow to fill whole panels."""
AT_ONCE = 64
"""Columns of a turned A that are laid out together: its numbers beside each other, in one line, belong to several
panels, and the line is still near when it is read again."""


class Panels(NamedTuple):
    """The panels of A."""

    numbers: Array
    """One in each row,"""
    columns: Array
    """which columns of A they hold, in a row for each or in one for all,"""
    counts: IntArray
    """and how many."""


class Lines(NamedTuple):
    """What is asked for while a tile is made."""

    of_tile: IntArray
    """The `lines_of` a tile of C,"""
    of_pieces: IntArray
    """and of the panel of B that is laid out next;"""
    addresses: IntArray
    """room for the addresses of those that are asked for at once."""


@register_jitable
def suits_blocks(rows: int, depth: int, columns: int, size: int) -> bool:
    """Whether a product of A (rows, depth) and B (depth, columns) is faster in blocks, of numbers of so many bytes."""
    width = WIDTH // size
    padded = (columns + width - 1) // width * width
    return rows >= LEAST_ROWS and min(depth, columns) >= LEAST and padded <= PADDED * columns


@register_jitable
def depth_of(C: Array) -> int:
    """How many numbers a column of a panel has."""
    is_large = C.shape[0] * C.shape[1] * C.itemsize > LARGE
    depth: int = (DEEP if is_large else DEPTH) // C.itemsize
    return depth


@cache
def blocks_address(precision: str) -> int:
    """The address of `multiply_by_blocks` for views; 0 where tiles do not fit this processor."""
    if not vector_bytes():
        return 0
    number = getattr(types, precision)
    view = types.Array(number, 2, "A")
    return address_of(multiply_by_blocks, number, view, view, number, view, types.boolean)


@allocating
def multiply_by_blocks(alpha: float, A: Array, B: Array, beta: float, C: Array, skips: bool) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n). What C held does not count where β is 0.

    The numbers of a row of A lie close, or those of a column; so do B's, and those of a row of C. Where it `skips`,
    columns that are 0 in all rows of a panel of A are left out.
    """
    depth, width, line, one = depth_of(C), WIDTH // C.itemsize, LINE // C.itemsize, C.dtype.type(1)
    count = (min(C.shape[0], MOST_ROWS) + HEIGHT - 1) // HEIGHT
    # a line more: for whole vectors at the end of those of A, and for those of B to begin at a line
    numbers, right = np.empty((count, HEIGHT * depth + line), C.dtype), np.empty(2 * width * depth + line, C.dtype)
    columns = np.empty((count if skips else 1, depth), np.int32)
    columns[0] = np.arange(depth)
    left = Panels(numbers, columns, np.empty(count, np.int64))
    this = right[(-right.ctypes.data % LINE) // C.itemsize :]
    other, tile = this[width * depth :], np.empty((HEIGHT, width), C.dtype)
    for top in range(0, C.shape[0], MOST_ROWS):
        c = C[top : top + MOST_ROWS]
        for first in range(0, A.shape[1], depth):
            a, b = A[top : top + MOST_ROWS, first : first + depth], B[first : first + depth]
            _lay_out_left(a, skips, left)
            lay_out(OF_B, b[:, :width], this)
            of_tile, of_pieces = lines_of(c[:HEIGHT, :width]), lines_of(b[:, :width])
            lines = Lines(of_tile, of_pieces, np.empty(of_tile.size + of_pieces.size, np.int64))
            for j in range(0, C.shape[1], width):
                part_of_C, coming = c[:, j : j + width], b[:, j + width : j + 2 * width]
                kept = beta if first == 0 else one
                _multiply_panels(alpha, left, this, kept, part_of_C, tile, coming, other, lines)
                this, other = other, this


@inner
def _lay_out_left(a: Array, skips: bool, left: Panels) -> None:
    counts = left.counts
    at_once = AT_ONCE if a.strides[0] == a.itemsize else a.shape[1]
    counts[:] = 0 if skips else a.shape[1]
    for first in range(0, a.shape[1], at_once):
        for i in range(0, a.shape[0], HEIGHT):
            number, rows = i // HEIGHT, a[i : i + HEIGHT, first : first + at_once]
            panel = left.numbers[number]
            if skips:
                counts[number] = lay_out_nonzero(rows.T, first, panel, left.columns[number], counts[number])
            else:
                lay_out(OF_A, rows.T, panel[first * HEIGHT :])


@inner
def _multiply_panels(
    alpha: float,
    left: Panels,
    right: Array,
    beta: float,
    C: Array,
    tile: Array,
    coming: Array,
    other: Array,
    lines: Lines,
) -> None:
    """All panels of A times one of B; meanwhile the `other` one is laid out, of the columns of B that are `coming`."""
    zero, parts, at_once = C.dtype.type(0), (C.shape[0] + HEIGHT - 1) // HEIGHT, rows_of_piece(coming)
    pieces, done = (coming.shape[0] + at_once - 1) // at_once if coming.shape[1] else 0, 0
    for part in range(parts):
        c, columns = C[part * HEIGHT : (part + 1) * HEIGHT], left.columns[part % len(left.columns)]
        end = pieces * (part + 1) // parts
        asked = lines.addresses[: _note_addresses(c, coming, done, end, lines)]
        whole = c.shape[0] == tile.shape[0] and c.shape[1] == tile.shape[1]
        kept, into = (beta, c) if whole else (zero, tile[:, :])
        _tile(left.numbers[part], columns, left.counts[part], right, alpha, kept, into, asked)
        if not whole:
            for i in range(c.shape[0]):
                for j in range(c.shape[1]):
                    c[i, j] = tile[i, j] + (zero if beta == 0 else beta * c[i, j])
        if done < end:
            lay_out(OF_B, coming[done * at_once : end * at_once], other[done * at_once * tile.shape[1] :])
            done = end


@inner
def _note_addresses(c: Array, coming: Array, first: int, end: int, lines: Lines) -> int:
    """Note the addresses of the lines of a tile of C, and of pieces first, …, end - 1 of what is coming; how many."""
    count = 0
    for line in lines.of_tile.flat:
        lines.addresses[count] = c.ctypes.data + line
        count += 1
    for line in lines.of_pieces[first:end].flat:
        lines.addresses[count] = coming.ctypes.data + line
        count += 1
    return count


@intrinsic
def _tile(
    typing: Any,  # noqa: ARG001 - the form that Numba asks for
    left: Any,
    columns: Any,
    count: Any,
    right: Any,
    alpha: Any,
    beta: Any,
    C: Any,
    lines: Any,
) -> Any:
    """C = α A B + β C for a tile C; of A a panel that has so many columns, these; of B one with all rows. Meanwhile the
    lines at these addresses are asked for."""
    size = C.dtype.bitwidth // 8
    width = vector_bytes() // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        a, listed, b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (0, 1, 3, 6))
        _, _, count, _, scale, keep, _, _ = given
        asked = context.make_array(signature.args[7])(context, builder, given[7])
        index, scalar, pointer = count.type, context.get_data_type(C.dtype), ir.IntType(8).as_pointer()
        vector = ir.VectorType(scalar, width)
        lanes = [index(start) for start in range(0, WIDTH // size, width)]
        tile = [[vector_at(builder, c, index(i), start, vector) for start in lanes] for i in range(HEIGHT)]
        sums = [[cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * width)) for _ in lanes] for _ in tile]
        # lines to a column, times 2¹⁶: one is asked for with each, from the first to the last as evenly as can be
        several = builder.select(builder.icmp_signed(">", count, index(0)), count, index(1))
        step = builder.sdiv(builder.shl(cgutils.unpack_tuple(builder, asked.shape)[0], index(16)), several)
        with cgutils.for_range(builder, count) as loop:
            line = builder.lshr(builder.mul(loop.index, step), index(16))
            ask_for(builder, builder.inttoptr(builder.load(builder.gep(asked.data, [line])), pointer))
            of_b = builder.sext(builder.load(builder.gep(listed.data, [loop.index])), index)
            top, start = builder.mul(loop.index, index(HEIGHT)), builder.mul(of_b, index(WIDTH // size))
            places = [builder.gep(b.data, [builder.add(start, lane)]) for lane in lanes]
            factors = [builder.load(builder.bitcast(place, vector.as_pointer()), align=size) for place in places]
            for i, row in enumerate(sums):
                number = builder.load(builder.gep(a.data, [builder.add(top, index(i))]))
                for total, factor in zip(row, factors, strict=True):
                    each = everywhere(builder, number, width)
                    builder.store(multiply_add(builder, each, factor, builder.load(total), size), total)
        alphas, betas = everywhere(builder, scale, width), everywhere(builder, keep, width)
        with builder.if_else(builder.fcmp_ordered("==", keep, scalar(0.0))) as (alone, added):
            with alone:
                for place, total in _pairs(tile, sums):
                    builder.store(builder.fmul(alphas, builder.load(total)), place, align=size)
            with added:
                for place, total in _pairs(tile, sums):
                    kept = builder.fmul(betas, builder.load(place, align=size))
                    builder.store(multiply_add(builder, alphas, builder.load(total), kept, size), place, align=size)
        return context.get_dummy_value()

    return types.none(left, columns, count, right, alpha, beta, C, lines), generate


def _pairs(tile: list[list[Any]], sums: list[list[Any]]) -> list[tuple[Any, Any]]:
    return list(zip(chain.from_iterable(tile), chain.from_iterable(sums), strict=True))
