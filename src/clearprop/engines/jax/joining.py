"""Many processes become one training: each joins the others, and all leave together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax._src import distributed  # where a cluster's coordinator was found is told nowhere else
from jax.experimental import multihost_utils

from clearprop.engines.jax.watching import Watch, connect, end_at_once, listen
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
    return None if count == 1 else Watch(index, count, _lines(index, count), _ending(advice))


def leave(watch: Watch | None) -> None:
    """Wait until all others are here too, then go separate ways. JAX still computes, in this process alone."""
    jax.distributed.shutdown()
    if watch:
        watch.leave()


def _lines(index: int, count: int) -> Any:
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
