"""Products by SciPy's BLAS, which compiled code calls by address: ?gemm for matrices, ?gemv for one row alone.

BLAS goes through arrays by columns: to it, a table is its own transpose, and C = A B is Cᵀ = Bᵀ Aᵀ; B comes first.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import get_cython_function_address, intrinsic

from clearprop.engines.one_thread import BLAS, load_blas

INTEGER, LETTER = ir.IntType(32), ir.IntType(8)


def gemm_and_gemv(precision: str) -> list[int]:
    """The addresses of ?gemm and ?gemv for a precision."""
    load_blas()
    letter = {"float32": "s", "float64": "d"}[precision]
    return [get_cython_function_address(BLAS, letter + name) for name in ("gemm", "gemv")]


@intrinsic
def call_gemm(typing: Any, gemm: Any, alpha: Any, A: Any, B: Any, beta: Any, C: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """C = α A B + β C by the ?gemm at an address; rows of C lie close."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        where, alpha, _, _, beta, _ = given
        a, b, c = (_Matrix(context, builder, signature.args[place], given[place]) for place in (2, 3, 5))
        (m, n), (_, k) = c.shape, a.shape
        passed = [b.letter, a.letter, *(_count(builder, size) for size in (n, m, k))]
        passed += [_boxed(builder, alpha), b.data, b.step, a.data, a.step, _boxed(builder, beta), c.data, c.step]
        _call(builder, where, passed)
        return context.get_dummy_value()

    return types.none(gemm, alpha, A, B, beta, C), generate


@intrinsic
def call_gemv(typing: Any, gemv: Any, alpha: Any, A: Any, B: Any, beta: Any, C: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """The same by the ?gemv at an address, for A and C of one row."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        where, alpha, _, _, beta, _ = given
        a, b, c = (_Matrix(context, builder, signature.args[place], given[place]) for place in (2, 3, 5))
        passed = [b.letter, _count(builder, b.length), _count(builder, b.others), _boxed(builder, alpha)]
        passed += [b.data, b.step, a.data, a.across, _boxed(builder, beta), c.data, _count(builder, INTEGER(1))]
        _call(builder, where, passed)
        return context.get_dummy_value()

    return types.none(gemv, alpha, A, B, beta, C), generate


class _Matrix:
    """An array as BLAS is told of it: the letter says whether it must be transposed, `step` how far apart its rows lie,
    or if transposed its columns, `length` how long they are and `others` how many; `across` how far apart the numbers
    of a row lie."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        self.data, self.shape = array.data, cgutils.unpack_tuple(builder, array.shape)
        rows, columns = self.shape
        down, across = cgutils.unpack_tuple(builder, array.strides)
        lies_by_rows = builder.icmp_signed("==", across, size)
        self.letter = _boxed(builder, builder.select(lies_by_rows, LETTER(ord("N")), LETTER(ord("T"))))
        self.length, self.others = (builder.select(lies_by_rows, *pair) for pair in ((columns, rows), (rows, columns)))
        step = builder.sdiv(builder.select(lies_by_rows, down, across), size)
        # of a single row, the step to the next is any number, and BLAS refuses one that is shorter than the row
        step = builder.select(builder.icmp_signed("<", step, self.length), self.length, step)
        self.step, self.across = _count(builder, step), _count(builder, builder.sdiv(across, size))


def _boxed(builder: Any, value: Any) -> Any:
    """The place of a number: Fortran's routines take all arguments so."""
    place = cgutils.alloca_once(builder, value.type)
    builder.store(value, place)
    return place


def _count(builder: Any, value: Any) -> Any:
    return _boxed(builder, value if value.type == INTEGER else builder.trunc(value, INTEGER))


def _call(builder: Any, where: Any, passed: list[Any]) -> None:
    function = ir.FunctionType(ir.VoidType(), [value.type for value in passed])
    builder.call(builder.inttoptr(where, function.as_pointer()), passed)
