"""Sentences with quantities and figures in them, whatever these are set in."""

from __future__ import annotations

from collections.abc import Callable

from clearprop.explaining.explanation import Nudge
from clearprop.explaining.figures import rounded
from clearprop.explaining.putting_in import Key


def nudge_told(nudge: Nudge, quantity: Callable[[Key], str], figure: Callable[[float], str], digits: int) -> str:
    """What really happened: `raise z₁ by 0.001, and a₁ rises by 0.000196; so a₁ moves 0.196 times as far.`"""
    moves = []
    for key, moved in nudge.moved:
        how = f"{'rises' if moved > 0 else 'falls'} by {figure(rounded(abs(moved), digits))}"
        moves.append(f"{quantity(key)} {how if moved else 'does not move'}")
    told = f"raise {quantity(nudge.raised)} by {figure(nudge.by)}, and {' and '.join(moves)}"
    if not nudge.rate:
        return f"{told}."
    return f"{told}; so {quantity(nudge.moved[0][0])} moves {figure(rounded(nudge.rate, digits))} times as far."
