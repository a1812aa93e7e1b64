"""Matrix products: narrow ones by our own tiles, the others by BLAS, called by address: no copies, no interpreter."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import compiled, kernel
from clearprop.engines.cpu.tiles import multiply_narrow

NARROW = 128
"""Bytes in a row of a result up to which tiles are faster."""


@cache
def gemm_address(precision: str) -> int:
    """Where SciPy's ?gemm of that precision lies."""
    import scipy.linalg.cython_blas  # noqa: F401 - it must be loaded to be found
    from numba.extending import get_cython_function_address

    name = {"float32": "sgemm", "float64": "dgemm"}[precision]
    return int(get_cython_function_address("scipy.linalg.cython_blas", name))


# BLAS goes through arrays by columns: to it, a row-major table is its own transpose, and C = A B is Cᵀ = Bᵀ Aᵀ.


@compiled
def multiply(gemm: int, alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n)."""
    if C.shape[1] * C.itemsize <= NARROW:
        multiply_narrow(alpha, A[:, :], B, beta, C)
    elif C.shape[0] == 1:
        multiply_row(alpha, A[0], B, beta, C[0])
    else:
        _call_blas(gemm, (False, False), (C.shape[1], C.shape[0], A.shape[1]), alpha, B, A, beta, C)


@compiled
def multiply_by_transpose(gemm: int, alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α A Bᵀ + β C, for A (m, k), B (n, k), C (m, n)."""
    if C.shape[0] == 1:
        multiply_row_by_transpose(alpha, A[0], B, beta, C[0])
    else:
        _call_blas(gemm, (True, False), (C.shape[1], C.shape[0], A.shape[1]), alpha, B, A, beta, C)


@compiled
def multiply_transpose(gemm: int, alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α Aᵀ B + β C, for A (k, m), B (k, n), C (m, n)."""
    if C.shape[1] * C.itemsize <= NARROW:
        multiply_narrow(alpha, A.T[:, :], B, beta, C)
    elif A.shape[0] == 1:
        add_product_of_rows(alpha, A[0], B[0], beta, C)
    else:
        _call_blas(gemm, (False, True), (C.shape[1], C.shape[0], A.shape[0]), alpha, B, A, beta, C)


# One row alone: BLAS is made for many and slower than a loop along the rows of B, each read once.


@kernel
def multiply_row(alpha: float, a: Array, B: Array, beta: float, c: Array) -> None:
    """c = α a B + β c."""
    for j in range(c.shape[0]):
        c[j] = 0 if beta == 0 else beta * c[j]
    for k in range(a.shape[0]):
        factor, row = alpha * a[k], B[k]
        for j in range(c.shape[0]):
            c[j] += factor * row[j]


@kernel
def multiply_row_by_transpose(alpha: float, a: Array, B: Array, beta: float, c: Array) -> None:
    """c = α a Bᵀ + β c."""
    for k in range(c.shape[0]):
        row, total = B[k], c.dtype.type(0)
        for j in range(a.shape[0]):
            total += a[j] * row[j]
        c[k] = alpha * total + (0 if beta == 0 else beta * c[k])


@kernel
def add_product_of_rows(alpha: float, a: Array, b: Array, beta: float, C: Array) -> None:
    """C = α aᵀ b + β C."""
    for k in range(C.shape[0]):
        factor, row = alpha * a[k], C[k]
        for j in range(row.shape[0]):
            row[j] = factor * b[j] + (0 if beta == 0 else beta * row[j])


@intrinsic
def _call_blas(typing: Any, gemm: Any, letters: Any, sizes: Any, alpha: Any, a: Any, b: Any, beta: Any, c: Any) -> Any:  # noqa: ARG001
    """Call a BLAS ?gemm by its address: (transpose A, transpose B), (m, n, k), α, A, B, β, C, in BLAS's order of
    columns.

    The leading dimensions are those of the arrays; each must lie close along its last axis.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        where, transposed, extents, scale, left, right, keep, result = given
        _, _, _, _, kind_a, kind_b, _, kind_c = signature.args
        integer, letter = ir.IntType(32), ir.IntType(8)

        def boxed(value: Any) -> Any:
            place = cgutils.alloca_once(builder, value.type)
            builder.store(value, place)
            return place

        def array(kind: Any, value: Any) -> tuple[Any, Any]:
            parts = context.make_array(kind)(context, builder, value)
            stride = cgutils.unpack_tuple(builder, parts.strides)[0]
            size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
            return parts.data, boxed(builder.trunc(builder.sdiv(stride, size), integer))

        def letter_of(flag: Any) -> Any:
            return boxed(builder.select(flag, ir.Constant(letter, ord("T")), ir.Constant(letter, ord("N"))))

        flags = [builder.trunc(flag, ir.IntType(1)) for flag in cgutils.unpack_tuple(builder, transposed)]
        counts = [boxed(builder.trunc(size, integer)) for size in cgutils.unpack_tuple(builder, extents)]
        (a_at, a_step), (b_at, b_step), (c_at, c_step) = (
            array(kind, value) for kind, value in ((kind_a, left), (kind_b, right), (kind_c, result))
        )
        passed = [*map(letter_of, flags), *counts, boxed(scale), a_at, a_step, b_at, b_step, boxed(keep), c_at, c_step]
        function = ir.FunctionType(ir.VoidType(), [value.type for value in passed])
        builder.call(builder.inttoptr(where, function.as_pointer()), passed)
        return context.get_dummy_value()

    return types.none(gemm, letters, sizes, alpha, a, b, beta, c), generate
