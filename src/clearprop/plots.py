"""Pictures of a training."""

from __future__ import annotations

from typing import Any

from clearprop.errors import MissingExtraError
from clearprop.training.history import History


def curves(history: History) -> Any:
    """A matplotlib Figure: the cost by epoch, and the accuracy where there is one, on training and validation data."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("plot: expected matplotlib, got none; type: pip install 'clearprop[plot]'") from None

    measured = ["cost", *(["accuracy"] if any(value is not None for value in history["accuracy"]) else [])]
    figure = Figure(figsize=(5 * len(measured), 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(measured), squeeze=False)[0], measured, strict=True):
        axes.plot(history["epoch"], history[name], marker=".", label="training")
        if any(value is not None for value in history[f"validation_{name}"]):
            axes.plot(history["epoch"], history[f"validation_{name}"], marker=".", linestyle="--", label="validation")
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    return figure
