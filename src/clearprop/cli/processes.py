"""Training in many processes: started here, or by a cluster's scheduler, or by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clearprop.cli.calls import whole
from clearprop.cli.console import INTERRUPTED, WRONG_INPUT
from clearprop.cli.launching import end_with_the_launcher
from clearprop.errors import ArgumentError, ClearpropError, MissingExtraError

if TYPE_CHECKING:
    from clearprop.engines.jax.watching import Watch

MOST = 4096
"""More processes than this nobody means."""

Processes = Annotated[
    int | None,
    typer.Option(
        "--processes", help="Train in so many processes on this machine (engine jax).", parser=whole, metavar="<int>"
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="auto", help="This is one of the processes that SLURM, Open MPI or Kubernetes has started (engine jax)."
    ),
]
Coordinator = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Where the processes meet: a free port of process 0's machine."),
]
ProcessId = Annotated[
    int | None, typer.Option(help="Which of the processes this is, from 0 on.", parser=whole, metavar="<int>")
]
ProcessCount = Annotated[int | None, typer.Option(help="How many processes meet there.", parser=whole, metavar="<int>")]


def require_sense(
    engine: str,
    processes: int | None,
    cluster: str | None,
    coordinator: str | None,
    process_id: int | None,
    process_count: int | None,
) -> None:
    """ArgumentError for options that do not go together."""
    by_hand = {"--coordinator": coordinator, "--process-id": process_id, "--process-count": process_count}
    given = [name for name, value in by_hand.items() if value is not None]
    ways = [*(["--processes"] if processes is not None else []), *(["--cluster"] if cluster else []), *given[:1]]
    if len(ways) > 1:
        raise ArgumentError(
            f"{ways[1]}: expected one way to start processes, got {ways[0]} too; leave one of them out."
        )
    if ways and engine != "jax":
        raise ArgumentError(f"{ways[0]}: expected --engine jax, got {engine!r}; the others compute in one process.")
    if cluster not in (None, "auto"):
        raise ArgumentError(f"--cluster: expected 'auto', got {cluster!r}.")
    if processes is not None and not 1 <= processes <= MOST:
        raise ArgumentError(f"--processes: expected a number from 1 to {MOST:,}, got {processes}.")
    if given and len(given) < len(by_hand):
        missing = next(name for name in by_hand if name not in given)
        raise ArgumentError(f"{given[0]}: expected {missing} too, got none; the three go together.")
    if coordinator is not None:
        _require_address(coordinator)
    if process_count is not None and not 1 <= process_count <= MOST:
        raise ArgumentError(f"--process-count: expected a number from 1 to {MOST:,}, got {process_count}.")
    if process_id is not None and not 0 <= process_id < (process_count or 1):
        raise ArgumentError(f"--process-id: expected a number from 0 to {(process_count or 1) - 1}, got {process_id}.")


def _require_address(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ArgumentError(f"--coordinator: expected HOST:PORT, such as node1:4567, got {address!r}.")


def without_option(arguments: Sequence[str], name: str) -> list[str]:
    """
    >>> without_option(["train", "--processes", "4", "digits", "--processes=2", "--json"], "--processes")
    ['train', 'digits', '--json']
    """
    kept, skipped = [], False
    for argument in arguments:
        if not skipped and argument != name and not argument.startswith(f"{name}="):
            kept.append(argument)
        skipped = argument == name
    return kept


class Member:
    """This process among those that train together; process 0 speaks and writes for all."""

    def __init__(self, index: int = 0, watch: Watch | None = None, *, joined: bool = False) -> None:
        self.first = index == 0
        self._watch, self._joined = watch, joined

    def leave(self) -> None:
        """Wait until the others have trained too; from here on this process is on its own."""
        if self._joined:
            from clearprop.engines.jax.joining import leave

            leave(self._watch)
            self._joined = False

    def fail(self, error: BaseException) -> None:
        """Tell the others why this process will not go on."""
        if not self._joined:
            return
        from clearprop.engines.jax.joining import leave_without_the_others

        if self._watch:
            self._watch.fail(str(error) if isinstance(error, ClearpropError) else "")
        leave_without_the_others(INTERRUPTED if isinstance(error, KeyboardInterrupt) else WRONG_INPUT)


@contextmanager
def joined(
    cluster: str | None, coordinator: str | None, process_id: int | None, process_count: int | None, folder: Path | None
) -> Iterator[Member]:
    """One of many processes, if it is one; the others end with a sentence when it ends before they do."""
    if cluster is None and coordinator is None:
        yield Member()
        return
    end_with_the_launcher()
    member = _join(coordinator, process_id, process_count, folder)
    try:
        yield member
    except BaseException as error:
        member.fail(error)
        raise


def _join(coordinator: str | None, index: int | None, count: int | None, folder: Path | None) -> Member:
    try:
        from clearprop.engines.jax.joining import Place, join, own_index
    except ImportError as error:
        raise MissingExtraError(
            f"engine 'jax': it needs JAX, which cannot be loaded here ({error}). Type: pip install 'clearprop[jax]'"
        ) from None
    watch = join(Place(coordinator, index, count), _advice(folder))
    return Member(own_index(), watch, joined=True)


def _advice(folder: Path | None) -> str:
    if folder is None:
        return "To be able to go on another time, name a folder with --checkpoint."
    return f"Go on with the same command and --resume, with as many processes as you like; the run is in {folder}."
