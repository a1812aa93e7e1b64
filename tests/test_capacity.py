"""Memory that is not there is refused before it is taken."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from clearprop import capacity


@pytest.mark.parametrize(
    ("machine", "container", "free"),
    [
        ("MemTotal:       24684096 kB\nMemAvailable:   21954664 kB\nBuffers: 1 kB\n", None, 21954664 * 1024),
        ("MemAvailable:   21954664 kB\n", "max\n", 21954664 * 1024),
        ("MemAvailable:   21954664 kB\n", "1073741824\n", 1 << 30),
        (None, "1073741824\n", 1 << 30),
        (None, None, math.inf),
        ("another system\n", "", math.inf),
    ],
    ids=["a machine", "a container without a bound", "a container", "a container alone", "neither", "something else"],
)
def test_free_memory_is_what_both_machine_and_container_leave(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str | None, container: str | None, free: float
) -> None:
    for name, told in (("MACHINE", machine), ("CONTAINER", container)):
        monkeypatch.setattr(capacity, name, tmp_path / name)
        if told is not None:
            (tmp_path / name).write_text(told)
    assert capacity.free_memory() == free
