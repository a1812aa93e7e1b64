"""A second process compiles the loop over the steps while this one compiles the kernels: a first training waits
little more than half as long. What it makes comes back through the cache on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
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

PROGRAM = "import sys; from clearprop.engines.cpu.second_process import compile_steps; compile_steps(*sys.argv[1:])"


def compile_steps(precision: str, kind: str) -> None:
    """What the second process does."""
    loop, arguments = _no_steps(precision, kind == "single")
    loop(*arguments)


def steps_compiled_beside(precision: str, single: bool) -> Callable[[], object]:
    """Have the loop over the steps compiled from now on, if it has not been yet; the function that waits until that is
    done. Where it cannot be done, or fails, the loop is compiled when it is needed, as everything is."""
    if usable_cores() > 1 and _is_python() and not is_kept(*_no_steps(precision, single)):
        with suppress(OSError):
            return _started(precision, "single" if single else "several").wait
    return lambda: None


def _is_python() -> bool:
    """Whether this process was started as Python, not as a program with Python in it, and can be started again."""
    return Path(sys.executable or "").stem.startswith("python")


def _started(*arguments: str) -> subprocess.Popen[bytes]:
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


def _no_steps(precision: str, single: bool) -> tuple[Any, tuple[Any, ...]]:
    """The loop over the steps, and arguments with which it makes none."""
    task, layers, shares = np.zeros(1, TASK)[0], np.zeros(0, LAYER), np.zeros(0, SHARE)
    like, order, pace = np.zeros(0, precision), np.zeros(0, np.int64), np.zeros((0, 3))
    rates = np.zeros(2, rates_type(precision))
    if single:
        return make_single_steps, (like, task, layers, shares, order, pace, rates)
    return make_steps, (like, task, layers, shares, 0, order, pace, rates, new_meeting(0))
