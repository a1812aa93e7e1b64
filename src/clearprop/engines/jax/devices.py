"""The devices of all processes as one row, along which the examples of a mini-batch are shared out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from clearprop.arrays import Array
from clearprop.engines.jax.watching import MOST_SILENT, TICK
from clearprop.errors import ClearpropError

AXIS = "data"
UNTIL_THE_WATCH_KNOWS = MOST_SILENT * TICK + 5.0
"""Seconds after a sum over the processes has failed until the watch has found out who is lost and ended this one."""
EVERYWHERE = PartitionSpec()
BY_ROWS = PartitionSpec(AXIS)
BY_COLUMNS = PartitionSpec(None, AXIS)


@cache
def all_devices() -> Mesh:
    """The devices of all processes, process after process."""
    return Mesh(np.array(jax.devices()), (AXIS,))


def own_places() -> list[int]:
    """Where this process's devices stand in the row."""
    ours = jax.process_index()
    return [place for place, device in enumerate(all_devices().devices) if device.process_index == ours]


def fewest_of_a_process() -> int:
    """Devices of the process that has the fewest."""
    return min(Counter(device.process_index for device in all_devices().devices.flat).values())


def everywhere(array: Any) -> Array:
    """A copy of an array that every process has, on every device."""
    return _placed(array, EVERYWHERE, np.shape(array))


def by_columns(array: Any) -> Array:
    """The columns of this process's devices, beside which stand those of the next process's."""
    columns = array.shape[1] // len(own_places()) * all_devices().size
    return _placed(array, BY_COLUMNS, (len(array), columns))


def by_rows(array: Any) -> Array:
    """The rows of this process's devices, which go on with those of the next process's."""
    rows = len(array) // len(own_places()) * all_devices().size
    return _placed(array, BY_ROWS, (rows, *array.shape[1:]))


def _placed(array: Any, spec: PartitionSpec, shape: tuple[int, ...]) -> Array:
    return jax.make_array_from_process_local_data(NamedSharding(all_devices(), spec), np.asarray(array), shape)


def fetched(array: Array) -> Any:
    """An array that is the same on every device, as a NumPy array of its own."""
    return np.array(array.addressable_data(0))


def room() -> float:
    """Bytes that a device has for data at most: half of its memory; infinity where it does not tell."""
    told = all_devices().local_devices[0].memory_stats() or {}
    return float(told.get("bytes_limit", "inf")) / 2


def kind() -> str:
    """cpu, gpu or tpu."""
    return str(all_devices().devices.flat[0].platform)


@contextmanager
def computing_in(precision: str, products: str) -> Iterator[None]:
    """Numbers of that precision, and products of factors of that type, whatever else this process uses JAX for."""
    # rounded factors are multiplied in float32 to the same result; not all processors can do it in any other way
    way = BFLOAT16 if products == "bfloat16" and kind() != "cpu" else "highest"
    with jax.enable_x64(precision == "float64"), jax.default_matmul_precision(way), told_plainly():
        yield


BFLOAT16 = "BF16_BF16_F32"
"""What JAX calls products of factors in bfloat16 whose sums are float32."""


@contextmanager
def told_plainly() -> Iterator[None]:
    """What goes wrong on the devices, as this program tells it."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError from error
        if jax.process_count() == 1:
            raise
        time.sleep(UNTIL_THE_WATCH_KNOWS)
        reason = str(error).splitlines()[0]
        raise ClearpropError(f"the connection between the {jax.process_count()} processes broke: {reason}") from None
