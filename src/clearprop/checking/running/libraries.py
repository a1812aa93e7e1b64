"""Libraries that compute with threads of their own: none of these threads is in a copy of the process."""

from __future__ import annotations

import sys

JAX_HAS_RUN = (
    "JAX had computed something before, and a copy of that process, in which the check calls the function, cannot go "
    "on with it. In a notebook, put the function into a file and run `clearprop check FILE.py:FUNCTION …`; in a file, "
    "compute nothing with JAX outside of functions"
)
"""Why code that uses JAX may not come back."""


def alone() -> None:
    """What a copy of the process does first: PyTorch would wait for ever for threads that it has left behind."""
    if set_threads := getattr(sys.modules.get("torch"), "set_num_threads", None):
        set_threads(1)


def jax_has_run() -> bool:
    """Whether JAX has its threads already."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    return bool(getattr(bridge, "_backends", None))
