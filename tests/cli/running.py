"""Running the program: inside this process, and as a process of its own."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from clearprop.cli.app import main

FAST = ("--epochs", "2", "--layers", "4", "--engine", "reference")
LEARNS = ("--epochs", "20", "--layers", "4", "--learning-rate", "0.05", "--engine", "reference")


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """Standard output as CSV."""
        return table(self.out)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def clearprop(*words: object) -> Outcome:
    """Run the program with these words in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True) for _ in range(2)]
    code: Any = "the program did not end"
    with (
        mock.patch.object(sys, "argv", ["clearprop", *map(str, words)]),
        mock.patch.object(sys.modules["__main__"], "__package__", None),  # so that `python -m pytest` gives no name
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return Outcome(code, out, err)


def done(*words: object) -> Outcome:
    """Run a command that must succeed."""
    outcome = clearprop(*words)
    assert outcome.code == 0, outcome.err
    return outcome


def refusal(*words: object) -> str:
    """The sentence with which a call is refused: exit code 2, one line on standard error, no file touched."""
    before = contents(Path.cwd())
    outcome = clearprop(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert outcome.err.endswith("\n")
    assert outcome.err.count("\n") == 1
    assert contents(Path.cwd()) == before
    return outcome.err.removeprefix("error: ").removesuffix("\n")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and every folder."""
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def started(*words: object, **keywords: Any) -> subprocess.Popen[str]:
    """The program as a process of its own, which Ctrl-C interrupts even where it is ignored here."""
    return subprocess.Popen(
        [sys.executable, "-m", "clearprop", *map(str, words)],
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "COLUMNS": "80", **keywords.pop("env", {})},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **keywords},
    )
