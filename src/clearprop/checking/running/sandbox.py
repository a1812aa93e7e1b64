"""A forked process with limits on time, memory and what it may say."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from clearprop.checking.running.frames import HEADER, decoded, encoded, lengths
from clearprop.checking.running.libraries import alone
from clearprop.errors import ArgumentError

Send = Callable[[Any], None]

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """How long the learner's code may run (seconds), how much memory it may ask for, how much it may answer (bytes)
    and print (letters)."""

    seconds: float = 10.0
    memory: int = 2048 * MIB
    answer: int = 512 * MIB
    printed: int = 4000
    file: int = 16 * MIB


@dataclass
class Answer:
    """The messages that came back, and why no more came: None if the program ended by itself."""

    messages: list[Any] = field(default_factory=list)
    trouble: str | None = None


def run(program: Callable[[Send], None], limits: Limits) -> Answer:
    """Runs `program(send)` in a process of its own and gives what it sent."""
    if not hasattr(os, "fork"):
        raise ArgumentError("check: expected a system that can fork a process (Linux or macOS), got one that cannot.")
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # the child does nothing with the parent's threads; libraries that have some warn of every fork
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(reading)
        _be_the_child(program, writing, limits)
    os.close(writing)
    try:
        return _listen(child, reading, limits)
    finally:
        os.close(reading)


def aside(work: Callable[[], None], send: Send) -> None:
    """Does something in a fork of the child, which shares its limits; sends {"error": …} if it does not come to its
    end."""
    child = os.fork()
    if child == 0:
        try:
            alone()
            work()
        except BaseException:  # noqa: BLE001 - as in the child itself
            os._exit(1)
        os._exit(DONE)
    _, status = os.waitpid(child, 0)
    if trouble := _trouble(status):
        send({"error": trouble})


def _listen(child: int, reading: int, limits: Limits) -> Answer:
    answer, deadline = Answer(), time.monotonic() + limits.seconds
    waiting, told = bytearray(), 0
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([reading], [], [], left)[0]:
                answer.trouble = f"it did not end within {limits.seconds:g} seconds"
                break
            piece = os.read(reading, MIB)
            if not piece:
                break
            told += len(piece)
            if told > limits.answer:
                answer.trouble = f"it gave back more than {limits.answer // MIB:,} MiB"
                break
            waiting += piece
            _take(waiting, answer.messages)
    finally:
        ended = _end(child)
    if answer.trouble is None:
        answer.trouble = ended
    return answer


def _take(waiting: bytearray, messages: list[Any]) -> None:
    """Moves the whole messages out of the bytes that have come."""
    while len(waiting) >= HEADER:
        text, body = lengths(bytes(waiting[:HEADER]))
        end = HEADER + text + body
        if len(waiting) < end:
            return
        messages.append(decoded(bytes(waiting[HEADER:end]), text))
        del waiting[:end]


def _end(child: int) -> str | None:
    """Ends the process with everything that it started; how it had ended by itself, if it was not as it should."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else _trouble(status)


def _trouble(status: int) -> str | None:
    """How a process ended, if not as it should."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "it used more time than it may"
        return f"it crashed the interpreter ({signal.Signals(number).name})"
    code = os.WEXITSTATUS(status)
    return None if code == DONE else f"it ended the program with os._exit({code})"


DONE = 87
"""The exit code of a child that came to its end: no program gives it by chance."""


def _be_the_child(program: Callable[[Send], None], writing: int, limits: Limits) -> NoReturn:
    try:
        os.setsid()
        alone()
        _be_quiet(limits)
        _be_limited(limits)

        def send(message: Any) -> None:
            frame = memoryview(encoded(message))
            while frame:
                frame = frame[os.write(writing, frame) :]

        program(send)
    except BaseException:  # noqa: BLE001 - what the learner's code raises was sent; the rest ends here
        os._exit(1)
    os._exit(DONE)


class Printed(io.StringIO):
    """What is printed, up to a limit; all that comes after it is dropped."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def write(self, text: str) -> int:
        kept = text[: self._left]
        self._left -= len(kept)
        super().write(kept)
        return len(text)

    def taken(self) -> str:
        """What was printed since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


def _be_quiet(limits: Limits) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.stdin = open(os.devnull)  # noqa: SIM115 - for as long as the process lives
    sys.stdout = sys.stderr = Printed(limits.printed)
    faulthandler.disable()  # it would write to the parent's terminal
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)


def _be_limited(limits: Limits) -> None:
    import resource

    def limit(what: int, most: int) -> None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))

    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, limits.file)
    limit(resource.RLIMIT_CPU, int(limits.seconds) + 2)
    limit(resource.RLIMIT_AS, _address_space() + limits.memory)


def _address_space() -> int:
    """The bytes of address space that this process has already; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 64 * 1024 * MIB
