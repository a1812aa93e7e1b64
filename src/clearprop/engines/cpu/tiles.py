"""Narrow matrix products. Up to some dozens of columns BLAS spends more time on its preparations than on the product.

C is made tile by tile: a few rows, and as many columns as 64 bytes hold. The sums of a tile stay in registers while k
runs once along the rows of A and down the columns of B, and nothing is copied beforehand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import compiled

HEIGHT = 4
"""Rows of a tile: with two registers of 32 bytes a row, as many sums under way as a core can have."""
WIDTH = 64
"""Bytes in a row of a tile."""


@compiled
def multiply_narrow(alpha: float, A: Any, B: Array, beta: float, C: Array) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n). What C held does not count where β is 0.

    A is an array, or the chosen rows of one as a pair (rows, array), or its chosen columns as (array, columns). The
    rows of B must lie close; up to 60 bytes after its end are read, and not used.
    """
    columns = WIDTH // C.itemsize
    whole = C.shape[1] // columns * columns
    height = C.shape[0] // HEIGHT * HEIGHT
    for j in range(0, whole, columns):
        for i in range(0, height, HEIGHT):
            _tile(HEIGHT, alpha, A, i, B, j, beta, C, i)
        for i in range(height, C.shape[0]):
            _tile(1, alpha, A, i, B, j, beta, C, i)
    if whole < C.shape[1]:
        _multiply_last_columns(alpha, A, B[:, whole:], beta, C[:, whole:])


@compiled
def _multiply_last_columns(alpha: float, A: Any, B: Array, beta: float, C: Array) -> None:
    """The same for columns that do not fill a tile."""
    tile = np.empty((HEIGHT, WIDTH // C.itemsize), C.dtype)
    one, none = C.dtype.type(1), C.dtype.type(0)
    for i in range(0, C.shape[0], HEIGHT):
        rows = min(HEIGHT, C.shape[0] - i)
        if rows == HEIGHT:
            _tile(HEIGHT, one, A, i, B, 0, none, tile, 0)
        else:
            for row in range(rows):
                _tile(1, one, A, i + row, B, 0, none, tile, row)
        for row in range(rows):
            for j in range(C.shape[1]):
                kept = none if beta == none else beta * C[i + row, j]
                C[i + row, j] = alpha * tile[row, j] + kept


@intrinsic(prefer_literal=True)
def _tile(
    typing: Any,  # noqa: ARG001 - the form that Numba asks for
    height: Any,
    alpha: Any,
    A: Any,
    i: Any,  # noqa: ARG001 - the form that Numba asks for
    B: Any,
    j: Any,  # noqa: ARG001 - the form that Numba asks for
    beta: Any,
    C: Any,
    row: Any,  # noqa: ARG001 - the form that Numba asks for
) -> Any:
    """Rows i, …, i + height - 1 of A times a tile's width of columns of B from j on, to the rows of C from `row` on."""
    rows, size = height.literal_value, C.dtype.bitwidth // 8
    width = WIDTH // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, scale, left, top, _, start, keep, _, target = given
        b, c = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (4, 7))
        factor_at, depth = _left_factor(context, builder, signature.args[2], left)
        scalar, lane, index = context.get_data_type(C.dtype), ir.IntType(32), top.type
        vector = ir.VectorType(scalar, width)
        zeros, unset = ir.Constant(vector, [0.0] * width), ir.Constant(vector, ir.Undefined)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{width}f{8 * size}"
        )

        def vector_at(array: Any, row: Any, column: Any) -> Any:
            return builder.bitcast(_address(builder, array, row, column), vector.as_pointer())

        def everywhere(number: Any) -> Any:
            first = builder.insert_element(unset, number, lane(0))
            return builder.shuffle_vector(first, unset, ir.Constant(ir.VectorType(lane, width), [0] * width))

        lines = [builder.add(top, index(line)) for line in range(rows)]
        sums = [cgutils.alloca_once(builder, vector) for _ in lines]
        for total in sums:
            builder.store(zeros, total)
        with cgutils.for_range(builder, depth) as loop:
            row_of_b = builder.load(vector_at(b, loop.index, start), align=size)
            for line, total in zip(lines, sums, strict=True):
                factor = everywhere(builder.load(factor_at(line, loop.index)))
                builder.store(builder.call(fma, [factor, row_of_b, builder.load(total)]), total)
        none_kept = builder.fcmp_ordered("==", keep, scalar(0.0))
        for line, total in enumerate(sums):
            place = vector_at(c, builder.add(target, index(line)), start)
            kept = builder.select(none_kept, zeros, builder.fmul(everywhere(keep), builder.load(place, align=size)))
            builder.store(builder.call(fma, [everywhere(scale), builder.load(total), kept]), place, align=size)
        return context.get_dummy_value()

    return types.none(height, alpha, A, types.intp, B, types.intp, beta, C, types.intp), generate


def _address(builder: Any, array: Any, row: Any, column: Any) -> Any:
    steps = cgutils.unpack_tuple(builder, array.strides)
    offset = builder.add(builder.mul(row, steps[0]), builder.mul(column, steps[1]))
    return cgutils.pointer_add(builder, array.data, offset)


def _left_factor(context: Any, builder: Any, kind: Any, value: Any) -> tuple[Any, Any]:
    """Where an element of A lies, as a function of its row and column, and how many columns A has."""

    def array_of(kind: Any, value: Any) -> Any:
        return context.make_array(kind)(context, builder, value)

    def shape(array: Any, axis: int) -> Any:
        return cgutils.unpack_tuple(builder, array.shape)[axis]

    if isinstance(kind, types.Array):
        whole = array_of(kind, value)
        return lambda row, column: _address(builder, whole, row, column), shape(whole, 1)
    one, other = (array_of(*part) for part in zip(kind, cgutils.unpack_tuple(builder, value), strict=True))

    def chosen(choice: Any, number: Any) -> Any:
        return builder.load(builder.gep(choice.data, [number]))

    if kind[0].ndim == 1:  # (rows, array)
        return lambda row, column: _address(builder, other, chosen(one, row), column), shape(other, 1)
    return lambda row, column: _address(builder, one, row, chosen(other, column)), shape(other, 0)
