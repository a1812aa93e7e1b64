"""A learner's own code against the truth: `check` names the mistake, proves it, and points at the line."""

from __future__ import annotations

from clearprop.checking.checker import check
from clearprop.checking.report import CheckReport, Mistake

__all__ = ["CheckReport", "Mistake", "check"]
