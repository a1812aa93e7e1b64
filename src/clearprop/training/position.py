"""Where a run stands, and how that goes into a checkpoint and out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.engines.protocol import Span, State
from clearprop.errors import ArgumentError, ModelError
from clearprop.model import parameters_by_name
from clearprop.network import Network
from clearprop.settings import Settings
from clearprop.training.history import Epoch, History


@dataclass(frozen=True)
class Position:
    """Where a run stands between two spans, apart from the engine's state; all of it goes into a checkpoint."""

    epoch: int = 0
    """Epochs completed."""
    step: int = 0
    """Steps made in the epoch that is under way."""
    cost: float = 0.0
    right: int = 0
    gradient_norm: float = 0.0
    seconds: float = 0.0
    """What that epoch has seen so far."""
    history: History = field(default_factory=History)
    best_cost: float | None = None
    waited: int = 0
    stopped: str = ""

    def after(self, span: Span, steps: int, seconds: float) -> Position:
        return replace(
            self,
            step=self.step + steps,
            cost=self.cost + span.cost,
            right=self.right + span.right,
            gradient_norm=span.gradient_norm,
            seconds=self.seconds + seconds,
        )

    def after_epoch(self, row: Epoch) -> Position:
        return Position(
            self.epoch + 1, history=self.history.with_epoch(row), best_cost=self.best_cost, waited=self.waited
        )

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "history": self.history.document()}

    @staticmethod
    def of(document: dict[str, Any]) -> Position:
        return Position(**{**document, "history": History(tuple(Epoch(**row) for row in document["history"]))})


Parameters = tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]


@dataclass(frozen=True, eq=False)
class Standing:
    """All of a run that changes, replaced as one, so that an interrupt finds it whole."""

    state: State
    position: Position
    best: Parameters | None = None
    """With patience, the parameters of the epoch with the lowest validation cost."""


PARTS = ("weight", "bias")


def pack(standing: Standing) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """Where a run stands, as the arrays and the document of a checkpoint."""
    state = standing.state
    arrays = parameters_by_name(state.weights, state.biases)
    for number, layer in enumerate(state.slots):
        for part, slots in zip(PARTS, layer, strict=True):
            arrays |= {f"layers.{number}.{part}.{slot}": array for slot, array in slots.items()}
    if standing.best:
        arrays |= {f"best.{name}": array for name, array in parameters_by_name(*standing.best).items()}
    return arrays, {"position": standing.position.document(), "step": state.step, "workers": state.workers}


def unpack(folder: Path, arrays: Mapping[str, FloatArray], document: Mapping[str, Any], like: State) -> Standing:
    """What `pack` packed, for a run whose state is like this one. ModelError if a part is missing."""
    count = len(like.weights)
    try:
        weights, biases = _parameters(arrays, "", count)
        slots = []
        for number, layer in enumerate(like.slots):
            weight, bias = (
                {slot: arrays[f"layers.{number}.{part}.{slot}"] for slot in names}
                for part, names in zip(PARTS, layer, strict=True)
            )
            slots.append((weight, bias))
        best = _parameters(arrays, "best.", count) if "best.layers.0.weight" in arrays else None
        state = State(weights, biases, tuple(slots), document["step"], document["workers"])
        return Standing(state, Position.of(document["position"]), best)
    except (KeyError, TypeError):
        raise ModelError(f"{folder}: the checkpoint lacks a part of the run. Choose another folder.") from None


def _parameters(arrays: Mapping[str, FloatArray], prefix: str, count: int) -> Parameters:
    weights, biases = (tuple(arrays[f"{prefix}layers.{n}.{part}"] for n in range(count)) for part in PARTS)
    return weights, biases


def fingerprint(start: Network, settings: Settings, precision: str) -> dict[str, Any]:
    """What must be the same when a run is resumed, besides the examples. Who computes may change."""
    record = settings.document()
    del record["engine"]
    return {
        **record,
        "precision": precision,
        "layers": list(start.sizes),
        "activations": [layer.activation for layer in start.layers],
        "cost": start.cost,
        "starting weights": hashed(*start.weights, *start.biases),
    }


def hashed(*arrays: Any) -> str:
    """A hash of arrays, of which some may be missing."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            digest.update(b"none")
            continue
        digest.update(repr((array.shape, str(array.dtype))).encode())
        digest.update(np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()


def require_same_run(folder: Path, theirs: Any, ours: dict[str, Any]) -> None:
    """ArgumentError, naming the first difference, unless the checkpoint's fingerprint is ours."""
    if other := difference(theirs if isinstance(theirs, dict) else {}, ours):
        raise ArgumentError(
            f"{folder}: expected the settings and data that the run was started with, got {other}. "
            f"Give the same ones, or choose another folder."
        )


def difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """The first thing in which our fingerprint is another one than theirs; empty if there is none."""
    for name, value in ours.items():
        was = theirs.get(name)
        if was != value:
            hashed = any(isinstance(one, str) and len(one) == 64 for one in (value, was))
            return f"other {name}" if hashed else f"{name} {value} instead of {was}"
    return ""
