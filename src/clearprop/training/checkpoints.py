"""A folder of checkpoints: the last two, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clearprop import storage
from clearprop.engines.protocol import Group
from clearprop.errors import ArgumentError, ModelError

KEPT = 2


@contextmanager
def taken_by_first(folder: CheckpointFolder, group: Group) -> Iterator[None]:
    """The folder for process 0 of a training; where it is refused, all are told."""
    with ExitStack() as stack:
        group.of_first(lambda: stack.enter_context(folder.taken()))
        yield


@dataclass(frozen=True)
class CheckpointFolder:
    """The checkpoints of one run. The names count the steps, so that the last name is the newest."""

    folder: Path

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The folder, made if need be and for this training alone; the system frees it when the process dies.

        ArgumentError if another training has it, or it cannot be made or written.
        """
        from filelock import FileLock, Timeout

        self._make()
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                yield
        except Timeout:
            raise ArgumentError(
                f"{self.folder}: another training is writing its checkpoints there. "
                f"Wait until it has ended, or choose another folder."
            ) from None

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ArgumentError(f"{self.folder}: the folder cannot be made: {reason}. Choose another place.") from None
        storage.require_writable(self.folder / "checkpoint")

    def prepare(self, resume: bool) -> None:
        """ArgumentError if the folder holds a run that is not to be resumed."""
        if self.files() and not resume:
            raise ArgumentError(
                f"{self.folder}: the folder holds the checkpoints of a run. "
                f"Resume it (--resume, resume=True) or choose another folder."
            )
        for unfinished in self.folder.glob(".checkpoint-*.part"):  # left by a run that was killed while writing
            unfinished.unlink()

    def files(self) -> list[Path]:
        """The checkpoints, oldest first."""
        return sorted(self.folder.glob("checkpoint-*.safetensors"))

    def write(self, step: int, arrays: storage.Arrays, document: storage.Document) -> None:
        """Keep a checkpoint of this step, and the one before it."""
        storage.write(self.folder / f"checkpoint-{step:012d}.safetensors", "checkpoint", arrays, document)
        for old in self.files()[:-KEPT]:
            old.unlink()

    def newest(self) -> tuple[dict[str, Any], storage.Document] | None:
        """The newest checkpoint that can be read; None where there is none. ModelError if all are damaged."""
        damaged: ModelError | None = None
        for path in reversed(self.files()):
            try:
                return storage.read(path, "checkpoint")
            except ModelError as error:
                damaged = damaged or error
        if damaged:
            raise damaged
        return None
