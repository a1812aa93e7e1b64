"""The matrix product, C = α A B + β C: narrow and small ones by our own tiles, large ones in our own blocks, others by
BLAS, called by address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from clearprop.arrays import Array, IntArray
from clearprop.engines.cpu.blas import call_gemm, call_gemv, gemm_and_gemv
from clearprop.engines.cpu.blocks import blocks_address, suits_blocks
from clearprop.engines.cpu.compiling import (
    NUMBER,
    TABLE,
    VECTOR,
    address_of,
    allocating,
    call,
    inner,
    kernel,
    table,
    vector,
)
from clearprop.engines.cpu.panels import vector_bytes
from clearprop.engines.cpu.tiles import TILE_BYTES, TILE_COLUMNS, multiply_by_tiles

LONG_ROW = 2048
"""Bytes in a row of C from which a product with a table that is mostly 0 is faster in blocks than by strips: these go
through the lists of what is not 0 once for every strip."""
NARROW = 128
"""Bytes in a row of C up to which tiles are faster."""
LITTLE = 16_384
"""And where the rows or the columns of A, whichever are fewer, times the bytes in a row of C come to no more than this:
they were as fast as BLAS for 64 rows of 128 columns in float32, and faster for fewer."""


GEMM, GEMV, BLOCKS = range(3)
"""Places of the addresses of routines for a product: two of BLAS, and our own for large ones, or 0."""


def routines_address(precision: str, sizes: Sequence[int], rows: int) -> int:
    """Where the addresses of the routines lie for the products of a network of these sizes, if so many rows pass
    together; they stay there. Our own is compiled where it suits a product forward or back, not for gradients alone."""
    size = np.dtype(precision).itemsize
    large = any(suits_blocks(rows, *pair, size) or suits_blocks(rows, *pair[::-1], size) for pair in pairwise(sizes))
    return int(_routines(precision, large).ctypes.data)


@cache
def _routines(precision: str, large: bool) -> IntArray:
    return np.array([*gemm_and_gemv(precision), blocks_address(precision) if large else 0], np.int64)


def skips_zeros(rows: int, depth: int, columns: int, precision: str) -> bool:
    """Whether products of a table (rows, depth) that is mostly 0, and of its transpose, are faster in blocks than by
    strips, if C has so many columns."""
    size = np.dtype(precision).itemsize
    suits = suits_blocks(rows, depth, columns, size) and suits_blocks(depth, rows, columns, size)
    return vector_bytes() > 0 and columns * size >= LONG_ROW and suits


@register_jitable
def suits_tiles(rows: int, depth: int, row_bytes: int) -> bool:
    """Whether a product of A (rows, depth) is made of tiles, if a row of C has so many bytes."""
    return row_bytes <= NARROW or min(rows, depth) * row_bytes <= LITTLE


@allocating
def multiply(routines: int, alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """C = α A B + β C, for A (m, k), B (k, n), C (m, n), with the `routines_address`.

    A and B are views: of larger arrays, of transposed ones, or of all of one, as `[:, :]` makes them. The numbers of a
    row of C lie close, and 60 bytes after the end of B can be read. What C held does not count where β is 0.
    """
    row_bytes, close, addresses = C.shape[1] * C.itemsize, B.strides[1] == C.itemsize, vector(np.int64, routines, 0, 3)
    if C.shape[0] == 1 and not (row_bytes <= NARROW and close):
        call_gemv(addresses[GEMV], alpha, A, B, beta, C)
    elif A.shape[1] == 1 and close:
        multiply_outer(alpha, A, vector(C, np.int64(B.ctypes.data), 0, C.shape[1]), beta, C)
    elif row_bytes <= NARROW or (close and suits_tiles(A.shape[0], A.shape[1], row_bytes)):
        at_once = TILE_COLUMNS if A.strides[0] < A.strides[1] else A.shape[1]
        multiply_by_tiles(alpha, A, B if close else laid_close(B), beta, C, at_once)
    elif addresses[BLOCKS] and suits_blocks(A.shape[0], A.shape[1], C.shape[1], C.itemsize):
        call(addresses[BLOCKS], (alpha, A, B, beta, C[:, :], False))
    else:
        call_gemm(addresses[GEMM], alpha, A, B, beta, C)


@allocating
def multiply_mostly_zero(routines: int, alpha: float, A: Array, B: Array, beta: float, C: Array) -> None:
    """The same for an A that is mostly 0, or turned, where `skips_zeros` says so."""
    call(vector(np.int64, routines, 0, 3)[BLOCKS], (alpha, A, B, beta, C[:, :], True))


@allocating
def laid_close(B: Array) -> Array:
    """A copy whose rows lie close, with more room after its end than tiles read beyond it."""
    copy = np.empty((B.shape[0] + TILE_BYTES // B.itemsize, B.shape[1]), B.dtype)
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            copy[i, j] = B[i, j]
    return copy[: B.shape[0], :]


@kernel
def multiply_outer(alpha: float, A: Array, b: Array, beta: float, C: Array) -> None:
    """The outer product of one column and one row, C = α a bᵀ + β C: the gradient of one example."""
    zero = C.dtype.type(0)
    for i in range(C.shape[0]):
        factor, row = alpha * A[i, 0], C[i]
        for j in range(b.shape[0]):
            row[j] = factor * b[j] + (zero if beta == 0 else beta * row[j])


@inner
def multiply_inputs(x: int, rows: Array, width: int, first: int, W: Array, products: Array) -> None:
    """The chosen rows of the inputs at the address x, which have so many columns, from the column `first` on, times
    W, by tiles: for these they need not be fetched."""
    chosen = table(W, x, width, 0, 0)[:, first : first + W.shape[0]]
    multiply_by_tiles(W.dtype.type(1), (rows, chosen), W, W.dtype.type(0), products, W.shape[0])


@inner
def multiply_inputs_transpose(
    alpha: float, x: int, rows: Array, width: int, first: int, delta: Array, beta: float, W: Array
) -> None:
    """W = α xᵀ δ + β W, for the same x."""
    chosen = table(W, x, width, 0, 0)[:, first : first + W.shape[0]]
    multiply_by_tiles(alpha, (chosen.T, rows), delta, beta, W, TILE_COLUMNS)


@cache
def multiply_address(precision: str, *, by_columns: bool = False, mostly_zero: bool = False) -> int:
    """The address of `multiply`, or of `multiply_mostly_zero`, for a C whose rows too lie close,
    or for some columns of one."""
    number = VECTOR[precision].dtype
    view = types.Array(number, 2, "A")
    function = multiply_mostly_zero if mostly_zero else multiply
    return address_of(function, NUMBER, number, view, view, number, view if by_columns else TABLE[precision])
