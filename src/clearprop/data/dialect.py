"""How a text table is written: which character separates its values, and how many values a line has.

DuckDB proposes; what it would do silently with a file that is not regular (skip lines, take whole lines for
one value) is undone here, so that reading such a file fails and names the line.
"""

from __future__ import annotations

import re
import statistics
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clearprop.data.duck import connected, escaped
from clearprop.data.files import open_bytes
from clearprop.errors import DataError

DELIMITERS = ",;\t|"
PREAMBLE_LINES = 50
LINE_BYTES = 4 << 20
NOT_A_TABLE = "expected a table as text (CSV) in UTF-8, got something else"


@dataclass(frozen=True)
class Dialect:
    """skip: lines before the table; width: values a line."""

    delimiter: str
    escape: str
    skip: int
    width: int


def dialect_of(path: Path) -> Dialect:
    """Find out how a text table is written. Raises DataError for an empty file and for one that is no table."""
    lines = list(_first_lines(path))
    skip = _preamble(lines)
    if skip == len(lines):
        raise DataError(f"{path.name}: expected a table, got an empty file.")
    delimiter, escape, skipped, width = _sniffed(path, skip, lines)
    irregular = width == 1
    if irregular:
        delimiter, width = _by_counting(lines[skip:])
    first = _value_count(lines[skip], delimiter)
    if skip and re.match(r"#\S", lines[skip - 1]) and _value_count(lines[skip - 1], delimiter) == width:
        skip -= 1  # `#id,age` is a header, not a comment
    elif skipped > skip or (irregular and first != width):
        raise DataError(
            f"{path.name}: expected {width} values in line {skip + 1} as in the lines after it, got {first}; "
            f"correct or delete the line."
        )
    return Dialect(delimiter, escape, skip, width)


def _sniffed(path: Path, skip: int, lines: list[str]) -> tuple[str, str, int, int]:
    """DuckDB's finding: delimiter, escape character, lines to skip, values a line."""
    forced = ", delim='\t'" if path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab")) else ""
    query = f"SELECT Delimiter, Quote, Escape, SkipRows, len(Columns) FROM sniff_csv(?, skip={skip}{forced})"  # noqa: S608  no text of the user's
    mixture = "state machine" if _has_mixed_ends(lines) else ""
    with connected(lambda error: sentence(path.name, mixture or error)) as connection:
        found = connection.execute(query, [escaped(path)]).fetchall()[0]
    delimiter, quote, escape, skipped, width = found
    return str(delimiter), "\\" if (quote, escape) == ('"', "\\") else '"', int(skipped), int(width)


def _has_mixed_ends(lines: list[str]) -> bool:
    windows = sum(line.endswith("\r\n") for line in lines)
    is_text = not any("\ufffd" in line for line in lines)
    return is_text and 0 < windows < sum(line.endswith("\n") for line in lines)


def _first_lines(path: Path) -> Iterator[str]:
    try:
        with open_bytes(path) as file:
            for _ in range(PREAMBLE_LINES):
                line = file.readline(LINE_BYTES)
                if not line:
                    return
                yield from re.split("\r(?!\n)", line.decode("utf-8-sig", errors="replace"))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(sentence(path.name, f"GZIP {error}")) from None


def _preamble(lines: list[str]) -> int:
    """Number of blank lines and comments (`# ...`, and `|...` as in files of C4.5) before the table."""
    for count, line in enumerate(lines):
        if line.strip() and not re.match(r"#|\|[^|]*$", line.rstrip()):
            return count
    return len(lines)


def _by_counting(lines: list[str]) -> tuple[str, int]:
    """The delimiter and the number of values that most lines have; a comma and 1 where none separates anything."""
    counts = {delimiter: [_value_count(line, delimiter) for line in lines if line.strip()] for delimiter in DELIMITERS}
    usual = {delimiter: statistics.mode(found) for delimiter, found in counts.items()}
    delimiter = max(usual, key=lambda delimiter: usual[delimiter])
    return delimiter, usual[delimiter]


def _value_count(line: str, delimiter: str) -> int:
    return 1 + re.sub('"[^"]*"', "", line).count(delimiter)


def sentence(name: str, error: str) -> str:
    """What DuckDB says about a text table, in one sentence."""
    line = re.search(r"Line: (\d+)", error)
    where = f" in line {line[1]}" if line else ""
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", error)
    if counts:
        return f"{name}: expected {counts[1]} values{where} as in the first line, got {counts[2]}; correct the line."
    if "not utf-8" in error or "unicode" in error.lower():
        return f"{name}: expected text in UTF-8, got other bytes{where}; save the file as UTF-8."
    if "unterminated quote" in error:
        return f"{name}: expected a quotation mark that closes the one{where}, got none; correct the line."
    if "Maximum line size" in error:
        return f"{name}: expected lines of less than 2 MB, got a longer one."
    if "GZIP" in error:
        return f"{name}: expected a gzip file, got one that is damaged or of another kind; copy the file again."
    if "state machine" in error:
        return f"{name}: expected line ends and quotation marks of one kind, got a mixture; save the file as CSV."
    return f"{name}: {NOT_A_TABLE}; save the file as CSV."
