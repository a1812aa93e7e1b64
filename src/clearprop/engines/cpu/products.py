"""The matrix product, C = α A B + β C: narrow ones by our own tiles, the others by BLAS, called by address."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import NUMBER, TABLE, VECTOR, address_of, compiled, kernel, table, vector
from clearprop.engines.cpu.tiles import WIDTH, multiply_narrow

NARROW = 128
"""Bytes in a row of C up to which tiles are faster."""


@compiled
def multiply(gemm: int, alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n), by the ?gemm at an address.

    A and B may be views of larger arrays and of transposed ones; C lies close. What C held does not count where β is 0.
    """
    narrow, close = C.shape[1] * C.itemsize <= NARROW, B.strides[1] == C.itemsize
    if C.shape[0] == 1 and A.strides[1] == C.itemsize and not (narrow and close):
        multiply_row(alpha, A, B, beta, C[0])
    elif A.shape[1] == 1 and B.strides[1] == C.itemsize:
        multiply_outer(alpha, A, vector(C, np.int64(B.ctypes.data), 0, C.shape[1]), beta, C)
    elif narrow:
        multiply_narrow(alpha, A, B if close else laid_close(B), beta, C)
    else:
        _call_blas(gemm, alpha, A, B, beta, C)


@compiled
def laid_close(B: Array) -> Array:
    """A copy whose rows lie close, with as much room after its end as tiles read beyond it."""
    copy = np.empty(B.size + WIDTH // B.itemsize, B.dtype)[: B.size].reshape(B.shape)
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            copy[i, j] = B[i, j]
    return copy[:, :]


@kernel
def multiply_row(alpha: float, A: Array, B: Array, beta: float, c: Array) -> None:
    """One row alone, c = α A B + β c: BLAS is made for many, and slower than a loop along the memory of B.

    The row of A lies close, and so do the rows of B or its columns: taken as vectors, they make loops that vectorise.
    """
    a, b = vector(c, np.int64(A.ctypes.data), 0, A.shape[1]), np.int64(B.ctypes.data)
    for j in range(c.shape[0]):
        c[j] = 0 if beta == 0 else beta * c[j]
    if B.strides[1] == c.itemsize:
        step, n = B.strides[0], c.shape[0]
        fours = a.shape[0] // 4 * 4
        for k in range(0, fours, 4):
            add_four(
                (alpha * a[k], alpha * a[k + 1], alpha * a[k + 2], alpha * a[k + 3]),
                (
                    vector(c, b + k * step, 0, n),
                    vector(c, b + (k + 1) * step, 0, n),
                    vector(c, b + (k + 2) * step, 0, n),
                    vector(c, b + (k + 3) * step, 0, n),
                ),
                c,
            )
        for k in range(fours, a.shape[0]):
            add_multiple(alpha * a[k], vector(c, b + k * step, 0, n), c)
    else:
        for j in range(c.shape[0]):
            c[j] += alpha * inner_product(a, vector(c, b + j * B.strides[1], 0, a.shape[0]))


@kernel
def multiply_outer(alpha: float, A: Array, b: Array, beta: float, C: Array) -> None:
    """The outer product of one column and one row, C = α a bᵀ + β C: the gradient of one example."""
    for i in range(C.shape[0]):
        factor, row = alpha * A[i, 0], C[i]
        for j in range(b.shape[0]):
            row[j] = factor * b[j] + (0 if beta == 0 else beta * row[j])


@kernel
def add_four(factors: tuple[float, ...], rows: tuple[Array, ...], c: Array) -> None:
    """Four rows at once: c is read and written a quarter as often."""
    f0, f1, f2, f3 = factors
    r0, r1, r2, r3 = rows
    for j in range(c.shape[0]):
        c[j] += f0 * r0[j] + f1 * r1[j] + f2 * r2[j] + f3 * r3[j]


@kernel
def add_multiple(factor: float, row: Array, c: Array) -> None:
    for j in range(c.shape[0]):
        c[j] += factor * row[j]


@kernel
def inner_product(a: Array, b: Array) -> float:
    total: float = a.dtype.type(0)
    for k in range(a.shape[0]):
        total += a[k] * b[k]
    return total


@compiled
def multiply_inputs(x: int, rows: Array, width: int, first: int, W: Array, products: Array) -> None:
    """The chosen rows of the inputs at the address x, which have so many columns, from the column `first` on, times
    W: a narrow product, for which they need not be fetched."""
    chosen = table(W, x, width, 0, 0)[:, first : first + W.shape[0]]
    multiply_narrow(W.dtype.type(1), (rows, chosen), W, W.dtype.type(0), products)


@compiled
def multiply_inputs_transpose(
    alpha: float, x: int, rows: Array, width: int, first: int, delta: Array, beta: float, W: Array
) -> None:
    """W = α xᵀ δ + β W, for the same x."""
    chosen = table(W, x, width, 0, 0)[:, first : first + W.shape[0]]
    multiply_narrow(alpha, (chosen.T, rows), delta, beta, W)


def is_narrow(columns: int, precision: str) -> bool:
    """Whether a product with so many columns is made of tiles."""
    return columns * np.dtype(precision).itemsize <= NARROW


@cache
def multiply_address(precision: str) -> int:
    """The address of `multiply`."""
    number = VECTOR[precision].dtype
    view = types.Array(number, 2, "A")
    return address_of(multiply, NUMBER, number, view, view, number, TABLE[precision])


@cache
def gemm_address(precision: str) -> int:
    """Where SciPy's ?gemm of that precision lies."""
    import scipy.linalg.cython_blas  # noqa: F401 - it must be loaded to be found
    from numba.extending import get_cython_function_address

    name = {"float32": "sgemm", "float64": "dgemm"}[precision]
    return int(get_cython_function_address("scipy.linalg.cython_blas", name))


@intrinsic
def _call_blas(typing: Any, gemm: Any, alpha: Any, A: Any, B: Any, beta: Any, C: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """C = α A B + β C by the BLAS routine at an address.

    BLAS goes through arrays by columns: to it, a table is its own transpose, and C = A B is Cᵀ = Bᵀ Aᵀ; B comes first.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        where, scale, left, right, keep, result = given
        a, b, c = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args[2:4] + signature.args[5:], (left, right, result), strict=True)
        )
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(signature.args[5].dtype)))
        integer, letter = ir.IntType(32), ir.IntType(8)

        def boxed(value: Any) -> Any:
            place = cgutils.alloca_once(builder, value.type)
            builder.store(value, place)
            return place

        def count(value: Any) -> Any:
            return boxed(builder.trunc(value, integer))

        def letter_and_step(array: Any) -> tuple[Any, Any]:
            """Whether BLAS must transpose it, and how far apart its rows lie, or if transposed its columns."""
            down, across = cgutils.unpack_tuple(builder, array.strides)
            lies_by_rows = builder.icmp_signed("==", across, size)
            transposed = builder.select(lies_by_rows, ir.Constant(letter, ord("N")), ir.Constant(letter, ord("T")))
            step = builder.sdiv(builder.select(lies_by_rows, down, across), size)
            rows, columns = cgutils.unpack_tuple(builder, array.shape)
            length = builder.select(lies_by_rows, columns, rows)
            # of a single row, the step to the next is any number, and BLAS refuses one that is shorter than the row
            step = builder.select(builder.icmp_signed("<", step, length), length, step)
            return boxed(transposed), count(step)

        (b_letter, b_step), (a_letter, a_step), (_, c_step) = map(letter_and_step, (b, a, c))
        (m, n), (_, k) = (cgutils.unpack_tuple(builder, array.shape) for array in (c, a))
        passed = [b_letter, a_letter, count(n), count(m), count(k)]
        passed += [boxed(scale), b.data, b_step, a.data, a_step, boxed(keep), c.data, c_step]
        function = ir.FunctionType(ir.VoidType(), [value.type for value in passed])
        builder.call(builder.inttoptr(where, function.as_pointer()), passed)
        return context.get_dummy_value()

    return types.none(gemm, alpha, A, B, beta, C), generate
