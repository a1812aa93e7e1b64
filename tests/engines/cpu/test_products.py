"""Matrix products of every shape, within Higham's bound γₖ |A||B|."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Any

import numpy as np
import pytest

from clearprop.engines.cpu.compiling import compiled
from clearprop.engines.cpu.panels import vector_bytes
from clearprop.engines.cpu.plan import Memory
from clearprop.engines.cpu.products import (
    BLOCKS,
    multiply,
    multiply_inputs,
    multiply_inputs_transpose,
    multiply_mostly_zero,
    routines_address,
)
from clearprop.network import PRECISIONS

from .problems import needs_blocks

LARGE = [1000, 1000]
"""Sizes of a network whose products are made in blocks where these suit."""
UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
SHAPES = [
    (1, 1, 1),
    (4, 7, 16),
    (5, 3, 10),
    (8, 64, 32),
    (9, 2, 33),
    (1, 50, 70),
    (1, 1, 70),
    (6, 1, 40),
    (33, 17, 5),
    (3, 90, 65),
    (20, 130, 17),
    (70, 150, 40),
    (150, 140, 70),
    (66, 130, 128),
    (67, 600, 250),
    (1030, 129, 320),
]
"""Rows, terms, columns: whole and broken tiles, narrow and wide, one row, one term; more terms than are taken at once,
little enough for tiles and too much; whole and broken blocks, and more rows than are laid out at once."""


def numbers(precision: str, *shape: int) -> Any:
    array = Memory(precision).zeros(*shape)
    array[...] = np.random.default_rng(list(shape)).standard_normal(shape)
    return array


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (-0.25, 1.0), (0.5, 0.75)])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("turned", ["", "A", "B", "AB"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_a_product_is_right_whatever_its_shape(
    shape: tuple[int, int, int], turned: str, precision: str, alpha: float, beta: float
) -> None:
    m, k, n = shape
    number = np.dtype(precision).type
    A, B, before = view(precision, m, k, "A" in turned), view(precision, k, n, "B" in turned), numbers(precision, m, n)
    a, b, c = A.astype(float), B.astype(float), before.astype(float)
    sizes = abs(alpha) * np.abs(a) @ np.abs(b) + np.abs(beta * c)
    around = np.full((m, n + 5), 7, precision)
    for C in (np.empty((m, n), precision), around[:, 2 : n + 2]):  # a table, and columns of one
        C[...] = before if beta else np.nan  # what was there does not count
        multiply(routines_address(precision, LARGE, 1000), number(alpha), A, B, number(beta), C)
        assert (np.abs(C - (alpha * a @ b + beta * c)) <= (k + 4) * UNIT[precision] * sizes).all()
    assert (np.delete(around, range(2, n + 2), axis=1) == 7).all()


@needs_blocks
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.5, 0.75)])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("turned", ["", "A", "B", "AB"])
@pytest.mark.parametrize("shape", [(66, 130, 128), (67, 600, 250), (1030, 129, 320), (64, 1030, 8192)])
@pytest.mark.parametrize("filled", [0, 0.05, 1])
def test_columns_that_are_0_in_a_panel_are_left_out(
    filled: float, shape: tuple[int, int, int], turned: str, precision: str, alpha: float, beta: float
) -> None:
    m, k, n = shape
    number = np.dtype(precision).type
    A, B, C = view(precision, m, k, "A" in turned), view(precision, k, n, "B" in turned), numbers(precision, m, n)
    A[np.random.default_rng(0).random((m, k)) >= filled] = 0
    black = ~A.any(axis=0)
    black[5] = True
    A[:, black] = 0
    B[black] = np.nan  # what is left out is not read
    a, b, c = A.astype(float), np.where(black[:, None], 0, B.astype(float)), C.astype(float)
    if not beta:
        C[...] = np.nan
    multiply_mostly_zero(routines_address(precision, LARGE, 1000), number(alpha), A, B, number(beta), C)
    sizes = abs(alpha) * np.abs(a) @ np.abs(b) + np.abs(beta * c)
    assert (np.abs(C - (alpha * a @ b + beta * c)) <= (k + 4) * UNIT[precision] * sizes).all()


@needs_blocks
def test_nan_is_not_0_in_a_panel() -> None:
    A, B, C = np.zeros((66, 130), np.float32), numbers("float32", 130, 128), numbers("float32", 66, 128)
    A[40, 7] = np.nan
    one = np.float32(1)
    multiply_mostly_zero(routines_address("float32", LARGE, 1000), one, A[:, :], B[:, :], np.float32(0), C)
    assert np.isnan(C).all(axis=1).nonzero()[0].tolist() == [40]


@pytest.mark.parametrize(
    ("sizes", "rows", "large"), [([784, 512, 10], 256, True), ([784, 512, 10], 32, False), ([784, 16, 10], 256, False)]
)
def test_blocks_are_compiled_where_a_network_has_products_that_they_suit(
    sizes: list[int], rows: int, large: bool
) -> None:
    addresses = (ctypes.c_int64 * 3).from_address(routines_address("float32", sizes, rows))
    assert (addresses[BLOCKS] != 0) == (large and vector_bytes() > 0)


def test_memory_that_is_not_there_is_an_error_of_memory() -> None:
    with pytest.raises(MemoryError):
        Memory("float32").zeros(2**46)


@pytest.mark.skipif(os.name != "posix", reason="memory is guarded by a function of POSIX systems")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("turned", ["", "A", "B", "AB"])
@pytest.mark.parametrize("shape", [(67, 600, 250), (517, 257, 640)], ids=lambda shape: "x".join(map(str, shape)))
def test_blocks_read_nothing_beyond_their_factors(shape: tuple[int, int, int], turned: str, precision: str) -> None:
    """Who does ends this process: memory that nobody may read comes right after them."""
    m, k, n = shape
    number = np.dtype(precision).type
    A = before_a_wall(precision, k, m).T if "A" in turned else before_a_wall(precision, m, k)[:, :]
    B = before_a_wall(precision, n, k).T if "B" in turned else before_a_wall(precision, k, n)[:, :]
    C = before_a_wall(precision, m, n)
    multiply(routines_address(precision, LARGE, 1000), number(1), A, B, number(0), C)
    np.testing.assert_allclose(C, A @ B, atol=1e-2)


def before_a_wall(precision: str, *shape: int) -> Any:
    """Random numbers whose last one is the last of its page of memory, before a page that cannot be read."""
    size = int(np.prod(shape)) * np.dtype(precision).itemsize
    wall = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = np.frombuffer(mmap.mmap(-1, wall + mmap.PAGESIZE), np.uint8)
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(memory.ctypes.data + wall), mmap.PAGESIZE, 0) == 0
    array = memory[wall - size : wall].view(precision).reshape(shape)
    array[...] = np.random.default_rng(list(shape)).standard_normal(shape)
    return array


def view(precision: str, rows: int, columns: int, turned: bool) -> Any:
    """A part of a larger array, of a transposed one if it is turned."""
    if turned:
        return numbers(precision, columns, rows + 3)[:, 1 : rows + 1].T
    return numbers(precision, rows, columns + 3)[:, 1 : columns + 1]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_weights_of_a_single_output_turned_are_one_row(precision: str) -> None:
    """A whole column that lies close: turned, the step from its only row to the next is a single number."""
    W, delta = numbers(precision, 64, 1), numbers(precision, 32, 1)
    C = np.full((32, 64), np.nan, precision)
    number = np.dtype(precision).type
    multiply(routines_address(precision, LARGE, 1000), number(1), delta[:, :], W.T, number(0), C)
    np.testing.assert_array_equal(C, delta * W.T)


@compiled
def product_of_chosen(x: Any, rows: Any, first: int, W: Any, products: Any) -> None:
    multiply_inputs(np.int64(x.ctypes.data), rows, x.shape[1], first, W, products)


@compiled
def gradient_of_chosen(alpha: float, x: Any, rows: Any, first: int, delta: Any, beta: float, W: Any) -> None:
    multiply_inputs_transpose(alpha, np.int64(x.ctypes.data), rows, x.shape[1], first, delta, beta, W)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("examples", "units"), [(1, 3), (6, 20), (150, 16), (33, 70)])
def test_the_inputs_of_chosen_examples_are_multiplied_where_they_lie(precision: str, examples: int, units: int) -> None:
    x, rows, number = numbers(precision, 40, 100), np.arange(examples) * 7 % 40, np.dtype(precision).type
    own, W, delta = x[rows, 30:].astype(float), numbers(precision, 70, units), numbers(precision, examples, units)
    products = np.full((examples, units), np.nan, precision)
    product_of_chosen(x, rows, 30, W, products)
    bound = 80 * UNIT[precision] * np.abs(own) @ np.abs(W)
    assert (np.abs(products - own @ W) <= bound).all()
    after = W.copy()
    gradient_of_chosen(number(-0.5), x, rows, 30, delta, number(0.75), after)
    bound = (examples + 4) * UNIT[precision] * (0.5 * np.abs(own).T @ np.abs(delta) + 0.75 * np.abs(W))
    assert (np.abs(after - (0.75 * W.astype(float) - 0.5 * own.T @ delta)) <= bound).all()


def test_what_lies_behind_a_narrow_factor_is_read_but_not_used() -> None:
    memory = Memory("float32")
    B = memory.zeros(3, 10)
    B[...] = 1
    beyond = np.lib.stride_tricks.as_strided(B, (4, 16), (40, 4))
    beyond[3, :] = np.nan
    A, C = numbers("float32", 5, 3), np.zeros((5, 10), np.float32)
    multiply(routines_address("float32", LARGE, 1000), np.float32(1), A[:, :], B[:, :], np.float32(0), C)
    np.testing.assert_allclose(C, A.sum(axis=1, keepdims=True) + np.zeros(10), rtol=1e-5)
