"""Who is missed, who is not, and what is said of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from clearprop.engines.jax import watching
from clearprop.engines.jax.watching import Line, Watch, connect, listen

Pair = Any


class Ends:
    """What a process would say at its end."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.said = threading.Event()

    def __call__(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self.said.set()

    def soon(self) -> list[str]:
        self.said.wait(20)
        return self.sentences


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "TICK", 0.02)
    monkeypatch.setattr(watching, "GRACE", 0.1)


@pytest.fixture
def three() -> Iterator[list[tuple[Watch, Ends]]]:
    """Processes 0, 1 and 2, in one."""
    port, accepted = listen(3)
    others = [(index, connect("127.0.0.1", port, index)) for index in (1, 2)]
    members = [(index, lines, Ends()) for index, lines in [(0, accepted()), *others]]
    yield [(Watch(index, 3, lines, ends), ends) for index, lines, ends in members]
    for _, lines, _ in members:
        for line in lines:
            line.connection.close()


def _dies(watch: Watch) -> None:
    """As the system ends a process: its connections break."""
    watch._left.set()
    for line in watch.lines:
        line.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_a_process_that_dies_is_told_by_all_others(dead: int, three: list[tuple[Watch, Ends]]) -> None:
    _dies(three[dead][0])
    for index, (_, ends) in enumerate(three):
        if index != dead:
            assert ends.soon() == [f"process {dead} of 3 has ended"]


def test_why_a_process_fails_is_told_by_all_others(three: list[tuple[Watch, Ends]]) -> None:
    three[1][0].fail("no such file")
    assert three[0][1].soon() == three[2][1].soon() == ["process 1 of 3 has ended: no such file"]
    assert three[1][1].sentences == []


def test_processes_that_leave_together_are_not_missed(three: list[tuple[Watch, Ends]]) -> None:
    for watch, _ in three:
        watch.leave()
    time.sleep(0.5)
    assert [ends.sentences for _, ends in three] == [[], [], []]


def test_a_process_that_is_about_to_fail_itself_says_nothing_of_others(three: list[tuple[Watch, Ends]]) -> None:
    three[1][0].fail("the same for all")
    three[2][0].fail("the same for all")
    assert three[0][1].soon() in (
        ["process 1 of 3 has ended: the same for all"],
        ["process 2 of 3 has ended: the same for all"],
    )
    assert three[2][1].sentences == []


def test_a_process_that_falls_silent_is_missed_after_some_ticks() -> None:
    ours, theirs = socket.socketpair()
    ends = Ends()
    Watch(0, 2, [Line(1, ours)], ends)
    told = ends.soon()
    assert told == [f"process 1 of 2 has ended: nothing was heard of it for {watching.MOST_SILENT} seconds"]
    ours.close()
    theirs.close()


def test_signs_of_life_are_enough() -> None:
    ours, theirs = socket.socketpair()
    ends = Ends()
    watch = Watch(0, 2, [Line(1, ours)], ends)
    for _ in range(60):
        theirs.sendall(b'{"alive": 1}\n')
        time.sleep(0.02)
    assert ends.sentences == []
    watch.leave()
    ours.close()
    theirs.close()
