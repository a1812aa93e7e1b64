"""The learner's function: where it comes from, and what happens when it is called."""

from __future__ import annotations

import functools
import importlib.util
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.checking.running.libraries import JAX_HAS_RUN, jax_has_run
from clearprop.checking.running.sandbox import Answer, Limits, Printed, Send, aside, run
from clearprop.checking.running.tracing import Tracer
from clearprop.checking.running.values import Reader
from clearprop.errors import ArgumentError

FRAMES = 30
"""So many of the last calls before an error are looked at."""

TO_THE_END = 10**9
"""As a line: further than any line of a file, for a function that gave something back."""

LONGEST = 200
"""Letters of somebody else's error message."""


@dataclass(frozen=True)
class Learner:
    """A function by what loads it; loading happens in the process that calls it."""

    load: Callable[[], Callable[..., Any]]
    name: str
    folder: str | None = None
    """Where a file's own imports are looked for."""

    @staticmethod
    def of(function: Callable[..., Any], what: str = "function") -> Learner:
        if not callable(function):
            raise ArgumentError(f"{what}: expected a function, got {type(function).__name__}.")
        return Learner(lambda: function, getattr(function, "__name__", type(function).__name__))

    @staticmethod
    def in_file(path: Path, name: str) -> Learner:
        return Learner(functools.partial(_function_in, path, name), name, str(path.parent.resolve()))


class Absent(Exception):  # noqa: N818 - the file may be right
    """A file without the function that was asked for."""


def _function_in(path: Path, name: str) -> Callable[..., Any]:
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    function: Any = module
    for part in name.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        there = [each for each, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
        raise Absent(f"{path.name} has no function of this name; it has {', '.join(there) or 'none'}")
    return function  # type: ignore[no-any-return]


CONTAINERS = ("numpy", "lists", "torch", "jax")


def handed_over(value: Any, container: str) -> Any:
    """An argument in the learner's kind of arrays; always a fresh copy."""
    if isinstance(value, list):
        return [handed_over(part, container) for part in value]
    if not isinstance(value, np.ndarray):
        return value
    if container == "lists":
        return value.tolist()
    if container == "torch":
        return sys.modules["torch"].tensor(value)
    if container == "jax":
        return sys.modules["jax"].numpy.asarray(value)
    return value.copy()


@dataclass(frozen=True)
class Call:
    """A call: its arguments as arrays, what kind of arrays they are handed over as, and whether to trace it."""

    arguments: tuple[Any, ...]
    container: str = "numpy"
    traced: bool = False
    seeded: bool = False
    """Whether the random numbers of Python and NumPy start anew before the call."""
    apart: bool = False
    """Whether the call gets a process of its own, so that it leaves nothing to the next."""


@dataclass(frozen=True)
class Outcome:
    """What a call gave back (see `values.Reader`), the arguments afterwards, or the sentence that says why not."""

    value: Any = None
    after: Any = None
    single: bool = False
    error: str | None = None
    line: int = 0
    """The last line of the learner's file that ran before the error."""
    missing: bool = False
    """Whether the library of the arrays was not there."""
    trace: Any = None
    automatic: bool = False
    """Whether PyTorch made the gradients."""


@dataclass
class Session:
    """What a process said: an outcome for each call as far as it came, and what it printed."""

    outcomes: list[Outcome]
    printed: str
    trouble: str | None
    loaded: bool = True
    """Whether the function was there to be called."""


def call_all(learner: Learner, calls: Sequence[Call], limits: Limits) -> Session:
    """Makes the calls one after another in one process; nothing of one session is left in the next."""
    answer = run(lambda send: _perform(learner, calls, send), limits)
    return _session(answer)


def _session(answer: Answer) -> Session:
    outcomes, printed, trouble, loaded = [], "", answer.trouble, True
    for message in answer.messages:
        if "note" in message:
            trouble = f"{trouble}: {message['note']}" if trouble else None
            continue
        said_now = message.pop("printed", "")
        printed = printed or said_now  # every call says the same
        if "loading" in message:
            trouble, loaded = message["loading"], False
        else:
            outcomes.append(Outcome(**message))
    return Session(outcomes, printed, trouble, loaded)


def _perform(learner: Learner, calls: Sequence[Call], send: Send) -> None:
    if learner.folder:
        os.chdir(learner.folder)
    try:
        function = learner.load()
    except BaseException as error:  # noqa: BLE001 - a learner's file may raise anything, SystemExit too
        send({"loading": said(error)[0], "printed": _printed()})
        return
    if jax_has_run():
        send({"note": JAX_HAS_RUN})
    for call in calls:
        if call.apart:
            aside(lambda call=call: send(_answer(function, call)), send)  # type: ignore[misc]
        else:
            send(_answer(function, call))


def _answer(function: Callable[..., Any], call: Call) -> dict[str, Any]:
    process = os.getpid()
    outcome = _outcome(function, call)
    if os.getpid() != process:
        os._exit(0)  # their code has forked, and one answer is enough
    return {**outcome, "printed": _printed()}


def _printed() -> str:
    return sys.stdout.taken() if isinstance(sys.stdout, Printed) else ""


def _outcome(function: Callable[..., Any], call: Call) -> dict[str, Any]:
    if call.container in ("torch", "jax") and call.container not in sys.modules:
        return {"missing": True, "error": f"{call.container} is not imported"}
    if call.seeded:
        _seed()
    arguments = [handed_over(argument, call.container) for argument in call.arguments]
    tracer = Tracer.of(function) if call.traced else None
    reader = Reader()
    try:
        returned = tracer.run(function, arguments) if tracer else function(*arguments)
        value = reader.value(returned)
    except BaseException as error:  # noqa: BLE001 - as above
        told, line = said(error)
        return {"error": told, "line": line, "trace": tracer.records if tracer else None}
    if reader.half:
        return {"error": reader.half, "line": TO_THE_END}
    after = Reader().value(arguments)
    followed = {"trace": tracer.records, "automatic": tracer.automatic} if tracer else {}
    return {"value": value, "after": after, "single": reader.single, **followed}


def _seed() -> None:
    import random

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the learner's program draws from it


def said(error: BaseException) -> tuple[str, int]:
    """What went wrong, in one sentence with the learner's line, and the number of that line."""
    own = Path(__file__).parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__, limit=-FRAMES)
        if Path(frame.filename).parent != own
    ]
    frames = [frame for frame in frames if "importlib" not in frame.filename]
    theirs = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    where, line = "", 0
    if theirs:
        line = theirs[-1].lineno or 0
        text = linecache.getline(theirs[-1].filename, line).strip()
        where = f"line {line} of {Path(theirs[-1].filename).name}" + (f", `{text}`, " if text else " ")
    return f"{where}{_told(error)}", line


def _told(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "ends the program with exit()"
    if isinstance(error, MemoryError):
        return "asks for more memory than the check allows"
    if isinstance(error, RecursionError):
        return "calls itself without end (RecursionError)"
    if isinstance(error, Absent):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"line {error.lineno} of {Path(error.filename or '').name} is not Python: {error.msg}"
    words = " ".join(str(error).split())
    if len(words) > LONGEST:
        words = words[: LONGEST - 1] + "…"
    return f"raises {type(error).__name__}: {words}" if words else f"raises {type(error).__name__}"
