"""What tests of the JAX engine share."""

from __future__ import annotations

import pytest

from clearprop.engines.jax import steps
from equations.random_networks import QUICK


@pytest.fixture(autouse=True)
def _compiled_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks take longer to compile than to train."""
    monkeypatch.setattr(steps, "COMPILING", QUICK)
