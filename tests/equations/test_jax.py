"""The same lines on JAX: NumPy's numbers, also compiled; and for dropout NumPy's bits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from clearprop import Network
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.costs import COSTS
from clearprop.equations.outputs import PAIRS
from clearprop.equations.regularization import dropout_draw, dropout_keep
from clearprop.equations.step import TRUE_RULES, Dropout, Step, Update
from clearprop.equations.updates import OPTIMIZERS

from .random_networks import QUICK
from .test_golden import GOLDEN

STEPS = [0, 1, 2**31 - 1, 2**31, 2**32 - 1]
SEEDS = [0, 7, 2**32 - 1, 2**32, 2**64 - 1]


@pytest.fixture(params=[True, False], ids=["float64", "float32"])
def precision(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Both of JAX's modes: with 64 bits, and the usual one with 32."""
    with jax.enable_x64(request.param):
        yield np.float64 if request.param else np.float32


def compiled(function: Any) -> Any:
    return jax.jit(function, compiler_options=QUICK)


def near(precision: Any) -> dict[str, float]:
    return {"rtol": 1e-12, "atol": 1e-14} if precision == np.float64 else {"rtol": 2e-5, "atol": 2e-6}


def test_every_activation_compiled_gives_numpys_numbers(precision: Any) -> None:
    rng = np.random.default_rng(0)
    z, g = (rng.normal(0, 3, (4, 5)).astype(precision) for _ in range(2))

    def everything(z: Any, g: Any) -> dict[str, Any]:
        return {name: (f(z), f.slope(z), f.jacobian(z), f.pullback(g, z)) for name, f in ACTIVATIONS.items()}

    theirs = compiled(everything)(z, g)
    for name, ours in everything(z, g).items():
        for mine, other in zip(ours, theirs[name], strict=True):
            assert other.dtype == precision
            np.testing.assert_allclose(other, mine, **near(precision), err_msg=name)


def test_every_pair_compiled_gives_numpys_numbers(precision: Any) -> None:
    rng = np.random.default_rng(1)
    z, y = rng.normal(0, 3, (4, 5)).astype(precision), np.eye(5, dtype=precision)[[0, 3, 1, 4]]

    def everything(z: Any, y: Any) -> dict[str, Any]:
        pairs = {"-".join(names): (pair.cost(z, y), pair.delta(z, y)) for names, pair in PAIRS.items()}
        shares = {name: (cost(y, y), cost.slope(y, y)) for name, cost in COSTS.items()}  # answers of exactly 0 and 1
        return {**pairs, **shares}

    theirs = compiled(everything)(z, y)
    for name, ours in everything(z, y).items():
        for mine, other in zip(ours, theirs[name], strict=True):
            assert other.dtype == precision
            np.testing.assert_allclose(other, mine, **near(precision), err_msg=name)


def test_hard_points_stay_finite_compiled() -> None:
    cases = {" ".join(names): pair for names, pair in PAIRS.items() if "cross" in names[0]}
    with jax.enable_x64(True):
        for group, pair in cases.items():
            for units in (2, 3, 4):
                rows = [case for case in GOLDEN[group] if len(case["z"]) == units]
                z, y = (np.array([case[key] for case in rows]) for key in ("z", "y"))
                cost, delta = compiled(lambda z, y, pair=pair: (pair.cost(z, y), pair.delta(z, y)))(z, y)
                np.testing.assert_allclose(cost, pair.cost(z, y), rtol=1e-12, atol=1e-15)
                np.testing.assert_allclose(delta, pair.delta(z, y), rtol=1e-12, atol=1e-15)


def network_step(rules: Any, W: Any, b: Any, x: Any, y: Any, slots: Any, t: Any, options: dict[str, Any]) -> Step:
    update = Update(OPTIMIZERS["adam"], dict(OPTIMIZERS["adam"].options), 0.01, t, l2=0.001)
    dropout = Dropout(0.4, seed=2**40 + 3, step=t - 1)
    return Step(rules, x, y, W, b, options["f"], options["pair"], dropout=dropout, update=update, slots=slots)


def test_three_whole_steps_compiled_give_numpys_numbers(precision: Any) -> None:
    hidden = ["relu", "tanh", "gelu"]
    network = Network.initialize([6, 8, 7, 5, 3], hidden=hidden, seed=2, precision=np.dtype(precision).name)
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(9, 6)).astype(precision), np.eye(3, dtype=precision)[rng.integers(3, size=9)]
    chosen = {"f": network.activations, "pair": network.output_pair}

    def move(W: Any, b: Any, slots: Any, t: Any, x: Any, y: Any) -> Any:
        step = network_step(TRUE_RULES, W, b, x, y, slots, t, chosen)
        numbers = range(1, step.layers + 1)
        moves = [(step.move_W[layer], step.move_b[layer]) for layer in numbers]
        new_W, new_b = [w[0] for w, _ in moves], [b[0] for _, b in moves]
        new_slots = [(w[1], b[1]) for w, b in moves]
        return new_W, new_b, new_slots, step.cost[step.layers], [step.keep[layer] for layer in (1, 2, 3)]

    names = OPTIMIZERS["adam"].slots
    slots = [
        ({n: np.zeros_like(W) for n in names}, {n: np.zeros_like(b) for n in names})
        for W, b in zip(network.weights, network.biases, strict=True)
    ]
    theirs = ours = (network.weights, network.biases, slots)
    quick = compiled(move)
    for t in (1, 2, 3):
        *ours, cost, keep = move(*ours, t, x, y)
        *theirs, their_cost, their_keep = quick(*theirs, t, x, y)
        for mine, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
            assert mine.dtype == other.dtype == precision
            # adam divides by √s, so a gradient that is rounding alone still moves by a share of the rate, 0.01
            np.testing.assert_allclose(other, mine, **near(precision))
        np.testing.assert_allclose(their_cost, cost, **near(precision))
        for mine, other in zip(keep, their_keep, strict=True):
            np.testing.assert_array_equal(other, mine)


@pytest.mark.parametrize("seed", SEEDS)
def test_dropout_draws_the_same_bits_traced_and_untraced(seed: int, precision: Any) -> None:
    quick = compiled(lambda like, step, layer: dropout_draw(like, seed, step, layer, 10))
    like = np.empty((6, 5), precision)
    for step in STEPS:
        wanted = dropout_draw(like, seed, step, 2, 10)
        assert wanted.dtype == np.uint32
        np.testing.assert_array_equal(dropout_draw(jnp.asarray(like), seed, step, 2, 10), wanted)
        np.testing.assert_array_equal(quick(like, np.uint32(step), 2), wanted)
        keep = dropout_keep(wanted, 0.3)
        np.testing.assert_array_equal(np.asarray(dropout_keep(jnp.asarray(wanted), 0.3)) > 0, keep > 0)


def test_a_batch_split_over_devices_draws_what_the_whole_batch_draws() -> None:
    whole = dropout_draw(np.empty((8, 3)), 5, 1, 1)
    part = compiled(lambda like, first_row: dropout_draw(like, 5, 1, 1, first_row))
    halves = [part(np.empty((4, 3), np.float32), first_row) for first_row in (0, 4)]
    np.testing.assert_array_equal(jnp.concatenate(halves), whole)
