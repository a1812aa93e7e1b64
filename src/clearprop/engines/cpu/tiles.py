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
def multiply_narrow(alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n). What C held does not count where β is 0.

    The rows of B must lie close; up to 60 bytes after its end are read, and not used.
    """
    columns = WIDTH // C.itemsize
    whole = C.shape[1] // columns * columns
    height = C.shape[0] // HEIGHT * HEIGHT
    for j in range(0, whole, columns):
        for i in range(0, height, HEIGHT):
            _tile(HEIGHT, alpha, A, B, beta, C, i, j)
        for i in range(height, C.shape[0]):
            _tile(1, alpha, A, B, beta, C, i, j)
    if whole < C.shape[1]:
        _multiply_last_columns(alpha, A, B[:, whole:], beta, C[:, whole:])


@compiled
def _multiply_last_columns(alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """The same for columns that do not fill a tile."""
    tile = np.empty((HEIGHT, WIDTH // C.itemsize), C.dtype)
    one, none = C.dtype.type(1), C.dtype.type(0)
    for i in range(0, C.shape[0], HEIGHT):
        rows = min(HEIGHT, C.shape[0] - i)
        if rows == HEIGHT:
            _tile(HEIGHT, one, A[i:], B, none, tile, 0, 0)
        else:
            for row in range(rows):
                _tile(1, one, A[i:], B, none, tile, row, 0)
        for row in range(rows):
            for j in range(C.shape[1]):
                kept = none if beta == none else beta * C[i + row, j]
                C[i + row, j] = alpha * tile[row, j] + kept


@intrinsic(prefer_literal=True)
def _tile(typing: Any, height: Any, alpha: Any, A: Any, B: Any, beta: Any, C: Any, i: Any, j: Any) -> Any:  # noqa: ARG001
    """Rows i, …, i + height - 1 and a tile's width of columns from j on: C = α A B + β C."""
    rows, size = height.literal_value, C.dtype.bitwidth // 8
    width = WIDTH // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, scale, left, right, keep, result, top, start = given
        arrays = zip(signature.args[2:4] + signature.args[5:6], (left, right, result), strict=True)
        a, b, c = (context.make_array(kind)(context, builder, value) for kind, value in arrays)
        scalar, lane, index = context.get_data_type(C.dtype), ir.IntType(32), top.type
        vector = ir.VectorType(scalar, width)
        zeros, unset = ir.Constant(vector, [0.0] * width), ir.Constant(vector, ir.Undefined)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{width}f{8 * size}"
        )

        def address(array: Any, row: Any, column: Any) -> Any:
            steps = cgutils.unpack_tuple(builder, array.strides)
            offset = builder.add(builder.mul(row, steps[0]), builder.mul(column, steps[1]))
            return cgutils.pointer_add(builder, array.data, offset)

        def vector_at(array: Any, row: Any, column: Any) -> Any:
            return builder.bitcast(address(array, row, column), vector.as_pointer())

        def everywhere(number: Any) -> Any:
            first = builder.insert_element(unset, number, lane(0))
            return builder.shuffle_vector(first, unset, ir.Constant(ir.VectorType(lane, width), [0] * width))

        lines = [builder.add(top, index(row)) for row in range(rows)]
        sums = [cgutils.alloca_once(builder, vector) for _ in lines]
        for total in sums:
            builder.store(zeros, total)
        with cgutils.for_range(builder, cgutils.unpack_tuple(builder, a.shape)[1]) as loop:
            row_of_b = builder.load(vector_at(b, loop.index, start), align=size)
            for line, total in zip(lines, sums, strict=True):
                factor = everywhere(builder.load(address(a, line, loop.index)))
                builder.store(builder.call(fma, [factor, row_of_b, builder.load(total)]), total)
        none_kept = builder.fcmp_ordered("==", keep, scalar(0.0))
        for line, total in zip(lines, sums, strict=True):
            place = vector_at(c, line, start)
            kept = builder.select(none_kept, zeros, builder.fmul(everywhere(keep), builder.load(place, align=size)))
            builder.store(builder.call(fma, [everywhere(scale), builder.load(total), kept]), place, align=size)
        return context.get_dummy_value()

    return types.none(height, alpha, A, B, beta, C, types.intp, types.intp), generate
