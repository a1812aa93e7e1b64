"""Where workers wait for each other. Numba has no barrier, and a lock of Python's would cost more than a step of
training.

A meeting is a few whole numbers in memory that all workers share: how many arrivals there were so far, and whether a
worker has failed.
"""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import IntArray
from clearprop.engines.cpu.compiling import compiled

ARRIVALS, FAILED, YIELD, SLEEP = 0, 8, 16, 17
"""Places in a meeting: the two numbers, in cache lines of their own, and the addresses of two functions of the
system."""

SPINS = 300
"""How often a worker looks before it offers its core to others: some microseconds, within which the others arrive,
unless they have lost their core."""
YIELDS = 200
"""How often it does that before it sleeps."""
NAP = 50
"""How long it sleeps at a time, in microseconds."""


def new_meeting() -> IntArray:
    meeting = np.zeros(24, np.int64)
    if os.name == "posix":  # elsewhere there is one worker, who never waits
        system = ctypes.CDLL(None)
        meeting[YIELD] = ctypes.cast(system.sched_yield, ctypes.c_void_p).value or 0
        meeting[SLEEP] = ctypes.cast(system.usleep, ctypes.c_void_p).value or 0
    return meeting


def call_off(meeting: IntArray) -> None:
    """Nobody waits any longer."""
    meeting[FAILED] = 1


@compiled
def meet(meeting: IntArray, expected: int) -> bool:
    """Wait until there were `expected` arrivals, one's own included; False if a worker has failed."""
    _arrive(meeting)
    looks = 0
    while _look(meeting, ARRIVALS) < expected:
        if _look(meeting, FAILED):
            return False
        looks += 1
        if looks <= SPINS:
            _pause()
        elif looks <= SPINS + YIELDS:
            _call_system(meeting[YIELD], np.int32(0))
        else:
            _call_system(meeting[SLEEP], np.int32(NAP))
    return True


@intrinsic
def _arrive(typing: Any, meeting: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = context.make_array(signature.args[0])(context, builder, given[0]).data
        builder.atomic_rmw("add", place, ir.Constant(ir.IntType(64), 1), "seq_cst")
        return context.get_dummy_value()

    return types.none(meeting), generate


@intrinsic
def _look(typing: Any, meeting: Any, which: Any) -> Any:  # noqa: ARG001
    """What stands in a meeting now, whatever was read of it before."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = context.make_array(signature.args[0])(context, builder, given[0]).data
        return builder.load_atomic(builder.gep(place, [given[1]]), "acquire", 8)

    return types.int64(meeting, types.int64), generate


_PAUSES = {"x86_64": "llvm.x86.sse2.pause", "AMD64": "llvm.x86.sse2.pause"}


@intrinsic
def _pause(typing: Any) -> Any:  # noqa: ARG001
    """Tell the processor that this is a loop that waits."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001
        if name := _PAUSES.get(platform.machine()):
            function = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, function, name), [])
        return context.get_dummy_value()

    return types.none(), generate


@intrinsic
def _call_system(typing: Any, address: Any, argument: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001
        function = ir.FunctionType(ir.IntType(32), [ir.IntType(32)])
        builder.call(builder.inttoptr(given[0], function.as_pointer()), [given[1]])
        return context.get_dummy_value()

    return types.none(types.int64, types.int32), generate
