"""What every line of the learner's code produces: the arrays and numbers that are new after it."""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

import numpy as np

from clearprop.checking.running.values import Reader

SECONDS = 2.0
"""Of work, not of waiting: on a busy machine the same lines are followed."""
MOST_RECORDS = 4000
MOST_NUMBERS = 200_000
"""Arrays larger than this are not looked at."""
MOST_OBJECTS = 40
"""So many entries of a list, a dictionary or an object are looked at."""


class Tracer:
    """Follows the lines of the files in one folder."""

    def __init__(self, file: str | None) -> None:
        self._folder = os.path.dirname(file) if file else None
        self._file = file
        self._seen: dict[int, dict[str, bytes]] = {}
        self._line: dict[int, int] = {}
        self._until = 0.0
        self.records: list[dict[str, Any]] = []
        """Each with file, line, name and array, in the order in which they came to be."""
        self.automatic = False
        """Whether PyTorch makes the gradients: then no line of theirs does."""

    @staticmethod
    def of(function: Callable[..., Any]) -> Tracer:
        return Tracer(_file_of(function))

    def run(self, function: Callable[..., Any], arguments: list[Any]) -> Any:
        """The function's answer; its lines are in `records`, as far as there was time."""
        self._until = time.process_time() + SECONDS
        sys.settrace(self._called)
        try:
            return function(*arguments)
        finally:
            sys.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._folder is None or not self._is_theirs(frame.f_code.co_filename) or self._over():
            return None
        # what a function is given is no work of its lines
        self._seen[id(frame)] = {name: print_ for name, _, print_ in self._shown(frame)}
        self._line[id(frame)] = frame.f_lineno
        return self._followed

    def _is_theirs(self, file: str) -> bool:
        return file == self._file or (os.path.dirname(file) == self._folder and "site-packages" not in file)

    def _over(self) -> bool:
        return time.process_time() > self._until or len(self.records) >= MOST_RECORDS

    def _followed(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._over():
            return None
        self._note(frame)
        self._line[id(frame)] = frame.f_lineno
        if event == "return":
            for name, array in _arrays("return", argument):
                self._record(frame, name, array)
            del self._seen[id(frame)], self._line[id(frame)]
        return self._followed

    def _note(self, frame: FrameType) -> None:
        seen = self._seen[id(frame)]
        for name, array, print_ in self._shown(frame):
            if seen.get(name) != print_:
                seen[name] = print_
                self._record(frame, name, array)

    def _record(self, frame: FrameType, name: str, array: Any) -> None:
        line = self._line[id(frame)]
        self.records.append({"file": frame.f_code.co_filename, "line": line, "name": name, "array": array})

    def _shown(self, frame: FrameType) -> list[tuple[str, Any, bytes]]:
        found = []
        for name, value in list(frame.f_locals.items()):
            self.automatic = self.automatic or _is_watched(value)
            found += [(label, array, array.tobytes()) for label, array in _arrays(name, value)]
        return found


def _is_watched(value: Any) -> bool:
    """Whether PyTorch keeps account of a tensor, or of one in a list, to make its gradient."""
    if isinstance(value, (list, tuple)):
        return any(getattr(part, "requires_grad", False) is True for part in value)
    return getattr(value, "requires_grad", False) is True


def _file_of(function: Callable[..., Any]) -> str | None:
    function = inspect.unwrap(getattr(function, "func", function))
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:  # an object that is called as a function
        code = getattr(vars(type(function)).get("__call__"), "__code__", None)
    return code.co_filename if isinstance(code, CodeType) else None


def _arrays(name: str, value: Any, depth: int = 0) -> list[tuple[str, Any]]:
    """The arrays and numbers in a value, each with a name such as `deltas[0]` or `self.W`."""
    if value is None or isinstance(value, (str, bytes, bool, type)) or callable(value) or depth > 3:
        return []
    if isinstance(value, (int, float, np.number)):
        return [(name, np.asarray(float(value)))] if isinstance(value, (float, np.floating)) else []
    if isinstance(value, Mapping):
        parts = list(value.items())[:MOST_OBJECTS]
        return [found for key, part in parts for found in _arrays(f"{name}[{key!r}]", part, depth + 1)]
    if isinstance(value, (list, tuple)):
        return _of_list(name, value, depth)
    if hasattr(value, "__array__"):
        array = Reader().value(value)
        return [(name, array)] if isinstance(array, np.ndarray) and array.size <= MOST_NUMBERS else []
    if hasattr(value, "__dict__") and type(value).__module__ not in ("builtins", "numpy", "random"):
        parts = list(vars(value).items())[:MOST_OBJECTS]
        return [found for key, part in parts for found in _arrays(f"{name}.{key}", part, depth + 1)]
    return []


def _of_list(name: str, value: Any, depth: int) -> list[tuple[str, Any]]:
    numbers = Reader().value(list(value)) if value and isinstance(value[0], (int, float, list)) else None
    if isinstance(numbers, np.ndarray):
        return [(name, numbers)] if numbers.size <= MOST_NUMBERS else []
    parts = list(enumerate(value))[:MOST_OBJECTS]
    return [found for place, part in parts for found in _arrays(f"{name}[{place}]", part, depth + 1)]
