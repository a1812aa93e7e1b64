"""Every engine, by its name: what it is called, what it computes in, what it refuses."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from clearprop import Network
from clearprop.engines import ENGINES, engine_named, precision_for
from clearprop.engines.protocol import fresh_state
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.updates import OPTIMIZERS, Optimizer
from clearprop.errors import MissingExtraError
from clearprop.network import PRECISIONS
from clearprop.settings import TRAINED_IN
from data.helpers import refusal


def test_an_unknown_engine_is_refused() -> None:
    assert refusal(engine_named, "quantum") == "engine: expected one of auto, cpu, jax, reference, got 'quantum'."
    assert (
        refusal(engine_named, "referense")
        == "engine: expected one of auto, cpu, jax, reference, got 'referense'. Did you mean 'reference'?"
    )


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_is_new_each_time_and_names_itself(name: str) -> None:
    engine = engine_named(name)
    assert engine is not engine_named(name)
    assert engine.name in ENGINES
    assert set(engine.precisions) <= set(TRAINED_IN)


def test_without_jax_its_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("clearprop.engines.jax")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingExtraError) as caught:
        engine_named("jax")
    told = str(caught.value)
    assert told.startswith("engine 'jax': it needs JAX, which cannot be loaded here (")
    assert told.endswith("). Type: pip install 'clearprop[jax]'")


def test_an_engine_computes_in_its_own_precision_unless_another_is_wanted() -> None:
    engine = ReferenceEngine()
    assert precision_for(engine, None) == "float64"
    assert precision_for(engine, "float64") == "float64"
    assert (
        refusal(precision_for, engine, "float32")
        == "precision: expected float64 for engine 'reference', got 'float32'."
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda optimizer: optimizer.name)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_training_begins_with_the_network_s_numbers_and_slots_of_zeros(optimizer: Optimizer, precision: str) -> None:
    network = Network.initialize([3, 4, 2], initialization="normal", seed=5)
    state = fresh_state(network, optimizer, precision)
    assert state.step == 0
    for given, taken in zip([*network.weights, *network.biases], [*state.weights, *state.biases], strict=True):
        assert taken.dtype == precision
        np.testing.assert_array_equal(taken, given)
    parts = [pair for layer in zip(state.weights, state.biases, strict=True) for pair in layer]
    for parameter, slots in zip(parts, [slots for layer in state.slots for slots in layer], strict=True):
        assert set(slots) == set(optimizer.slots)
        for slot in slots.values():
            assert (slot.dtype, slot.shape) == (np.dtype(precision), parameter.shape)
            assert not slot.any()
