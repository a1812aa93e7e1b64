"""What tests of training share."""

from __future__ import annotations

import pytest

from .problems import PRECISION_OF


@pytest.fixture(params=PRECISION_OF)
def engine(request: pytest.FixtureRequest) -> str:
    """Every engine, one after another: what a training promises, it promises on each."""
    return str(request.param)
