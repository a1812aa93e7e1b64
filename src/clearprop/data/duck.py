"""DuckDB at arm's length: a connection that touches nothing but the named file, and its errors in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clearprop.errors import DataError

if TYPE_CHECKING:
    import duckdb

# an extension that DuckDB lacks would be fetched from the internet
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@contextmanager
def connected(sentence: Callable[[str], str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection inside which an error of DuckDB becomes DataError(sentence(its text))."""
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(config=CONFIG)
    try:
        yield connection
    except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
        if re.match(r"(?i)(query )?interrupt", str(error)):  # what DuckDB makes of Ctrl-C
            raise KeyboardInterrupt from None
        if type(error) is RuntimeError:
            raise
        raise DataError(sentence(str(error))) from None
    finally:
        connection.close()


def escaped(path: Path) -> str:
    """A path in which DuckDB sees no pattern: `a[1].csv` is one file."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def quoted(text: str, mark: str = "'") -> str:
    """A text between quotation marks of SQL: single for values, double for names."""
    return f"{mark}{text.replace(mark, mark * 2)}{mark}"
