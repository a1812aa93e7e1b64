"""Initializations: how widely they scatter, and what `auto` takes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clearprop import Network
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.initializations import AUTO, INITIALIZATIONS, initialization_named
from clearprop.errors import ArgumentError

N_IN, N_OUT = 300, 200
SPREADS = {
    "zeros": 0.0,
    "normal": 1.0,
    "xavier": math.sqrt(2 / 500),
    "he": math.sqrt(2 / 300),
    "lecun": math.sqrt(1 / 300),
}


def drawn(initialization: str, seed: int = 3) -> Network:
    sizes = [N_IN, N_OUT]
    return Network.initialize(sizes, output="sigmoid", initialization=initialization, seed=seed, precision="float64")


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_drawn_weights_scatter_as_the_equation_says(name: str) -> None:
    weight, spread = drawn(name).layers[0].weight, SPREADS[name]
    assert INITIALIZATIONS[name](N_IN, N_OUT) == pytest.approx(spread)
    # of m draws, the mean scatters by σ/√m and the standard deviation by σ/√(2m): five of these
    m = weight.size
    assert abs(weight.mean()) <= 5 * spread / math.sqrt(m)
    assert weight.std() == pytest.approx(spread, abs=5 * spread / math.sqrt(2 * m))


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_biases_start_at_0_except_with_normal(name: str) -> None:
    bias = drawn(name).layers[0].bias
    if name == "normal":
        assert bias.std() == pytest.approx(1, abs=5 / math.sqrt(2 * N_OUT))
    else:
        np.testing.assert_array_equal(bias, np.zeros(N_OUT))


def test_auto_takes_he_for_the_rectifiers_and_xavier_for_the_others() -> None:
    chosen = {name: initialization_named("auto", name).name for name in ACTIVATIONS}
    assert chosen == {
        "identity": "xavier",
        "sigmoid": "xavier",
        "tanh": "xavier",
        "softmax": "xavier",
        "relu": "he",
        "leaky_relu": "he",
        "gelu": "he",
    }
    assert set(AUTO) == set(ACTIVATIONS)


def test_auto_looks_at_each_layer_by_itself() -> None:
    sizes = [100, 400, 300]
    auto = Network.initialize(sizes, hidden="relu", seed=5, precision="float64")
    he = Network.initialize(sizes, hidden="relu", initialization="he", seed=5, precision="float64")
    xavier = Network.initialize(sizes, hidden="relu", initialization="xavier", seed=5, precision="float64")
    np.testing.assert_array_equal(auto.layers[0].weight, he.layers[0].weight)
    np.testing.assert_array_equal(auto.layers[1].weight, xavier.layers[1].weight)


def test_an_unknown_initialization_is_refused() -> None:
    with pytest.raises(ArgumentError) as error:
        Network.initialize([2, 2], initialization="glorot")
    assert str(error.value) == ("initialization: expected one of auto, zeros, normal, xavier, he, lecun, got 'glorot'.")
