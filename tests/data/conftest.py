"""Files to read: small ones written for a test, and the real ones where they are at hand."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Write = Callable[[str, str | bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """write(name, content) -> path; a name that ends in .gz is packed."""

    def write_one(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return str(path)

    return write_one


@pytest.fixture
def real() -> Path:
    """The folder of real data."""
    folder = Path(os.environ.get("CLEARPROP_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder}; set CLEARPROP_DATA to its folder")
    return folder
