"""Panels: parts of the factors of a large product, laid out in the order in which tiles of it need their numbers.

A panel of A, turned, has HEIGHT numbers in a row, one of B as many as WIDTH bytes hold. So a row of one and a row of
the other are all that one step of a tile's sums needs, and what comes next lies next to it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from clearprop.arrays import Array, IntArray
from clearprop.engines.cpu.compiling import LINE, allocating
from clearprop.engines.cpu.vectors import first_numbers, load_some, turned, vector_at

HEIGHT, WIDTH = 6, 256
"""Rows of a tile, and bytes in one of them: with vectors of 64 bytes, 24 of 32 registers hold sums."""
OF_A, OF_B = range(2)
"""Whose panel it is: one of A, or of B."""

Store = Callable[[Any, Any, Any], None]
"""store(numbers, row, start): what is done with a vector that holds the numbers of a row from column `start` on."""


@cache
def vector_bytes() -> int:
    """Bytes of this processor's vectors; 0 where the sums of a tile of this form do not fit into its registers."""
    features = llvm.get_host_cpu_features()
    return 64 if features.get("avx512f") else 0


@register_jitable
def rows_of_piece(b: Array) -> int:
    """Rows of B that are laid out together: one, or where B is turned those whose numbers share a line of memory."""
    rows: int = 1 if b.strides[1] == b.itemsize else LINE // b.itemsize
    return rows


@allocating
def lines_of(b: Array) -> IntArray:
    """Where the lines of memory begin in which a table lies, in bytes from its first number: (pieces, lines), a row for
    each of the `rows_of_piece`. Where the table's rows do not begin with a line, the last line of some is missed."""
    at_once = rows_of_piece(b)
    of_piece = (b.shape[1] * b.itemsize + LINE - 1) // LINE if at_once == 1 else b.shape[1]
    lines = np.empty(((b.shape[0] + at_once - 1) // at_once, of_piece), np.int64)
    for piece in range(lines.shape[0]):
        for line in range(of_piece):
            step = LINE if at_once == 1 else b.strides[1]
            lines[piece, line] = piece * at_once * b.strides[0] + line * step
    return lines


def _numbers(side: int, kind: Any) -> tuple[int, int, int]:
    """How many numbers are in a row of a panel, how many in a vector of it, and the bytes of one."""
    size = kind.dtype.bitwidth // 8
    widest = vector_bytes() // size
    if side == OF_B:
        return WIDTH // size, widest, size
    return HEIGHT, min(widest, 8), size  # the next power of two, if vectors have as many


@intrinsic(prefer_literal=True)
def lay_out(typing: Any, side: Any, rows: Any, panel: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Rows, one after the other, as a panel; what they lack to its width is 0."""
    numbers_in_row, width, size = _numbers(side.literal_value, panel)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        source, target = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (1, 2))

        def store(numbers: Any, row: Any, start: Any) -> None:
            _store_part(builder, target, numbers, builder.add(builder.mul(row, row.type(numbers_in_row)), start), size)

        _each_part(builder, source, numbers_in_row, width, size, store)
        return context.get_dummy_value()

    return types.none(side, rows, panel), generate


@intrinsic
def lay_out_nonzero(typing: Any, rows: Any, first: Any, panel: Any, places: Any, count: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Rows, but for those that are all 0, at the end of a panel of A which has so many; how many it has then. Which
    they are, if the given ones are counted from `first` on, is noted in `places`."""
    numbers_in_row, width, size = _numbers(OF_A, panel)
    assert numbers_in_row <= width  # each row is stored as one vector

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        source, target, noted = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (0, 2, 3))
        _, begin, _, _, before = given
        end = cgutils.alloca_once_value(builder, before)

        def store(numbers: Any, row: Any, _: Any) -> None:  # a vector holds a whole row, from its first column on
            last = builder.load(end)
            _store_part(builder, target, numbers, builder.mul(last, last.type(numbers_in_row)), size)
            builder.store(builder.trunc(builder.add(begin, row), ir.IntType(32)), builder.gep(noted.data, [last]))
            differ = builder.fcmp_unordered("!=", numbers, ir.Constant(numbers.type, [0.0] * width))
            found = builder.icmp_unsigned("!=", builder.bitcast(differ, ir.IntType(width)), ir.IntType(width)(0))
            # the next row is written over one that is 0
            builder.store(builder.add(last, builder.zext(found, last.type)), end)

        _each_part(builder, source, numbers_in_row, width, size, store)
        return builder.load(end)

    return types.int64(rows, first, panel, places, count), generate


def _store_part(builder: Any, panel: Any, numbers: Any, place: Any, size: int) -> None:
    pointer = builder.bitcast(builder.gep(panel.data, [place]), numbers.type.as_pointer())
    builder.store(numbers, pointer, align=size)


def _each_part(builder: Any, source: Any, numbers_in_row: int, width: int, size: int, store: Store) -> None:
    """Store rows vector by vector, 0 for what they lack: where a row's numbers lie close as they are, else turned.

    In rising order: a vector may be longer than a row, and what it has too much is written over by the next row. Rows
    that are turned come as many at a time as a vector has numbers; those after the last are 0, and lie within the panel
    or in what is laid out next.
    """
    count, columns = cgutils.unpack_tuple(builder, source.shape)
    index, vector = count.type, ir.VectorType(source.data.type.pointee, width)

    def lay_rows() -> None:
        starts = [index(start) for start in range(0, numbers_in_row, width)]
        chosen = [first_numbers(builder, builder.sub(columns, start), width) for start in starts]
        with cgutils.for_range(builder, count) as loop:
            for start, some in zip(starts, chosen, strict=True):
                place = vector_at(builder, source, loop.index, start, vector)
                store(load_some(builder, place, some), loop.index, start)

    def lay_columns() -> None:
        nothing = first_numbers(builder, index(0), width)

        def column(place: Any, row: Any, some: Any) -> Any:
            chosen = builder.select(builder.icmp_signed("<", place, columns), some, nothing)
            return load_some(builder, vector_at(builder, source, row, place, vector), chosen)

        with cgutils.for_range_slice(builder, index(0), count, index(width), index) as (row, _):
            some = first_numbers(builder, builder.sub(count, row), width)
            with cgutils.for_range_slice(builder, index(0), index(numbers_in_row), index(width), index) as (start, _):
                there = [column(builder.add(start, index(n)), row, some) for n in range(width)]
                for n, numbers in enumerate(turned(builder, there)):
                    store(numbers, builder.add(row, index(n)), start)

    close = builder.icmp_signed("==", cgutils.unpack_tuple(builder, source.strides)[1], index(size))
    with builder.if_else(close) as (by_rows, by_columns):
        with by_rows:
            lay_rows()
        with by_columns:
            lay_columns()
