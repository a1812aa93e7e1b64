"""Matrix products of every shape, within Higham's bound γₖ |A||B|."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clearprop.engines.cpu.plan import Memory
from clearprop.engines.cpu.products import gemm_address, multiply, multiply_by_transpose, multiply_transpose
from clearprop.network import PRECISIONS

UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
SHAPES = [(1, 1, 1), (4, 7, 16), (5, 3, 10), (8, 64, 32), (9, 2, 33), (1, 50, 70), (6, 1, 40), (33, 17, 5), (3, 90, 65)]
"""Rows, terms, columns: whole and broken tiles, narrow and wide, one row, one term."""


def numbers(precision: str, *shape: int) -> Any:
    array = Memory(precision).zeros(*shape)
    array[...] = np.random.default_rng(list(shape)).standard_normal(shape)
    return array


def check(product: Any, precision: str, A: Any, B: Any, exact: Any, terms: int, alpha: float, beta: float) -> None:
    number = np.dtype(precision).type
    before = numbers(precision, *exact.shape)
    C = before.copy()
    if beta == 0:
        C[...] = np.nan  # what was there does not count
    product(gemm_address(precision), number(alpha), A, B, number(beta), C)
    expected = alpha * exact + beta * before.astype(float)
    sizes = abs(alpha) * terms * np.abs(A).max() * np.abs(B).max() + abs(beta * before.astype(float))
    assert (np.abs(C - expected) <= (terms + 4) * UNIT[precision] * sizes).all()


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (-0.25, 1.0), (0.5, 0.75)])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_a_product_is_right_whatever_its_shape(
    shape: tuple[int, int, int], precision: str, alpha: float, beta: float
) -> None:
    m, k, n = shape
    A, B = numbers(precision, m, k), numbers(precision, k, n)
    exact = A.astype(float) @ B.astype(float)
    check(multiply, precision, A, B, exact, k, alpha, beta)
    check(multiply_by_transpose, precision, A, np.ascontiguousarray(B.T), exact, k, alpha, beta)
    wide = numbers(precision, k, m + 3)
    wide[:, 1 : m + 1] = A.T
    check(multiply_transpose, precision, wide[:, 1 : m + 1], B, exact, k, alpha, beta)


def test_what_lies_behind_a_narrow_factor_is_read_but_not_used() -> None:
    memory = Memory("float32")
    B = memory.zeros(3, 10)
    B[...] = 1
    beyond = np.lib.stride_tricks.as_strided(B, (4, 16), (40, 4))
    beyond[3, :] = np.nan
    A, C = numbers("float32", 5, 3), np.zeros((5, 10), np.float32)
    multiply(gemm_address("float32"), np.float32(1), A, B, np.float32(0), C)
    np.testing.assert_allclose(C, A.sum(axis=1, keepdims=True) + np.zeros(10), rtol=1e-5)
