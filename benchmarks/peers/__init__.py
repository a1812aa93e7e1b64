"""The programs that clearprop is measured against, each at its best, and clearprop itself: one file a peer.

A file that can train has a class `Trainer`, a file that can label a class `Labeller` (both in `protocol.py`), and
`training_variants` or `labelling_variants`: the ways to write the same work that are worth trying, by name.
"""

from __future__ import annotations

import importlib
from types import ModuleType

OURS = "clearprop"
MODULES = {
    OURS: "ours",
    "jax": "with_jax",
    "torch": "with_torch",
    "numpy": "with_numpy",
    "scikit-learn": "with_sklearn",
    "keras": "with_keras",
    "onnxruntime": "with_onnx",
}


def peer_named(name: str) -> ModuleType:
    """The module of a peer. ImportError where it is not installed."""
    return importlib.import_module(f"peers.{MODULES[name]}")
