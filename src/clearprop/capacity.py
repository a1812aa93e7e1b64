"""How many cores this process may use, and how much memory is free: asked before it is taken, for a system that has no
more of it kills programs without a word."""

from __future__ import annotations

import os
import re
from pathlib import Path

from clearprop.errors import ArgumentError

MACHINE = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup/memory.max")


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> float:
    """Bytes that may still be taken; infinity where the system does not tell."""
    free = re.search(r"^MemAvailable: +(\d+) kB$", _text(MACHINE), re.MULTILINE)
    most = re.match(r"\d+", _text(CONTAINER))
    return min(1024.0 * int(free[1]) if free else float("inf"), float(most[0]) if most else float("inf"))


def gigabytes(count: float) -> str:
    """
    >>> gigabytes(1_234_500_000_000)
    '1,234.5 GB'
    """
    return f"{count / 1e9:,.1f} GB"


UNITS = {
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("kMGT", start=1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", start=1)},
}


def bytes_of(size: str | float, name: str) -> int:
    """A size such as `1GiB` or `500MB` in bytes; a number is bytes already. ArgumentError for anything else.

    >>> bytes_of("1.5 GiB", "memory"), bytes_of("500mb", "memory")
    (1610612736, 500000000)
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", str(size))
    unit = {unit.lower(): factor for unit, factor in UNITS.items()}.get(found[2].lower() or "b") if found else None
    if found is None or unit is None:
        raise ArgumentError(f"{name}: expected a size such as 1GiB or 500MB, got {size!r}.")
    return int(float(found[1]) * unit)


def spelled_bytes(count: float) -> str:
    """
    >>> spelled_bytes(2**30), spelled_bytes(1.5 * 2**20)
    ('1 GiB', '1.5 MiB')
    """
    unit = next((unit for unit in ("TiB", "GiB", "MiB", "KiB") if count >= UNITS[unit]), "B")
    size = count / UNITS[unit]
    return f"{size:.1f}".removesuffix(".0") + f" {unit}"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
