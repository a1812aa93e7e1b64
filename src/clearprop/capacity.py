"""How much memory is free, asked before it is taken: a system that runs out of it kills programs without a word."""

from __future__ import annotations

import re
from pathlib import Path

MACHINE = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup/memory.max")


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


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
