"""How workers share the parts of a step. Numba has no barrier, and a lock of Python's would cost more than a step.

Steps are made in phases, and a phase has one part for each worker; the next phase begins when all parts of this one are
done. A worker takes its own part, whose numbers lie in its core's cache. If another has not come for its part after a
while, because the system gave its core away, then the part is taken from it, and those of the phases after that at
once, until it comes again: so a training never waits for a worker that does nothing, and which part is done by whom
changes no bit. What they share is a few whole numbers in memory.
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from clearprop.arrays import IntArray
from clearprop.engines.cpu.compiling import compiled, inner
from clearprop.engines.cpu.workers import SEVERAL

APART = 8
"""Numbers in a cache line: what is written by different workers lies so far apart, in different ones."""
DONE, FAILED, YIELD, SLEEP, TAKEN, FILLED_IN = 0, APART, 2 * APART, 2 * APART + 1, 3 * APART, 3 * APART + 1
"""Places in a meeting: how many parts are done, whether a worker has failed, the addresses of two functions of the
system; and, in a line of its own, for each part how often it was taken, for its worker how many phases had begun when
it last took another's."""

GRACE = 300
"""How often a worker looks before it takes the part of another, if it took none in the phase before: some
microseconds."""
SPINS = 4_000
"""How often it looks before it offers its core to others, and then sleeps between two looks."""
YIELDS = 20
"""How often it offers it before it sleeps."""
NAP = 20
"""How long it sleeps at a time, in microseconds."""


def new_meeting(workers: int) -> IntArray:
    meeting = np.zeros(TAKEN + APART * workers, np.int64)
    meeting[FILLED_IN::APART] = -1  # in no phase, the first included
    if SEVERAL:  # else there is one worker, who never waits
        meeting[YIELD], meeting[SLEEP] = _address_in_system("sched_yield"), _address_in_system("usleep")
    return meeting


@cache
def _address_in_system(function: str) -> int:
    return ctypes.cast(getattr(ctypes.CDLL(None), function), ctypes.c_void_p).value or 0


def call_off(meeting: IntArray) -> None:
    """Nobody waits any longer."""
    meeting[FAILED] = 1


ALL_DONE, CALLED_OFF = -1, -2


@compiled
def take_part(meeting: IntArray, phase: int, worker: int, workers: int) -> int:
    """A part of this phase that the worker has to do now; ALL_DONE when there is none left and all are done;
    CALLED_OFF if a worker has failed."""
    looks, own = 0, FILLED_IN + APART * worker
    grace = 0 if meeting[own] == phase else GRACE
    while _look(meeting, DONE) < (phase + 1) * workers:
        if _look(meeting, FAILED):
            return CALLED_OFF
        for other in range(workers if looks > grace else 1):
            part = (worker + other) % workers
            place = TAKEN + APART * part
            # it was taken once in every phase before this one
            if _look(meeting, place) == phase and _take(meeting, place, phase):
                if other > 0:
                    meeting[own] = phase + 1
                return part
        looks += 1
        if looks <= SPINS:
            _pause()
        elif looks <= SPINS + YIELDS:
            _call_system(meeting[YIELD], np.int32(0))
        else:
            _call_system(meeting[SLEEP], np.int32(NAP))
    return ALL_DONE


@compiled
def finish_part(meeting: IntArray) -> None:
    _add(meeting, DONE)


@inner
def part_of(count: int, part: int, sharers: int) -> tuple[int, int]:
    """The first and the last + 1 of `count` things that belong to a part, where so many parts share them."""
    own = part % sharers
    return count * own // sharers, count * (own + 1) // sharers


@intrinsic
def _take(typing: Any, meeting: Any, which: Any, phase: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Write phase + 1 where phase stands; False if another was faster."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = builder.gep(context.make_array(signature.args[0])(context, builder, given[0]).data, [given[1]])
        after = builder.add(given[2], ir.Constant(ir.IntType(64), 1))
        return builder.extract_value(builder.cmpxchg(place, given[2], after, "seq_cst", "seq_cst"), 1)

    return types.boolean(meeting, types.int64, types.int64), generate


@intrinsic
def _add(typing: Any, meeting: Any, which: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """One more there."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = builder.gep(context.make_array(signature.args[0])(context, builder, given[0]).data, [given[1]])
        builder.atomic_rmw("add", place, ir.Constant(ir.IntType(64), 1), "seq_cst")
        return context.get_dummy_value()

    return types.none(meeting, types.int64), generate


@intrinsic
def _look(typing: Any, meeting: Any, which: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """What stands in a meeting now, whatever was read of it before."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = context.make_array(signature.args[0])(context, builder, given[0]).data
        return builder.load_atomic(builder.gep(place, [given[1]]), "acquire", 8)

    return types.int64(meeting, types.int64), generate


_PAUSES = {"x86_64": "llvm.x86.sse2.pause", "AMD64": "llvm.x86.sse2.pause"}


@intrinsic
def _pause(typing: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Tell the processor that this is a loop that waits."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
        if name := _PAUSES.get(platform.machine()):
            function = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, function, name), [])
        return context.get_dummy_value()

    return types.none(), generate


@intrinsic
def _call_system(typing: Any, address: Any, argument: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
        function = ir.FunctionType(ir.IntType(32), [ir.IntType(32)])
        builder.call(builder.inttoptr(given[0], function.as_pointer()), [given[1]])
        return context.get_dummy_value()

    return types.none(types.int64, types.int32), generate
