"""Training: the loop of epochs and mini-batches, watched, stopped, interrupted and resumed.

It knows no arithmetic of its own: an engine makes the steps.
"""

from __future__ import annotations

from clearprop.training.examples import Figures
from clearprop.training.history import Epoch, History
from clearprop.training.run import Progress
from clearprop.training.start import Training, train, train_on_stream, train_with

__all__ = ["Epoch", "Figures", "History", "Progress", "Training", "train", "train_on_stream", "train_with"]
