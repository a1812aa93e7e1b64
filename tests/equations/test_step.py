"""A step: what its rules compute, when, and what happens when one of them is replaced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clearprop import Network, gradients
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import output_pair
from clearprop.equations.step import TRUE_RULES, Dropout, Rules, Step, Update
from clearprop.equations.updates import OPTIMIZERS

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 4)), np.eye(3)[[0, 1, 2, 0, 1]]
NETWORK = Network.initialize(
    [4, 6, 5, 3], hidden=["sigmoid", "tanh"], initialization="normal", seed=1, precision="float64"
)


def step_of(rules: Rules = TRUE_RULES, **options: Any) -> Step:
    pair = output_pair(NETWORK.cost, "softmax")
    return Step(rules, X, Y, NETWORK.weights, NETWORK.biases, NETWORK.activations, pair, **options)


SHAPES = {
    "W": [(6, 4), (5, 6), (3, 5)],
    "b": [(6,), (5,), (3,)],
    "z": [(5, 6), (5, 5), (5, 3)],
    "f": [(5, 6), (5, 5), (5, 3)],
    "a": [(5, 6), (5, 5), (5, 3)],
    "da": [(5, 6), (5, 5), (5, 3)],
    "delta": [(5, 6), (5, 5), (5, 3)],
    "dW_each": [(5, 6, 4), (5, 5, 6), (5, 3, 5)],
    "db_each": [(5, 6), (5, 5), (5, 3)],
    "dW": [(6, 4), (5, 6), (3, 5)],
    "db": [(6,), (5,), (3,)],
    "new_W": [(6, 4), (5, 6), (3, 5)],
    "new_b": [(6,), (5,), (3,)],
}


@pytest.mark.parametrize("quantity", SHAPES)
def test_a_quantity_has_the_shape_that_the_table_says(quantity: str) -> None:
    step = step_of(update=Update(learning_rate=0.1))
    assert [step.value(quantity, layer).shape for layer in (1, 2, 3)] == SHAPES[quantity]


def test_the_activations_start_with_x_and_their_slopes_lead_back_to_it() -> None:
    step = step_of()
    assert step.a[0] is X
    assert step.da[0].shape == X.shape
    assert step.cost[3].shape == (5,)
    assert step.keep[1] is None


def test_a_rule_runs_once_for_each_layer_and_only_when_asked_for() -> None:
    calls: list[tuple[str, int]] = []

    def counted(name: str) -> Any:
        def rule(step: Step, layer: int) -> Any:
            calls.append((name, layer))
            return TRUE_RULES.everywhere[name](step, layer)

        return rule

    step = step_of(Rules({name: counted(name) for name in TRUE_RULES.everywhere}))
    assert calls == []
    assert step.z[1] is step.z[1]
    assert calls == [("z", 1)]
    step.forward()
    assert not {name for name, _ in calls} & {"delta", "da", "cost", "dW"}
    step.backward()
    for quantity in ("dW", "db", "new_W", "new_b", "dW", "delta", "da"):
        for layer in (1, 2, 3):
            step.value(quantity, layer)
    assert len(calls) == len(set(calls))


def test_a_quantity_that_no_rule_computes_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="gradient"):
        _ = step_of().gradient
    with pytest.raises(KeyError, match="gradient"):
        TRUE_RULES.replace("gradient", lambda *_: None)


def doubled(step: Step, layer: int) -> Any:
    return 2 * TRUE_RULES.everywhere["db"](step, layer)


def test_a_rule_that_is_replaced_for_one_layer_changes_that_layer_alone() -> None:
    true, changed = step_of(), step_of(TRUE_RULES.replace("db", doubled, layer=2))
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(changed.db[layer], true.db[layer] * (2 if layer == 2 else 1))
        np.testing.assert_array_equal(changed.dW[layer], true.dW[layer])


def test_a_rule_that_is_replaced_everywhere_changes_every_layer() -> None:
    true, changed = step_of(), step_of(TRUE_RULES.replace("db", doubled))
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(changed.db[layer], 2 * true.db[layer])


def test_a_replacement_for_one_layer_stays_when_another_is_made_for_all() -> None:
    tripled = TRUE_RULES.replace("db", lambda step, layer: 3 * TRUE_RULES.everywhere["db"](step, layer), layer=1)
    true, changed = step_of(), step_of(tripled.replace("db", doubled))
    factors = [changed.db[layer][0] / true.db[layer][0] for layer in (1, 2, 3)]
    np.testing.assert_allclose(factors, [3, 2, 2])


def test_replacing_leaves_the_rules_that_it_started_from() -> None:
    before = dict(TRUE_RULES.everywhere)
    TRUE_RULES.replace("db", doubled)
    TRUE_RULES.replace("db", doubled, layer=1)
    assert dict(TRUE_RULES.everywhere) == before
    assert TRUE_RULES.replaced == {}


def test_a_wrong_delta_reaches_the_layers_before_it_and_none_after() -> None:
    def without_slope(step: Step, layer: int) -> Any:
        return step.da[layer]

    true, wrong = step_of(), step_of(TRUE_RULES.replace("delta", without_slope, layer=2))
    np.testing.assert_array_equal(wrong.delta[3], true.delta[3])
    np.testing.assert_array_equal(wrong.delta[2], true.da[2])
    np.testing.assert_allclose(wrong.delta[1], (true.da[2] @ true.W[2]) * ACTIVATIONS["sigmoid"].slope(true.z[1]))


def test_a_rule_may_read_the_weights_after_the_update() -> None:
    """The mistake of updating a layer before passing its error on: δ⁽ˡ⁾ comes from the new W⁽ˡ⁺¹⁾."""

    def da(step: Step, layer: int) -> Any:
        return true_da(step, layer) if layer == step.layers else step.delta[layer + 1] @ step.new_W[layer + 1]

    true_da = TRUE_RULES.everywhere["da"]
    update = Update(learning_rate=0.5)
    true, stale = step_of(update=update), step_of(TRUE_RULES.replace("da", da), update=update)
    new_W = {3: true.W[3] - 0.5 * true.dW[3]}
    delta_2 = (true.delta[3] @ new_W[3]) * (1 - true.a[2] ** 2)
    new_W[2] = true.W[2] - 0.5 * (delta_2.T @ true.a[1]) / 5
    delta_1 = (delta_2 @ new_W[2]) * true.a[1] * (1 - true.a[1])
    np.testing.assert_array_equal(stale.delta[3], true.delta[3])
    np.testing.assert_allclose(stale.delta[2], delta_2, rtol=1e-13)
    np.testing.assert_allclose(stale.new_W[1], true.W[1] - 0.5 * (delta_1.T @ X) / 5, rtol=1e-13)
    assert np.max(np.abs(stale.delta[1] - true.delta[1])) > 1e-3


def test_rules_that_ask_for_each_other_never_end() -> None:
    circular = TRUE_RULES.replace("z", lambda step, layer: step.a[layer])
    with pytest.raises(RecursionError):
        step_of(circular).forward()


def test_a_step_of_plain_descent_moves_by_the_learning_rate_times_the_gradient() -> None:
    found = gradients(NETWORK, X, Y)
    step = step_of(update=Update(learning_rate=0.25))
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(step.new_W[layer], step.W[layer] - 0.25 * found.weights[layer - 1])
        np.testing.assert_array_equal(step.new_b[layer], step.b[layer] - 0.25 * found.biases[layer - 1])


def slots_of(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    both = zip(NETWORK.weights, NETWORK.biases, strict=True)
    return [tuple({slot: np.zeros_like(p) for slot in OPTIMIZERS[name].slots} for p in pair) for pair in both]


def test_adamw_decays_weights_and_no_bias() -> None:
    moved = {}
    for name in ("adam", "adamw"):
        optimizer = OPTIMIZERS[name]
        update = Update(optimizer, dict(optimizer.options) | ({"decay": 0.2} if name == "adamw" else {}), 0.1, t=1)
        moved[name] = step_of(update=update, slots=slots_of(name))
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(moved["adamw"].new_b[layer], moved["adam"].new_b[layer])
        wanted = moved["adam"].new_W[layer] - 0.1 * 0.2 * NETWORK.weights[layer - 1]
        np.testing.assert_allclose(moved["adamw"].new_W[layer], wanted, rtol=1e-12, atol=1e-15)


def test_l2_pulls_on_adamw_through_the_gradient_and_on_no_bias() -> None:
    plain, pulled = step_of(update=Update(learning_rate=0.1)), step_of(update=Update(learning_rate=0.1, l2=0.5))
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(pulled.new_b[layer], plain.new_b[layer])
        wanted = plain.new_W[layer] - 0.1 * 0.5 * NETWORK.weights[layer - 1]
        np.testing.assert_allclose(pulled.new_W[layer], wanted, rtol=1e-12, atol=1e-15)


def test_dropout_switches_hidden_neurons_off_forward_and_backward() -> None:
    step = step_of(dropout=Dropout(0.5, seed=3, step=0))
    for layer in (1, 2):
        off = step.keep[layer] == 0
        assert 0 < off.sum() < off.size
        assert set(step.keep[layer].ravel()) == {0.0, 2.0}
        np.testing.assert_array_equal(step.a[layer], step.f[layer] * step.keep[layer])
        assert np.all(step.delta[layer][off] == 0)
        assert np.all(step.delta[layer][~off] != 0)
    assert step.keep[3] is None
    np.testing.assert_array_equal(step.a[3], step.f[3])


def test_a_part_of_the_batch_drops_what_the_whole_batch_drops() -> None:
    whole = step_of(dropout=Dropout(0.5, seed=3, step=7))
    pair = output_pair(NETWORK.cost, "softmax")
    later = Dropout(0.5, seed=3, step=7, first_row=2)
    part = Step(TRUE_RULES, X[2:], Y[2:], NETWORK.weights, NETWORK.biases, NETWORK.activations, pair, dropout=later)
    for layer in (1, 2):
        np.testing.assert_array_equal(part.keep[layer], whole.keep[layer][2:])
    np.testing.assert_allclose(part.cost[3], whole.cost[3][2:], rtol=1e-13)


def test_the_gradient_under_dropout_is_that_of_the_thinned_network() -> None:
    step = step_of(dropout=Dropout(0.5, seed=3, step=0))
    rng = np.random.default_rng(2)
    direction = [rng.normal(size=W.shape) for W in NETWORK.weights]
    slope = sum(np.sum(step.dW[layer] * direction[layer - 1]) for layer in (1, 2, 3))

    def cost(h: float) -> float:
        weights = [W + h * way for W, way in zip(NETWORK.weights, direction, strict=True)]
        pair = output_pair(NETWORK.cost, "softmax")
        biases, activations = NETWORK.biases, NETWORK.activations
        moved = Step(TRUE_RULES, X, Y, weights, biases, activations, pair, dropout=Dropout(0.5, seed=3, step=0))
        return float(np.mean(moved.cost[3]))

    errors = [abs((cost(h) - cost(-h)) / (2 * h) - slope) for h in (2.0**-8, 2.0**-9)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)


def test_a_dropout_of_0_draws_nothing() -> None:
    step = step_of(dropout=Dropout(0.0, seed=3, step=0))
    assert step.keep[1] is None
    np.testing.assert_array_equal(step.forward(), step_of().forward())
