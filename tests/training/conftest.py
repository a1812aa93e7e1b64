"""What tests of training share."""

from __future__ import annotations

import pytest

from equations.random_networks import QUICK

from .problems import PRECISION_OF


@pytest.fixture(params=PRECISION_OF)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every engine, one after another: what a training promises, it promises on each."""
    if request.param == "jax":
        from clearprop.engines.jax import steps

        monkeypatch.setattr(steps, "COMPILING", QUICK)  # else it compiles for longer than it trains
    return str(request.param)


@pytest.fixture(params=[name for name in PRECISION_OF if name != "jax"])
def plain_engine(request: pytest.FixtureRequest) -> str:
    """Every engine but JAX: where a test is made for each of many options, it would compile each time."""
    return str(request.param)
