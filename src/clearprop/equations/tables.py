"""Looking a name up in a table of allowed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from clearprop.errors import ArgumentError, nearest

T = TypeVar("T")


def lookup(table: Mapping[str, T], name: object, what: str) -> T:
    """`table[name]`, or an ArgumentError that lists the names and suggests the nearest."""
    if isinstance(name, str) and name in table:
        return table[name]
    raise ArgumentError(f"{what}: expected one of {', '.join(table)}, got {name!r}.{nearest(str(name), table)}")
