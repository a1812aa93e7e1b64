"""clearprop: fully connected neural networks that you can see through.

import clearprop as cp

network = cp.Network.initialize([784, 16, 16, 10], hidden="sigmoid", output="softmax", cost="cross_entropy")
training = cp.train(network, x, y, optimizer="sgd", learning_rate=0.5, epochs=20)
cp.save(training.model, "digits.safetensors")
label = cp.labeller(cp.load("digits.safetensors"))
cp.explain(training.network, x[0], y[0])
cp.check(backprop, layers=[2, 3, 2], activations=["sigmoid", "softmax"], cost="cross_entropy")
cp.diagnose(training)
"""

from __future__ import annotations

from clearprop.checking import CheckReport, check, check_numbers
from clearprop.diagnosing import Diagnosis, diagnose
from clearprop.errors import ArgumentError, ClearpropError, DataError, MissingExtraError, ModelError
from clearprop.explaining import Explanation, explain
from clearprop.interop import ArrowLabeler
from clearprop.labelling import labeller
from clearprop.model import Model, load, save
from clearprop.network import Gradients, Layer, Network, gradients
from clearprop.training import Training, train
from clearprop.version import __version__

__all__ = [
    "ArgumentError",
    "ArrowLabeler",
    "CheckReport",
    "ClearpropError",
    "DataError",
    "Diagnosis",
    "Explanation",
    "Gradients",
    "Layer",
    "MissingExtraError",
    "Model",
    "ModelError",
    "Network",
    "Training",
    "__version__",
    "check",
    "check_numbers",
    "diagnose",
    "explain",
    "gradients",
    "labeller",
    "load",
    "save",
    "train",
]
