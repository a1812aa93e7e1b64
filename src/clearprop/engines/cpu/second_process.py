"""A second process compiles the loop over the steps while this one compiles the kernels: a first training waits
little more than half as long. What it makes comes back through the cache on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.capacity import usable_cores
from clearprop.engines.cpu.compiling import is_kept
from clearprop.engines.cpu.meeting import new_meeting
from clearprop.engines.cpu.one_row import make_single_steps
from clearprop.engines.cpu.plan import LAYER, SHARE
from clearprop.engines.cpu.step import make_steps
from clearprop.engines.cpu.task import TASK
from clearprop.engines.cpu.updates import rates_type

PROGRAM = "import sys; from clearprop.engines.cpu.second_process import compile_loop; compile_loop(*sys.argv[1:])"
LOOPS = {loop.__name__: loop for loop in (make_steps, make_single_steps)}


def compile_loop(name: str, precision: str) -> None:
    """Compile a loop, or load what the cache keeps of it: what the second process does."""
    LOOPS[name](*_no_steps(precision))


def compiled_beside(loop: Any, precision: str) -> Callable[[], None]:
    """Have a loop over the steps compiled from now on, if it has not been yet; the function that waits until it is
    there. Where the second process cannot be started, or fails, that one compiles it."""
    process = None
    if usable_cores() > 1 and _is_python() and not is_kept(loop, _no_steps(precision)):
        with suppress(OSError):
            process = _started(loop.__name__, precision)

    def wait() -> None:
        if process:
            process.wait()
        compile_loop(loop.__name__, precision)

    return wait


def _is_python() -> bool:
    """Whether this process was started as Python, not as a program with Python in it, and can be started again."""
    return Path(sys.executable or "").stem.startswith("python")


@cache
def _started(*arguments: str) -> subprocess.Popen[bytes]:
    """One process for all engines that need the loop; it is kept, for an engine may go before it has waited."""
    nothing = subprocess.DEVNULL
    # modules are found where this process finds them
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    return subprocess.Popen(  # noqa: S603 - this same Python, and a program of ours
        [sys.executable, "-P", "-c", PROGRAM, *arguments],
        env=environment,
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
    )


def _no_steps(precision: str) -> tuple[Any, ...]:
    """Arguments with which a loop makes no steps."""
    tasks = np.zeros(1, TASK)
    tasks["batch_size"] = tasks["rows_at_once"] = 1
    task, layers, shares = tasks[0], np.zeros((1, 1), LAYER), np.zeros(1, SHARE)
    like, order, pace = np.zeros(0, precision), np.zeros(0, np.int64), np.zeros((0, 3))
    return like, task, layers, shares, 0, order, pace, np.zeros(2, rates_type(precision)), new_meeting(0)
