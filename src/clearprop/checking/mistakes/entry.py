"""What the catalogue holds of a mistake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Worked:
    """Numbers for a mistake that is no wrong formula: `given` is run, then the entry's code, as often as there are
    `calls`; after each, `shows` is looked at."""

    given: str
    shows: str
    calls: int = 1


@dataclass(frozen=True)
class Entry:
    """A mistake: what went wrong, why that matters, what to write instead, and how both look as code."""

    id: str
    title: str
    sentence: str
    fix: str
    wrong: str
    right: str
    unseen: str = ""
    """Why numbers that come out of a function cannot show it; empty where they can."""
    worked: Worked | None = None
    """The code with numbers, where no replaced rule has them."""
    trained: str = ""
    """Why a training goes the same way under it; empty where it may not."""
