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
    places = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(builder.insert_element(unset, number, ir.IntType(32)(0)), unset, places)


def multiply_add(builder: Any, a: Any, b: Any, c: Any, size: int) -> Any:
    """a b + c, rounded once, for vectors of numbers of so many bytes."""
    kind = ir.FunctionType(c.type, [c.type] * 3)
    name = f"llvm.fma.v{c.type.count}f{8 * size}"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def still_missing(builder: Any, made: Any, width: int) -> Any:
    """Which numbers of a vector of so many are not made yet, if so many of the first ones are."""
    lanes = ir.Constant(ir.VectorType(made.type, width), list(range(width)))
    return builder.icmp_signed(">=", lanes, everywhere(builder, made, width))


def add_up(builder: Any, vector: Any, size: int) -> Any:
    """The sum of a vector of numbers of so many bytes, in any order."""
    number = vector.type.element
    kind = ir.FunctionType(number, [number, vector.type])
    name = f"llvm.vector.reduce.fadd.v{vector.type.count}f{8 * size}"
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [number(0.0), vector], fastmath=["reassoc"])
