"""Inputs that are missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule
from clearprop.diagnosing.setup import Setup


def _evidence(facts: Facts) -> Evidence | None:
    if not facts.data.missing:
        return None
    return Evidence("{missing:,} of the inputs are NaN or infinite.", {"missing": facts.data.missing})


def filled(x: FloatArray, like: FloatArray) -> FloatArray:
    """x with the mean of the column, over the finite numbers of `like`, where a number is not finite."""
    finite = np.isfinite(like)
    sums = np.where(finite, like, 0.0).sum(axis=0)
    return np.where(np.isfinite(x), x, sums / np.maximum(finite.sum(axis=0), 1))


def _fill(setup: Setup) -> Setup:
    x = setup.examples.x
    test = None if setup.test is None else replace(setup.test, x=filled(setup.test.x, x))
    return replace(setup.with_inputs(filled(x, x)), test=test)


MISSING_VALUES = Rule(
    id="missing-values",
    title="Inputs are missing",
    why="One NaN among the inputs makes every weighted input NaN that it leads to, then the cost, then every gradient, "
    "and after one update every weight: nothing is left that could learn.",
    advice="Put a number in its place, such as the mean of the column, or leave the row out.",
    evidence=_evidence,
    changes=lambda _: [
        Change(
            "missing inputs replaced by the mean of their column",
            "x = np.where(np.isfinite(x), x, np.nanmean(x, axis=0))",
            _fill,
        )
    ],
    essential=True,
)
