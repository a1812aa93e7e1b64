"""What the learner's function gave back, as plain lists, dictionaries and arrays of float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, ValuesView
from itertools import islice
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray

DEEPEST = 6
MOST_NUMBERS = 20_000_000
MOST_PARTS = 100_000
OTHER = "other"

SINGLE = "float32"
HALF = ("float16", "bfloat16")
TOO_FEW_DIGITS = "which has too few digits to tell a mistake from rounding: let it compute in float32 or float64"


class Reader:
    """Takes values apart and remembers whether some were of single precision."""

    def __init__(self) -> None:
        self.single = False
        self.half = ""
        """What to say of numbers of half precision, if there are any."""

    def value(self, given: Any, depth: int = 0) -> Any:
        """The value as None, a number, an array, a list, a dictionary, or {OTHER: what it is}."""
        if given is None or depth > DEEPEST:
            return None if given is None else {OTHER: "lists within lists without end"}
        if isinstance(given, (bool, int, float, np.number, np.bool_)):
            self._note(given)
            return self._number(given)
        if isinstance(given, Mapping):
            return {str(name): self.value(part, depth + 1) for name, part in list(given.items())[:1000]}
        if isinstance(given, (list, tuple)):
            return self._sequence(list(given), depth)
        return self._arrays(given, depth)

    def _sequence(self, given: list[Any], depth: int) -> Any:
        if given and _only_numbers(given):
            array = _array_of(given)
            if array is not None:
                return array
        return [self.value(part, depth + 1) for part in given[:MOST_PARTS]]

    def _arrays(self, given: Any, depth: int) -> Any:
        if str(getattr(given, "dtype", "")).removeprefix("torch.") in HALF:
            self.half = f"it gives numbers of {given.dtype}, {TOO_FEW_DIGITS}"
            return {OTHER: f"an array of {given.dtype}"}
        if hasattr(given, "detach"):  # PyTorch's tensors
            given = given.detach().cpu()
        if not hasattr(given, "__array__"):
            passing = isinstance(given, (Iterator, ValuesView))  # map, zip, a generator, a dictionary's values
            return self._sequence(list(islice(given, MOST_PARTS)), depth) if passing else {OTHER: type(given).__name__}
        array = np.asarray(given)
        if array.dtype == object:
            return self.value(array.tolist(), depth + 1)
        if array.dtype.kind not in "biuf" or array.size > MOST_NUMBERS:
            return {OTHER: f"an array of {array.dtype}" if array.size <= MOST_NUMBERS else "an array without end"}
        self._note(array)
        return array.astype(np.float64)

    def _note(self, given: Any) -> None:
        self.single = self.single or str(getattr(given, "dtype", "")) == SINGLE

    @staticmethod
    def _number(given: Any) -> Any:
        try:
            return np.asarray(float(given))
        except OverflowError:
            return np.asarray(np.inf)


def _only_numbers(given: list[Any]) -> bool:
    """Whether these are Python's own numbers, in lists of any depth."""
    first: Any = given
    for _ in range(DEEPEST):
        if isinstance(first, (list, tuple)) and len(first):
            first = first[0]
    return isinstance(first, (bool, int, float))


def _array_of(given: list[Any]) -> FloatArray | None:
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, OverflowError):
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" and array.size <= MOST_NUMBERS else None
