"""Nudges: raise one number a little, compute everything after it again, and see how far it moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from clearprop.explaining.explanation import Nudge
from clearprop.explaining.putting_in import Key
from clearprop.explaining.quantities import Quantities

LARGEST, SMALLEST = 3, 12
"""Nudges from 10⁻³ down to 10⁻¹² are tried: the first that shows the slope is taken."""

AGREES = 0.01
"""A nudge shows a slope when it moves as fast to within a hundredth: curves bend."""


def nudge(raised: Key, watched: Sequence[Key], slope: float, move: Callable[[float], Sequence[float]]) -> Nudge | None:
    """The nudge of `raised` that shows how fast the first of `watched` moves, or None where a float cannot show it.

    `move(by)` computes how far each of the watched quantities moves. At a corner, as relu has one at 0, and where a
    number moves by less than its last digit, no nudge shows the slope.
    """
    for power in range(LARGEST, SMALLEST + 1):
        by = 10.0**-power
        moved = move(by)
        rate = moved[0] / by
        if math.isfinite(rate) and abs(rate - slope) <= AGREES * abs(slope):
            return Nudge(raised, by, tuple(zip(watched, moved, strict=True)), slope)
    return None


def cost_nudge(quantities: Quantities, raised: Key, slope: float) -> Nudge | None:
    """How the cost moves when one weight, bias, weighted input or activation is raised."""
    cost = quantities.number(("C", ()))
    name, at = raised
    return nudge(raised, [("C", ())], slope, lambda by: [quantities.cost_with(name, at, by) - cost])


def activation_nudge(quantities: Quantities, layer: int, j: int, k: int, slope: float) -> Nudge | None:
    """How activation j moves, and with softmax the others, when weighted input k of the same layer is raised."""
    before = quantities.row("a", layer)
    others = [j, *(other for other in range(len(before)) if other != j)] if len(before) <= 3 else [j]
    if not quantities.step.activations[layer].couples:
        others = [j]
    keys = [("a", (layer, other)) for other in others]

    def move(by: float) -> list[float]:
        after = quantities.activations_with(layer, k, by)
        return [float(after[other] - before[other]) for other in others]

    return nudge(("z", (layer, k)), keys, slope, move)
