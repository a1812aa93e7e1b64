"""Who runs the equations. `engine_named` is the one place that knows all engines."""

from __future__ import annotations

from collections.abc import Callable

from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError

ENGINES: dict[str, Callable[[], Engine]] = {"auto": ReferenceEngine, "reference": ReferenceEngine}


def engine_named(name: str) -> Engine:
    """A new engine of that name; `auto` is the fastest that can run here."""
    return lookup(ENGINES, name, "engine")()


def precision_for(engine: Engine, wanted: str | None) -> str:
    """The precision that an engine trains in: the wanted one, else its own choice."""
    if wanted is None:
        return engine.precisions[0]
    if wanted not in engine.precisions:
        raise ArgumentError(
            f"precision: expected {' or '.join(engine.precisions)} for engine {engine.name!r}, got {wanted!r}."
        )
    return wanted
