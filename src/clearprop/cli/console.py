"""What the commands share: where they print, how they fail, how they show progress."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import IO, Any, NoReturn, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clearprop.errors import ClearpropError
from clearprop.storage import strict

P = ParamSpec("P")

DONE, WRONG_INPUT, DIVERGED, LOST, INTERRUPTED = 0, 2, 3, 4, 130
"""Exit codes; LOST: of many processes that train together, one has ended."""


class Printer(Console):
    """Prints text as it stands: a class may be called [red] or :smile:. Goes on in silence when nobody reads on."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        silence(self.file)


output = Printer()
messages = Printer(stderr=True)


def silence(stream: IO[Any]) -> None:
    """Let everything that is still printed go nowhere: `clearprop … | head -1` has read what it wanted."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def fail(message: str) -> NoReturn:
    """End with one sentence on standard error and exit code 2."""
    say(f"error: {message}")
    raise typer.Exit(WRONG_INPUT)


def say(message: str) -> None:
    """A remark on standard error, in one line: not part of the result."""
    messages.print(" ".join(message.splitlines()))


def counted(number: int, what: str) -> str:
    """`1 row`, `1,000 rows`"""
    return f"{number:,} {what}{'s' * (number != 1)}"


def speaking(command: Callable[P, None]) -> Callable[P, None]:
    """A command that says in one sentence what was wrong, instead of a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ClearpropError as error:
            fail(str(error))
        except MemoryError:
            fail(
                "expected enough memory for this data and network, got too little. "
                "Choose smaller layers, or a smaller --size of images."
            )
        except OSError as error:
            fail(f"{error.filename or 'standard output'}: {(error.strerror or str(error)).lower()}.")
        except KeyboardInterrupt:
            say("interrupted; no file was written.")
            raise typer.Exit(INTERRUPTED) from None

    return run


def print_json(document: dict[str, Any]) -> None:
    """The result as one JSON object on standard output."""
    text = json.dumps(strict(document), ensure_ascii=not output.encoding.startswith("utf"))
    try:
        print(text, flush=True)
    except BrokenPipeError:
        silence(sys.stdout)


def progress_bar(*, shown: bool = True) -> Progress:
    """A bar on standard error, shown only on a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not (shown and messages.is_terminal),
    )
