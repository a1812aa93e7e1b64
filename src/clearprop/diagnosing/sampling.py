"""From a user's arrays to the setup that experiments are made with: a sample of the rows, some of them held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.arrays import BoolArray, FloatArray, IntArray
from clearprop.data.splitting import TEST_STREAM, split
from clearprop.diagnosing.setup import Examples, Setup
from clearprop.diagnosing.shape import Shape
from clearprop.settings import Settings
from clearprop.targets import Targets

MOST_ROWS, MOST_TEST_ROWS = 5_000, 1_000
"""Rows that experiments use at most."""
JUDGED_FROM, JUDGED_SHARE = 100, 0.2
"""From so many rows on, this share of them is not trained on: the outcome is judged by it."""
WORK = 8e9
"""Weights times examples, over a whole run: about a second's work. A longer run is shortened to it."""


def sampled(
    x: FloatArray,
    targets: Targets,
    test: tuple[FloatArray, Targets] | None,
    shape: Shape,
    settings: Settings,
    *,
    class_weight: Mapping[Any, float] | str | None,
    sample_weight: FloatArray | None,
) -> Setup:
    """The setup of a training on x (n, inputs) and its targets."""
    y = targets.values
    chosen = _spread(len(x), MOST_ROWS)
    before, after = y[np.maximum(chosen - 1, 0)], y[np.minimum(chosen + 1, len(y) - 1)]
    sample = Examples(x[chosen], y[chosen])
    setup = Setup(
        examples=sample,
        classes=targets.classes,
        judged=_judged(sample, targets),
        beside=(before, after),
        test=None if test is None else Examples(test[0], test[1].values).of(_spread(len(test[0]), MOST_TEST_ROWS)),
        sizes=shape.sizes,
        hidden=shape.hidden,
        output=shape.output,
        cost=shape.cost,
        initialization=shape.initialization,
        start=shape.start,
        settings=settings,
        class_weight=class_weight,
        sample_weight=None if sample_weight is None else sample_weight[chosen],
    )
    return _as_long(setup, settings.epochs_for(len(x)) * settings.steps_for(len(x)))


def _spread(rows: int, most: int) -> IntArray:
    """Some of the rows in their order: all of them, or `most`, drawn once."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _judged(sample: Examples, targets: Targets) -> BoolArray | None:
    if len(sample) < JUDGED_FROM:
        return None
    judged = np.zeros(len(sample), np.bool_)
    judged[split(sample.y if targets.classes else None, JUDGED_SHARE, 0, TEST_STREAM, rows=len(sample))[1]] = True
    return judged


def _as_long(setup: Setup, updates: int) -> Setup:
    """The setup with as many updates on its fewer rows, shortened where that would take too long."""
    settings, rows = setup.settings, len(setup.learned)
    weights = sum(n_in * n_out for n_in, n_out in zip(setup.sizes, setup.sizes[1:], strict=False))
    most = max(1, int(WORK / (weights * min(settings.batch_size, rows))))
    epochs = max(1, round(min(updates, most) / settings.steps_for(rows)))
    shortened = replace(setup, shortened=min(1.0, most / updates))
    return shortened.with_settings(epochs=epochs)
