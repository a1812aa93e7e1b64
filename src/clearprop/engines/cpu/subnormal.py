"""Numbers too small to have all their digits, which are called subnormal: below 10⁻³⁸ in float32.

A processor may take a hundred times as long for them, and training makes many: what Adam remembers of a weight whose
input stays 0 shrinks in every step, and ends there. While an engine is at work they are 0 to it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.engines.cpu.compiling import compiled

HERE = platform.machine() in {"x86_64", "AMD64"}
"""Whether this is a processor that is told so here; those of ARM take hardly longer for them."""
AS_ZERO = 0x8040
"""Two bits of the register MXCSR: results that are subnormal become 0, and so do arguments."""


@contextmanager
def as_zero() -> Iterator[None]:
    """In this thread subnormal numbers are 0."""
    if not HERE:
        yield
        return
    before = _mode()
    _set_mode(before | AS_ZERO)
    try:
        yield
    finally:
        _set_mode(before)


@compiled
def _mode() -> int:
    mode: int = _read()
    return mode


@compiled
def _set_mode(mode: int) -> None:
    _write(mode)


@intrinsic
def _read(typing: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """What the register says."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
        place = cgutils.alloca_once(builder, ir.IntType(32))
        _call(builder, "llvm.x86.sse.stmxcsr", place)
        return builder.zext(builder.load(place), ir.IntType(64))

    return types.int64(), generate


@intrinsic
def _write(typing: Any, mode: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Have it say something else."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
        place = cgutils.alloca_once_value(builder, builder.trunc(given[0], ir.IntType(32)))
        _call(builder, "llvm.x86.sse.ldmxcsr", place)
        return context.get_dummy_value()

    return types.none(types.int64), generate


def _call(builder: Any, name: str, place: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, [builder.bitcast(place, pointer)])
