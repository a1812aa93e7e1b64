"""The processes of a training, as far as training must know of them: what one decides, all do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from clearprop.arrays import FloatArray
from clearprop.engines.jax.devices import told_plainly
from clearprop.engines.protocol import ALONE, Group
from clearprop.errors import ArgumentError, ClearpropError, DataError, ModelError

REFUSALS = {kind.__name__: kind for kind in (ArgumentError, DataError, ModelError)}


def group_of_processes() -> Group:
    """All processes that JAX has joined, or this one alone."""
    return ALONE if jax.process_count() == 1 else Processes()


class Processes:
    """The processes that train together."""

    def __init__(self) -> None:
        self.index, self.count = jax.process_index(), jax.process_count()

    def any(self, answer: bool) -> bool:
        with told_plainly():
            return bool(np.any(multihost_utils.process_allgather(np.asarray(answer))))

    def all_of(self, value: Any) -> Sequence[Any]:
        own = np.frombuffer(json.dumps(value).encode(), np.uint8)
        with told_plainly():
            lengths = multihost_utils.process_allgather(np.asarray(len(own), np.int32))
            told = multihost_utils.process_allgather(np.pad(own, (0, int(np.max(lengths)) - len(own))))
        return [json.loads(row[:length].tobytes()) for row, length in zip(told, lengths, strict=True)]

    def of_first(self, made: Callable[[], Any]) -> Any:
        answer = np.frombuffer(_answer(made) if self.index == 0 else b"", np.uint8)
        with told_plainly():
            length = int(multihost_utils.broadcast_one_to_all(np.asarray(len(answer), np.int32)))
        told = json.loads(_bytes_of_first(answer if self.index == 0 else np.zeros(length, np.uint8)))
        if refusal := told.get("refusal"):
            raise REFUSALS.get(refusal, ClearpropError)(told["message"])
        return told["value"]

    def arrays_of_first(self, arrays: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        kinds = self.of_first(lambda: [[name, array.shape, str(array.dtype)] for name, array in arrays.items()])
        told = {}
        for name, shape, kind in kinds:
            own = arrays[name] if self.index == 0 else np.zeros(shape, kind)
            # as bytes: JAX would round float64 to float32
            sent = _bytes_of_first(np.frombuffer(own.tobytes(), np.uint8))
            told[name] = np.frombuffer(sent, kind).reshape(shape)
        return told


def _bytes_of_first(own: Any) -> bytes:
    """As many bytes as all have, with what process 0 has in them."""
    with told_plainly():
        return np.asarray(multihost_utils.broadcast_one_to_all(own)).tobytes()


def _answer(made: Callable[[], Any]) -> bytes:
    try:
        document = {"value": made()}
    except ClearpropError as error:
        document = {"refusal": type(error).__name__, "message": str(error)}
    return json.dumps(document).encode()
