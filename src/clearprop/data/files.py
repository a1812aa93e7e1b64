"""Opening files, packed or not."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, cast


def open_bytes(path: Path) -> IO[bytes]:
    """A file's bytes, unpacked when its name ends in `.gz`."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else open(path, "rb")
