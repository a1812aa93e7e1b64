"""One factor on all gradients: conventions, and factors that are none."""

from __future__ import annotations

from functools import partial

from clearprop.checking.mistakes.replacement import Replacement, replacement
from clearprop.checking.trial import RULES
from clearprop.equations.step import Step

LEFT = "factor = "


def _examples(step: Step, layer: int) -> bool:
    return len(step.x) > 1


def _steps(step: Step, layer: int) -> bool:
    return bool(step.update.learning_rate != 0)


def _outputs(step: Step, layer: int) -> bool:
    return bool(step.y.shape[1] > 1)


SUM = replacement("sum", "factor", f"{LEFT}n", lambda s, l: len(s.x), _examples)
"""A sum over the examples in the place of their mean: a convention."""

FACTORS: tuple[Replacement, ...] = (
    replacement("batch-scale", "factor", f"{LEFT}1 / n", lambda s, l: 1 / len(s.x), _examples),
    replacement("batch-scale", "factor", f"{LEFT}n ** 2", lambda s, l: len(s.x) ** 2, _examples),
    *(
        replacement("batch-scale", "factor", f"{LEFT}{text}", partial(lambda c, s, l: c, c))
        for text, c in (("2", 2.0), ("1 / 2", 0.5))
    ),
    *(
        replacement("batch-scale", "factor", f"{LEFT}{text} * n", partial(lambda c, s, l: c * len(s.x), c), _examples)
        for text, c in (("2", 2.0), ("1 / 2", 0.5))
    ),
    replacement("batch-scale", "factor", f"{LEFT}1 / K", lambda s, l: 1 / s.y.shape[1], _outputs),
    replacement("batch-scale", "factor", f"{LEFT}2 / K", lambda s, l: 2 / s.y.shape[1], _outputs),
    replacement("batch-scale", "factor", f"{LEFT}K", lambda s, l: s.y.shape[1], _outputs),
    replacement("sign-ascent", "factor", f"{LEFT}-1", lambda s, l: -1.0),
    replacement("sign-ascent", "factor", f"{LEFT}-n", lambda s, l: -len(s.x), _examples),
    replacement("lr-undefined", "factor", f"{LEFT}1 / eta", lambda s, l: 1 / s.update.learning_rate, _steps),
    replacement("lr-undefined", "factor", f"{LEFT}eta", lambda s, l: s.update.learning_rate, _steps),
)
"""Factors that no convention asks for."""

BETWEEN_LAYERS: tuple[Replacement, ...] = (
    replacement(
        "batch-scale",
        "delta",
        "delta[l, j] = d(C, a[l, j]) * d(a[l, j], z[l, j]) / n",
        lambda s, l: RULES.everywhere["delta"](s, l) / len(s.x),
        lambda s, l: l < s.layers and len(s.x) > 1,
    ),
)
"""A factor that comes anew in every layer that the error passes."""
