"""What comes back from the learner's process: JSON with arrays beside it, never a pickle."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

_LENGTHS = struct.Struct("<QQ")
ARRAY = "array"


def encoded(message: Any) -> bytes:
    """A message of numbers, words, lists, dictionaries and arrays, as bytes.

    >>> frame = encoded({"a": np.ones(2), "b": [1, "x"]})
    >>> decoded(frame[HEADER:], lengths(frame[:HEADER])[0])
    {'a': array([1., 1.]), 'b': [1, 'x']}
    """
    arrays: list[bytes] = []
    text = json.dumps(_taken_apart(message, arrays)).encode()
    body = b"".join(arrays)
    return _LENGTHS.pack(len(text), len(body)) + text + body


def lengths(header: bytes) -> tuple[int, int]:
    """How many bytes of JSON and of arrays follow the first 16 bytes of a message."""
    text, body = _LENGTHS.unpack(header)
    return text, body


HEADER = _LENGTHS.size


def decoded(frame: bytes, text: int) -> Any:
    """The message again; `text` is the length of its JSON."""
    return _put_together(json.loads(frame[:text]), memoryview(frame)[text:])


def _taken_apart(value: Any, arrays: list[bytes]) -> Any:
    if isinstance(value, np.ndarray):
        place = sum(map(len, arrays))
        arrays.append(np.ascontiguousarray(value, dtype=np.float64).tobytes())
        return {ARRAY: [list(value.shape), place]}
    if isinstance(value, dict):
        return {str(name): _taken_apart(part, arrays) for name, part in value.items()}
    return [_taken_apart(part, arrays) for part in value] if isinstance(value, (list, tuple)) else value


def _put_together(value: Any, body: memoryview) -> Any:
    if isinstance(value, dict):
        if value.keys() == {ARRAY}:
            shape, place = value[ARRAY]
            count = int(np.prod(shape, dtype=np.int64))
            return np.frombuffer(body, np.float64, count, place).reshape(shape).copy()
        return {name: _put_together(part, body) for name, part in value.items()}
    return [_put_together(part, body) for part in value] if isinstance(value, list) else value
