"""Numbers too small to have all their digits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.cpu.subnormal import HERE, as_zero

from ..problems import problem, trained

SMALLEST = np.finfo(np.float32).smallest_normal


def halved() -> Any:
    return np.full(9, SMALLEST, np.float32) / np.float32(2)


@pytest.mark.skipif(not HERE, reason="only such processors are told")
def test_they_are_0_there_and_nowhere_else() -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        assert (elsewhere.submit(halved).result() > 0).all()  # from now on there is a thread
        with as_zero():
            here, there = halved(), elsewhere.submit(halved).result()
    assert (here == 0).all()
    assert (there > 0).all()
    assert (halved() > 0).all()
    with pytest.raises(KeyError), as_zero():
        raise KeyError
    assert (halved() > 0).all()


@pytest.mark.skipif(not HERE, reason="only such processors are told")
@pytest.mark.parametrize("workers", [1, 2])
def test_what_an_optimizer_remembers_ends_at_0(workers: int) -> None:
    """The mean of the slopes of a weight whose input stays 0 shrinks by a tenth in each of 1,000 steps."""
    training = problem([6, 5, 3], optimizer="adam", batch_size=4)
    x = training.data.x.copy()
    x[:, 0] = 0
    x[0, 0] = 1
    order = np.concatenate([np.arange(4), np.full(4_000, 7)])
    engine = CpuEngine(workers)
    trained(engine, replace(training, data=replace(training.data, x=x), order=order), "float32", 1_001)
    first = next(iter(engine.state().slots[0][0].values()))
    assert (first[:, 0] == 0).all()
    assert (first[:, 1:] != 0).any()
    assert (halved() > 0).all()
