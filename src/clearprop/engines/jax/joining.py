"""Many processes become one training: each joins the others, and all leave together."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax._src import distributed  # where a cluster's coordinator was found is told nowhere else
from jax.experimental import multihost_utils

from clearprop.engines.jax.meeting_place import MeetingPlace
from clearprop.engines.jax.watching import Line, Watch, connect, end_at_once, listen
from clearprop.errors import ArgumentError

PATIENCE = 300
"""Seconds to wait for the other processes at the start, and at the end."""
NEVER = 10**7
"""Seconds after which JAX itself misses a process: it would end the others without a word that people understand."""


@dataclass(frozen=True)
class Place:
    """Where a process finds the others: the address of process 0, which one it is, how many there are; what is not
    told is found out from the cluster's scheduler."""

    coordinator: str | None = None
    index: int | None = None
    count: int | None = None


def join(place: Place, advice: str) -> Watch | None:
    """Wait for the other processes. From then on the end of one ends all, with a sentence and this advice; None where
    this process is the only one.

    ArgumentError if the others cannot be found.
    """
    try:
        with _service_apart():
            jax.distributed.initialize(
                place.coordinator,
                place.count,
                place.index,
                cluster_detection_method=None if place.coordinator is None else "deactivate",
                initialization_timeout=PATIENCE,
                shutdown_timeout_seconds=PATIENCE,
                heartbeat_timeout_seconds=NEVER,
            )
    except (ValueError, RuntimeError) as error:
        raise ArgumentError(_refusal(place, error)) from None
    index, count = jax.process_index(), jax.process_count()
    if count == 1:
        return None
    with _silent_output():
        lines = _lines(index, count)
    return Watch(index, count, lines, _ending(advice))


@contextmanager
def _service_apart() -> Iterator[None]:
    """Makes JAX take our coordination service in place of its own, for which `initialize` has no argument."""
    library: Any = vars(distributed)["_jax"]
    inside = library.get_distributed_runtime_service
    library.get_distributed_runtime_service = MeetingPlace
    try:
        yield
    finally:
        library.get_distributed_runtime_service = inside


@contextmanager
def _silent_output() -> Iterator[None]:
    """Gloo greets its peers on standard output, which belongs to the result."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def leave_without_the_others(code: int) -> None:
    """At the end of this program, do not wait for the others as JAX does: they end too, but not by leaving."""
    atexit.register(_end, code)


def _end(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def own_index() -> int:
    return jax.process_index()


def leave(watch: Watch | None) -> None:
    """Wait until all others are here too, then go separate ways. JAX still computes, in this process alone."""
    jax.distributed.shutdown()
    if watch:
        watch.leave()


def _lines(index: int, count: int) -> list[Line]:
    if index == 0:
        port, accepted = listen(count)
        multihost_utils.broadcast_one_to_all(np.asarray(port, np.int32))
        return accepted()
    port = int(multihost_utils.broadcast_one_to_all(np.asarray(0, np.int32)))
    host = str(distributed.global_state.coordinator_address).rpartition(":")[0]
    return connect(host.strip("[]"), port, index)


def _ending(advice: str) -> Callable[[str], None]:
    return lambda sentence: end_at_once(f"{sentence}; the training ends with it. {advice}")


def _refusal(place: Place, error: Exception) -> str:
    if place.coordinator is None:
        return (
            "--cluster: expected processes that SLURM, Open MPI or Kubernetes has started, got none that JAX knows "
            f"({str(error).splitlines()[0]}). Name them with --coordinator, --process-id and --process-count."
        )
    return (
        f"--coordinator: expected {place.count} processes that meet at {place.coordinator} within {PATIENCE} seconds, "
        f"got {str(error).splitlines()[0]!r}. Start one for each --process-id from 0 to {(place.count or 1) - 1}."
    )
