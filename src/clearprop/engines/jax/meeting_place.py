"""JAX's coordination service, in a process of its own beside process 0.

JAX has it inside process 0, and ends every other process with a dump of addresses as soon as it is gone. Apart from
process 0 it outlives it for a while, in which the others notice by themselves and end with a sentence.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

OUTLIVES = 60
"""Seconds for which it outlives process 0."""
READY = b"ready\n"


class MeetingPlace:
    """The service, seen from process 0, in the place of JAX's own."""

    def __init__(self, address: str, count: int, *, shutdown_timeout: int, heartbeat_timeout: int, **_: Any) -> None:
        arguments = map(str, (address, count, shutdown_timeout, heartbeat_timeout))
        self._process = subprocess.Popen(  # noqa: S603 - this module itself
            [sys.executable, "-m", __name__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout
        if self._process.stdout.readline() != READY:
            raise RuntimeError(f"nothing can listen at {address}")

    def shutdown(self) -> None:
        """All have left."""
        self._process.communicate(b"done")


def serve(address: str, count: int, shutdown_timeout: int, heartbeat_timeout: int) -> None:
    from jaxlib import _jax

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is process 0
    service = _jax.get_distributed_runtime_service(
        address, count, shutdown_timeout=shutdown_timeout, heartbeat_timeout=heartbeat_timeout
    )
    os.write(1, READY)
    if sys.stdin.buffer.read() != b"done":
        time.sleep(OUTLIVES)
        os._exit(1)
    service.shutdown()


if __name__ == "__main__":
    serve(sys.argv[1], *map(int, sys.argv[2:]))
