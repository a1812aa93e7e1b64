"""The catalogue: every mistake that has a name, told to someone with little calculus."""

from __future__ import annotations

from clearprop.checking.mistakes.entries import (
    errors_down,
    forward_and_cost,
    parameters,
    scales_and_tools,
    slopes,
    softmax,
    updates,
)
from clearprop.checking.mistakes.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *slopes.ENTRIES,
    *softmax.ENTRIES,
    *errors_down.ENTRIES,
    *parameters.ENTRIES,
    *scales_and_tools.ENTRIES,
    *forward_and_cost.ENTRIES,
    *updates.ENTRIES,
)

CATALOGUE = {entry.id: entry for entry in ENTRIES}
"""Every entry by its id."""

SAME_NUMBERS: dict[str, tuple[str, ...]] = {
    "act-deriv-double": ("inplace-overwrites-z",),
    "db-not-reduced": ("bias-per-sample",),
    "bias-not-updated": ("update-wrong-variable",),
    "accumulator-not-reset": ("stale-state",),
    "shape-broadcast": ("label-shape-broadcast",),
    "batch-scale": ("cost-scale-mismatch",),
    "softmax-ce-delta-with-mse": ("act-deriv-missing-output",),
}
"""Mistakes that leave the same numbers, so that only the code can tell which it is."""
