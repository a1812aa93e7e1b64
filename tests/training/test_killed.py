"""SIGKILL at any moment costs nothing but time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .killed import killed_run


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a signal of POSIX systems")
@pytest.mark.parametrize("number", range(20))
def test_a_run_that_is_killed_and_resumed_makes_the_same_model_file(tmp_path: Path, number: int) -> None:
    outcome = killed_run(number, tmp_path / "run", most_kills=2)
    assert outcome.kills
    assert outcome.same_bytes
