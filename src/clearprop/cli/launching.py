"""The processes of one training on this machine: started, listened to, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from clearprop.cli.console import INTERRUPTED, LOST, say

GRACE = 30.0
"""Seconds that the others have to end in when one has."""
TICK = 0.05
LAUNCHED = "CLEARPROP_LAUNCHED"
"""The variable that tells a process that its standard input is a line to the program that has started it."""


@dataclass
class Child:
    index: int
    process: subprocess.Popen[bytes]
    errors: IO[bytes] | None
    """What it says on standard error; None where it speaks to the terminal itself."""

    def ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        if self.errors is None:
            return ""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def launch(count: int, arguments: Sequence[str]) -> int:
    """`clearprop` with these arguments in so many processes; the exit code of process 0, which alone is heard."""
    address = f"127.0.0.1:{_free_port()}"
    children = [_start(index, count, address, arguments) for index in range(count)]
    interrupts = 0
    ended_at: float | None = None
    try:
        while not all(child.ended() for child in children):
            try:
                time.sleep(TICK)
            except KeyboardInterrupt:
                interrupts += 1
                _signal(children, signal.SIGINT if interrupts == 1 else signal.SIGKILL)
            if ended_at is None and any(child.process.returncode for child in children):
                ended_at = time.monotonic()
            if ended_at is not None and time.monotonic() - ended_at > GRACE:
                _signal(children, signal.SIGKILL)
    finally:
        _signal(children, signal.SIGKILL)
    return _outcome(children, interrupts)


def _start(index: int, count: int, address: str, arguments: Sequence[str]) -> Child:
    own = ["--coordinator", address, "--process-id", str(index), "--process-count", str(count)]
    errors = tempfile.TemporaryFile() if index else None  # noqa: SIM115 - it lives as long as the child
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [sys.executable, "-m", "clearprop", *arguments, *own],
        stdin=subprocess.PIPE,  # breaks when this program is killed
        stdout=subprocess.DEVNULL if index else None,
        stderr=errors,
        env={**os.environ, LAUNCHED: "1", "JAX_LOCAL_DEVICE_IDS": str(index)},  # of several GPUs each takes one
        start_new_session=True,  # Ctrl-C comes from here, once
    )
    _give_cores(process, index, count)
    return Child(index, process, errors)


def _give_cores(process: subprocess.Popen[bytes], index: int, count: int) -> None:
    """Each process computes on cores of its own, as far as there are enough."""
    if sys.platform != "linux":
        return
    cores = sorted(os.sched_getaffinity(0))
    share = max(1, len(cores) // count)
    os.sched_setaffinity(process.pid, {cores[(index * share + place) % len(cores)] for place in range(share)})


def end_with_the_launcher() -> None:
    """In a process that was started here: do not go on when nobody is left who waits for it."""
    if LAUNCHED not in os.environ:
        return

    def wait() -> None:
        os.read(0, 1)  # nothing is ever written to it
        os._exit(LOST)

    threading.Thread(target=wait, daemon=True).start()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _signal(children: Sequence[Child], number: int) -> None:
    for child in children:
        if not child.ended():
            child.process.send_signal(number)
    if number == signal.SIGKILL:
        for child in children:
            child.process.wait()


def _outcome(children: Sequence[Child], interrupts: int) -> int:
    first: Any = children[0].process.returncode
    if first >= 0:
        return int(first)
    # process 0 was killed: the others tell
    words = [words for child in children[1:] if (words := child.last_words())]
    if interrupts:
        return INTERRUPTED
    say(words[0] if words else f"error: process 0 of {len(children)} has ended; the training ends with it.")
    return next((child.process.returncode for child in children[1:] if child.process.returncode > 0), 1)
