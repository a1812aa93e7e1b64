"""Large matrix products, in blocks that stay in the caches.

BLAS lays out its factors anew for every product, and reads a wide table for that at the pace of far memory. Here the
next panel of B is asked for while this one is multiplied.

Of A, as many columns as B has rows in a panel are laid out as panels of HEIGHT rows, which fill the second cache. Then
one panel of B after the other, WIDTH bytes wide, is laid out and multiplied by all of them. A panel holds its numbers
in the order in which a tile of C needs them, whose sums stay in registers.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import LINE, address_of, allocating, ask_for, inner, prefetch
from clearprop.engines.cpu.meeting import part_of
from clearprop.engines.cpu.vectors import everywhere, first_numbers, load_some, multiply_add, turned, vector_at

HEIGHT, WIDTH = 6, 256
"""Rows of a tile, and bytes in one of them: with vectors of 64 bytes, 24 of 32 registers hold sums."""
LEFT, RIGHT = range(2)
"""Whose panel it is: one of A, turned, has HEIGHT numbers in a row, one of B as many as WIDTH bytes hold."""
DEPTH, DEEP = 1024, 2048
"""Bytes in a column of a panel; and where C is so large that to read and write it once for each depth takes longer."""
LARGE = 2**20
"""Bytes of such a C: with all else, more than the second cache holds."""
ROWS = 512
"""Rows of A that are laid out at once: with that depth, up to half of a second cache of 2 MiB."""
LEAST_ROWS, LEAST = 64, 128
"""Rows of A, and columns of A and of C, from which this was faster than BLAS."""
PADDED = 9 / 8
"""By how much the columns of C may grow to fill whole panels."""


@cache
def vector_bytes() -> int:
    """Bytes of this processor's vectors, of which a tile's sums fill most; 0 where tiles of this form do not fit it."""
    features = llvm.get_host_cpu_features()
    return 64 if features.get("avx512f") else 0


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
    """The address of `multiply_by_blocks` for views; 0 where BLAS is as fast."""
    if not vector_bytes():
        return 0
    number = getattr(types, precision)
    view = types.Array(number, 2, "A")
    return address_of(multiply_by_blocks, number, view, view, number, view)


@allocating
def multiply_by_blocks(alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n). What C held does not count where β is 0.

    The numbers of a row of A lie close, or those of a column; so do B's, and those of a row of C.
    """
    depth, width, line = depth_of(C), WIDTH // C.itemsize, LINE // C.itemsize
    panels = (min(C.shape[0], ROWS) + HEIGHT - 1) // HEIGHT
    # a line more: for whole vectors at the end of the left ones, and for the right one to begin at a line
    left, right = np.empty(panels * HEIGHT * depth + line, C.dtype), np.empty(width * depth + line, C.dtype)
    _multiply_by_blocks(alpha, A, B, beta, C, left, right, np.empty((HEIGHT, width), C.dtype))


