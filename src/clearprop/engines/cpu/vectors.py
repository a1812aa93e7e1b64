"""Vectors of numbers, where machine code is written: what tiles and strips of a product are made of."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils


def address(builder: Any, array: Any, row: Any, column: Any) -> Any:
    """Where an element of a table lies."""
    steps = cgutils.unpack_tuple(builder, array.strides)
    offset = builder.add(builder.mul(row, steps[0]), builder.mul(column, steps[1]))
    return cgutils.pointer_add(builder, array.data, offset)


def vector_at(builder: Any, array: Any, row: Any, column: Any, kind: Any) -> Any:
    """Where a vector of this type lies that begins at an element of a table."""
    return builder.bitcast(address(builder, array, row, column), kind.as_pointer())


def everywhere(builder: Any, number: Any, width: int) -> Any:
    """A vector of so many times the same number."""
    unset = ir.Constant(ir.VectorType(number.type, width), ir.Undefined)
    return builder.shuffle_vector(builder.insert_element(unset, number, ir.IntType(32)(0)), unset, _lanes([0] * width))


def multiply_add(builder: Any, a: Any, b: Any, c: Any, size: int) -> Any:
    """a b + c, rounded once, for vectors of numbers of so many bytes."""
    kind = ir.FunctionType(c.type, [c.type] * 3)
    name = f"llvm.fma.v{c.type.count}f{8 * size}"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def added(builder: Any, alpha: Any, total: Any, beta: Any, before: Any, size: int) -> Any:
    """α total + β before, for numbers α and β; what was there before does not count where β is 0."""
    none, width = ir.Constant(before.type, [0.0] * before.type.count), before.type.count
    kept = builder.fmul(everywhere(builder, beta, width), before)
    kept = builder.select(builder.fcmp_ordered("==", beta, beta.type(0.0)), none, kept)
    return multiply_add(builder, everywhere(builder, alpha, width), total, kept, size)


def first_numbers(builder: Any, count: Any, width: int) -> Any:
    """Which of a vector's numbers are the first so many: all if there are not more, none if it is not above 0."""
    lanes = ir.Constant(ir.VectorType(count.type, width), list(range(width)))
    return builder.icmp_signed("<", lanes, everywhere(builder, count, width))


def load_some(builder: Any, place: Any, chosen: Any) -> Any:
    """Those numbers of the vector there that are chosen; the others are not read, and 0."""
    vector = place.type.pointee
    rest = ir.Constant(vector, [0.0] * vector.count)
    return _masked(builder, vector, "load", vector, [place, *_aligned(vector), chosen, rest])


def store_some(builder: Any, numbers: Any, place: Any, chosen: Any) -> None:
    """Write only those numbers of a vector that are chosen."""
    _masked(builder, numbers.type, "store", ir.VoidType(), [numbers, place, *_aligned(numbers.type), chosen])


def _aligned(vector: Any) -> list[Any]:
    return [ir.IntType(32)(_size_of(vector))]


def _size_of(vector: Any) -> int:
    return 8 if isinstance(vector.element, ir.DoubleType) else 4


def _masked(builder: Any, vector: Any, name: str, result: Any, passed: list[Any]) -> Any:
    kind = ir.FunctionType(result, [value.type for value in passed])
    full = f"llvm.masked.{name}.v{vector.count}f{8 * _size_of(vector)}.p0"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, full), passed)


def turned(builder: Any, rows: list[Any]) -> list[Any]:
    """The columns of as many vectors as each has numbers: blocks beside the diagonal are exchanged, from half their
    size down to single numbers."""
    count, block = len(rows), len(rows) // 2
    while block:
        for i in range(count):
            if not i & block:
                pair, lanes = (rows[i], rows[i + block]), range(count)
                upper = [lane + count - block if lane & block else lane for lane in lanes]
                lower = [lane + count if lane & block else lane + block for lane in lanes]
                rows = [*rows]
                rows[i], rows[i + block] = (builder.shuffle_vector(*pair, _lanes(each)) for each in (upper, lower))
        block //= 2
    return rows


def _lanes(places: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)


def still_missing(builder: Any, made: Any, width: int) -> Any:
    """Which numbers of a vector of so many are not made yet, if so many of the first ones are."""
    return builder.not_(first_numbers(builder, made, width))


def add_up(builder: Any, vector: Any, size: int) -> Any:
    """The sum of a vector of numbers of so many bytes, in any order."""
    number = vector.type.element
    kind = ir.FunctionType(number, [number, vector.type])
    name = f"llvm.vector.reduce.fadd.v{vector.type.count}f{8 * size}"
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [number(0.0), vector], fastmath=["reassoc"])
