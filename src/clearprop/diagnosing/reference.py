"""Our own settings on the user's data: what can be reached there, whatever the user has set."""

from __future__ import annotations

from dataclasses import replace

from clearprop.diagnosing.rules.inputs_unscaled import standardized
from clearprop.diagnosing.rules.relu_output import matching_output
from clearprop.diagnosing.setup import Setup
from clearprop.settings import Settings

NEURONS = 64
LEARNING_RATE = 0.003
UPDATES = 3_000
BATCH_SIZE = 32


def reference(setup: Setup) -> Setup:
    """Inputs standardised, one hidden layer of relu, the output and cost that match the targets, Adam."""
    rows = len(setup.learned)
    settings = Settings(
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        epochs=max(1, round(UPDATES / max(1, -(-rows // BATCH_SIZE)))),
        validation=0.0,
        engine=setup.settings.engine,
        precision=setup.settings.precision,
    )
    plain = replace(standardized(setup), settings=settings, class_weight=None, sample_weight=None, rescaled=False)
    wide = plain.redrawn().with_layers((NEURONS,), "relu")
    if setup.classes is None:
        y = wide.examples.y
        spread = y.std(axis=0)
        wide = wide.with_targets((y - y.mean(axis=0)) / (spread + (spread == 0)))
    return matching_output(setup).apply(wide)