@inner
def _multiply_by_blocks(
    alpha: float, A: Array, B: Array, beta: float, C: Array, left: Array, right: Array, tile: Array
) -> None:
    depth, width, one = depth_of(C), WIDTH // C.itemsize, C.dtype.type(1)
    right = right[(-right.ctypes.data % LINE) // C.itemsize :]
    for top in range(0, C.shape[0], ROWS):
        c = C[top : top + ROWS]
        for first in range(0, A.shape[1], depth):
            a, b = A[top : top + ROWS, first : first + depth], B[first : first + depth]
            for i in range(0, c.shape[0], HEIGHT):
                _lay_out(LEFT, a[i : i + HEIGHT].T, left[i * depth :])
            for j in range(0, C.shape[1], width):
                _lay_out(RIGHT, b[:, j : j + width], right)
                columns, coming = c[:, j : j + width], b[:, j + width : j + 2 * width]
                _multiply_panels(
                    alpha, left, right, depth, b.shape[0], beta if first == 0 else one, columns, coming, tile
                )


@inner
def _multiply_panels(
    alpha: float, left: Array, right: Array, depth: int, count: int, beta: float, C: Array, coming: Array, tile: Array
) -> None:
    """All panels of A, which have room for `depth` rows, times one of B, of `count` rows; meanwhile what comes after it
    is asked for."""
    zero = C.dtype.type(0)
    panels = (C.shape[0] + HEIGHT - 1) // HEIGHT
    for panel in range(panels):
        _ask_for_part(coming, panel, panels)
        own, c = left[panel * HEIGHT * depth :], C[panel * HEIGHT : (panel + 1) * HEIGHT]
        whole = c.shape[0] == tile.shape[0] and c.shape[1] == tile.shape[1]
        _tile(own, right, count, alpha, beta if whole else zero, c if whole else tile[:, :])
        if not whole:
            for i in range(c.shape[0]):
                for j in range(c.shape[1]):
                    c[i, j] = tile[i, j] + (zero if beta == 0 else beta * c[i, j])


@inner
def _ask_for_part(coming: Array, part: int, parts: int) -> None:
    """One of so many parts of a panel that is not laid out yet."""
    lies = coming if coming.strides[1] == coming.itemsize else coming.T
    first, last = part_of(lies.shape[0], part, parts)
    for row in range(first, last):
        place = lies.ctypes.data + row * lies.strides[0]
        for line in range(place, place + lies.shape[1] * lies.itemsize, LINE):
            prefetch(line)


def _numbers(side: Any, kind: Any) -> tuple[int, int, int]:
    """How many numbers are in a row of a panel, how many in a vector of it, and the bytes of one."""
    size = kind.dtype.bitwidth // 8
    widest = vector_bytes() // size
    if side.literal_value == RIGHT:
        return WIDTH // size, widest, size
    return HEIGHT, min(widest, 8), size


@intrinsic(prefer_literal=True)
def _lay_out(typing: Any, side: Any, rows: Any, panel: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Rows, one after the other, as a panel; what they lack to its width is 0."""
    lanes, width, size = _numbers(side, panel)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        source, target = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (1, 2))
        count, columns = cgutils.unpack_tuple(builder, source.shape)
        index = count.type
        vector = ir.VectorType(context.get_data_type(panel.dtype), width)

        def each_vector() -> Any:
            """The places in a row of the panel at which a vector begins."""
            return cgutils.for_range_slice(builder, index(0), index(lanes), index(width), index)

        def store(numbers: Any, row: Any, start: Any) -> None:
            place = builder.gep(target.data, [builder.add(builder.mul(row, index(lanes)), start)])
            builder.store(numbers, builder.bitcast(place, vector.as_pointer()), align=size)

        def lay_rows() -> None:
            with each_vector() as (start, _):
                chosen = first_numbers(builder, builder.sub(columns, start), width)
                with cgutils.for_range(builder, count) as loop:
                    place = vector_at(builder, source, loop.index, start, vector)
                    store(load_some(builder, place, chosen), loop.index, start)

        def lay_columns() -> None:
            nothing = first_numbers(builder, index(0), width)

            def column(place: Any, row: Any, some: Any) -> Any:
                chosen = builder.select(builder.icmp_signed("<", place, columns), some, nothing)
                return load_some(builder, vector_at(builder, source, row, place, vector), chosen)

            with cgutils.for_range_slice(builder, index(0), count, index(width), index) as (row, _):
                some = first_numbers(builder, builder.sub(count, row), width)
                with each_vector() as (start, _):
                    there = [column(builder.add(start, index(n)), row, some) for n in range(width)]
                    for n, numbers in enumerate(turned(builder, there)):
                        store(numbers, builder.add(row, index(n)), start)

        close = builder.icmp_signed("==", cgutils.unpack_tuple(builder, source.strides)[1], index(size))
        with builder.if_else(close) as (by_rows, by_columns):
            with by_rows:
                lay_rows()
            with by_columns:
                lay_columns()
        return context.get_dummy_value()

    return types.none(side, rows, panel), generate


@intrinsic
def _tile(typing: Any, left: Any, right: Any, count: Any, alpha: Any, beta: Any, C: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """C = α A B + β C for a tile C, and a panel of A and one of B, of so many rows."""
    size = C.dtype.bitwidth // 8
    width = vector_bytes() // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        a, b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (0, 1, 5))
        _, _, rows, scale, keep, _ = given
        index, scalar = rows.type, context.get_data_type(C.dtype)
        vector = ir.VectorType(scalar, width)
        lanes = [index(start) for start in range(0, WIDTH // size, width)]
        tile = [[vector_at(builder, c, index(i), start, vector) for start in lanes] for i in range(HEIGHT)]
        sums = [[cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * width)) for _ in lanes] for _ in tile]
        for row in tile:
            for place in row:
                ask_for(builder, place)
        with cgutils.for_range(builder, rows) as loop:
            top, start = builder.mul(loop.index, index(HEIGHT)), builder.mul(loop.index, index(WIDTH // size))
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

    return types.none(left, right, count, alpha, beta, C), generate


def _pairs(tile: list[list[Any]], sums: list[list[Any]]) -> list[tuple[Any, Any]]:
    return list(zip(chain.from_iterable(tile), chain.from_iterable(sums), strict=True))
