"""One example, every equation, its numbers: `explain` walks it, an `Explanation` is what comes out."""

from __future__ import annotations

from clearprop.explaining.explanation import Explanation, Group, Note, Nudge, Section, Step
from clearprop.explaining.walk import explain

__all__ = ["Explanation", "Group", "Note", "Nudge", "Section", "Step", "explain"]
