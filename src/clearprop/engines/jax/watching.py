"""One of the processes dies: the others notice within seconds, say so in a sentence, and end.

A sum over all processes waits for ever for one that is gone, and cannot be called off. So every process has a thread
that holds a connection to process 0: it breaks when a process dies, and falls silent when a machine or a network does.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

TICK = 1.0
"""Seconds between two signs of life."""
MOST_SILENT = 15
"""Ticks without a sign of life after which a process counts as lost. A process that was stopped itself has not counted
meanwhile."""
GRACE = 2.0
"""Seconds in which a process may end by itself: what one is refused, all may be refused."""
LOST = 4
"""Exit code of a process that ends because another one did."""

Message = Mapping[str, Any]


@dataclass
class Line:
    """A connection to another process, over which messages go, each a line of JSON."""

    peer: int
    connection: socket.socket
    lock: Any = field(default_factory=threading.Lock)

    def send(self, message: Message) -> None:
        try:
            with self.lock:
                self.connection.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # whoever listens to it notices

    def messages(self) -> Iterator[Message]:
        """What the peer says, an empty message for each tick without a word, and in the end that it is lost."""
        self.connection.settimeout(TICK)
        kept = b""
        while True:
            try:
                came = self.connection.recv(4096)
            except TimeoutError:
                yield {}
                continue
            except OSError:
                came = b""
            if not came:
                yield {"lost": self.peer}
                return
            *whole, kept = (kept + came).split(b"\n")
            yield from map(json.loads, whole)


class Watch:
    """The thread of one process that listens to the others; process 0 has a line to each, each of them has one to it.

    `ending` is called with a sentence when one of them is lost, and is not expected to return."""

    def __init__(self, index: int, count: int, lines: list[Line], ending: Callable[[str], None]) -> None:
        self.index, self.count, self.lines, self._ending = index, count, lines, ending
        self._left, self._ends = threading.Event(), threading.Lock()
        for work in [self._signs_of_life, *(lambda line=line: self._listen(line) for line in lines)]:
            threading.Thread(target=work, daemon=True).start()

    def leave(self) -> None:
        """From here on nobody is missed, this process least of all."""
        self._left.set()
        self._tell({"left": True})

    def fail(self, sentence: str) -> None:
        """Tell the others that this process ends with an error."""
        self._left.set()
        self._tell({"lost": self.index, "because": sentence})

    def _tell(self, message: Message) -> None:
        for line in self.lines:
            line.send(message)

    def _signs_of_life(self) -> None:
        while not self._left.wait(TICK):
            self._tell({"alive": self.index})

    def _listen(self, line: Line) -> None:
        silent = 0
        for message in line.messages():
            silent = 0 if message else silent + 1
            if self._left.is_set() or message.get("left"):
                return
            if silent >= MOST_SILENT:
                message = {"lost": line.peer, "because": f"nothing was heard of it for {MOST_SILENT} seconds"}
            if "lost" in message:
                self._end(message)
                return

    def _end(self, message: Message) -> None:
        if not self._ends.acquire(blocking=False):
            return  # of many that are lost, the first is told
        if self.index == 0:
            self._tell(message)
        if self._left.wait(GRACE):
            return  # this process was about to end by itself, with a sentence of its own
        self._left.set()
        because = message.get("because")
        self._ending(f"process {message['lost']} of {self.count} has ended{f': {because}' if because else ''}")


def listen(count: int) -> tuple[int, Callable[[], list[Line]]]:
    """The port on which process 0 waits for the others, and what to call to wait for them."""
    server = socket.create_server(("", 0))

    def accepted() -> list[Line]:
        lines = []
        with server:
            for _ in range(count - 1):
                connection, _ = server.accept()
                lines.append(Line(int.from_bytes(connection.recv(4)), connection))
        return lines

    return int(server.getsockname()[1]), accepted


def connect(host: str, port: int, index: int) -> list[Line]:
    """The line of another process to process 0."""
    connection = socket.create_connection((host, port), timeout=60)
    connection.sendall(index.to_bytes(4))
    return [Line(0, connection)]


def end_at_once(sentence: str) -> NoReturn:
    """The last word of this process. What computes cannot be called off, so nothing is tidied up."""
    os.write(2, f"error: {sentence}\n".encode())
    os._exit(LOST)
