"""BLAS on one thread while an engine computes: the same bits on every number of cores, and small products are fastest
so."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from threading import Lock
from typing import Any

BLAS = "scipy.linalg.cython_blas"
"""The module that knows where SciPy's BLAS is."""


def load_blas() -> None:
    """Have the module BLAS loaded, without the package around it: that takes a quarter of a second, and is not
    needed."""
    import scipy

    with _loading:
        if BLAS in sys.modules:
            return
        spec = PathFinder.find_spec(BLAS, [str(Path(scipy.__file__).parent / "linalg")])
        if "scipy.linalg" in sys.modules or spec is None or spec.loader is None:
            import scipy.linalg.cython_blas

            return
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[BLAS] = module


_loading = Lock()


@dataclass
class _Limit:
    """The limit holds for the whole process: the first that computes sets it, the last lifts it."""

    lock: Any = field(default_factory=Lock)
    users: int = 0
    controller: Any = None
    limiter: Any = None

    def take(self) -> None:
        with self.lock:
            if self.controller is None:
                from threadpoolctl import ThreadpoolController

                load_blas()  # so that it is among those that are found
                self.controller = ThreadpoolController().select(user_api="blas")
            if self.users == 0:
                self.limiter = self.controller.limit(limits=1)
            self.users += 1

    def give_back(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.limiter.restore_original_limits()

    def after_fork(self) -> None:
        """Who computed in the parent does not compute in the child."""
        self.lock = Lock()
        if self.users:
            self.users = 0
            self.limiter.restore_original_limits()


_limit = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_limit.after_fork)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    _limit.take()
    try:
        yield
    finally:
        _limit.give_back()
