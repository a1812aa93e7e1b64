"""Short ways to read, and to see a refusal's whole sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clearprop.data import Reading, Source, open_source
from clearprop.errors import ClearpropError


def rows(source: Source, columns: list[str] | None = None) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for batch in source.batches(columns) for row in batch.to_pylist()]


def read(path: str, reading: Reading | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of a file."""
    source = open_source(path, reading)
    return source.schema.names, rows(source)


def refusal(call: Callable[..., object], *arguments: Any, **keywords: Any) -> str:
    """The message with which a call is refused."""
    with pytest.raises(ClearpropError) as caught:
        call(*arguments, **keywords)
    assert "\n" not in str(caught.value)
    return str(caught.value)
