"""A learner's own code against the truth: `check` names the mistake, proves it, and points at the line."""

from __future__ import annotations

from clearprop.checking.checker import check, check_function_in
from clearprop.checking.numbers import check_file, check_numbers
from clearprop.checking.report import CheckReport, Mistake

__all__ = ["CheckReport", "Mistake", "check", "check_file", "check_function_in", "check_numbers"]
