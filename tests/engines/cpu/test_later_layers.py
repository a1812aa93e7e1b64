"""How one example passes a layer."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.engines.cpu.later_layers import pass_back, weigh_inputs
from clearprop.network import PRECISIONS

UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("width", [1, 3, 4, 7, 8, 9, 10, 15, 16, 17, 33])
@pytest.mark.parametrize("inputs", [1, 6, 8])
def test_an_example_passes_a_layer_forward_and_back(inputs: int, width: int, precision: str) -> None:
    rng, number = np.random.default_rng([inputs, width]), np.dtype(precision).type
    a, delta, move = (rng.standard_normal(size).astype(number) for size in (inputs, width, width))
    around = rng.standard_normal((inputs + 2, width)).astype(number)
    W, before, z, g = (
        around[1:-1],
        around.astype(float),
        np.full(width, np.nan, number),
        np.full(inputs, np.nan, number),
    )
    weigh_inputs(a, W, z)
    pass_back(a, W, delta, move, number(0.75), g)
    exact, bound = before[1:-1], 4 * UNIT[precision]
    assert (np.abs(z - a @ exact) <= inputs * bound * (np.abs(a) @ np.abs(exact))).all()
    assert (np.abs(g - exact @ delta) <= width * bound * (np.abs(exact) @ np.abs(delta))).all()
    moved = 0.75 * exact + np.outer(a, move)
    assert (np.abs(W - moved) <= bound * (np.abs(exact) + np.abs(np.outer(a, move)))).all()
    np.testing.assert_array_equal(around[[0, -1]], before[[0, -1]])
