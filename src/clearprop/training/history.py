"""What a training measured, epoch by epoch."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from clearprop.errors import ArgumentError, nearest


@dataclass(frozen=True)
class Epoch:
    """One epoch. Costs are means over the examples, in nats for the cross-entropies, without L2; the training cost and
    accuracy are those of each mini-batch just before its update. None where there is nothing to measure."""

    epoch: int
    cost: float
    accuracy: float | None
    validation_cost: float | None
    validation_accuracy: float | None
    gradient_norm: float
    learning_rate: float
    seconds: float
    examples_per_second: float


COLUMNS = tuple(column.name for column in fields(Epoch))
CLOCK_COLUMNS = ("seconds", "examples_per_second")
"""The only columns that differ between two runs of the same seed."""


@dataclass(frozen=True)
class History:
    """The epochs of a training: `history["cost"]` is a column, `history[-1]` the last epoch."""

    epochs: tuple[Epoch, ...] = ()

    def __len__(self) -> int:
        return len(self.epochs)

    def __getitem__(self, key: str | int) -> Any:
        if isinstance(key, int):
            return self.epochs[key]
        if key not in COLUMNS:
            raise ArgumentError(
                f"history: expected one of {', '.join(COLUMNS)}, got {key!r}.{nearest(str(key), COLUMNS)}"
            )
        return [getattr(epoch, key) for epoch in self.epochs]

    def with_epoch(self, epoch: Epoch) -> History:
        return History((*self.epochs, epoch))

    def columns(self) -> dict[str, list[Any]]:
        """All columns by name, ready for a data frame."""
        return {name: self[name] for name in COLUMNS}

    def document(self) -> list[dict[str, Any]]:
        """The epochs as JSON."""
        return [asdict(epoch) for epoch in self.epochs]

    def without_clocks(self) -> list[tuple[Any, ...]]:
        """What two runs of the same seed have in common, bit for bit."""
        keep = [name not in CLOCK_COLUMNS for name in COLUMNS]
        return [tuple(v for v, kept in zip(astuple(e), keep, strict=True) if kept) for e in self.epochs]
