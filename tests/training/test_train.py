"""`train`: what it promises, whatever engine computes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from clearprop import Model, Network, gradients, load, save, train
from clearprop.engines import engine_named
from clearprop.equations.schedules import SCHEDULES, schedule_named
from clearprop.equations.updates import OPTIMIZERS
from clearprop.network import PRECISIONS
from clearprop.training import Figures, Progress
from clearprop.training.run import steps_per_span
from data.helpers import refusal

from .problems import (
    EXAMPLES,
    PRECISION_OF,
    STEPS,
    bits,
    examples,
    largest_cost_error,
    network_of,
    same,
    short_spans,
    trained,
)

# one update over all examples: what it does can be computed from the gradient, which is in float64
ONE_STEP: dict[str, Any] = {
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "schedule": "constant",
    "epochs": 1,
    "batch_size": EXAMPLES,
    "validation": 0,
    "precision": "float64",
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_same_seed_makes_the_same_bits(optimizer: str, plain_engine: str) -> None:
    changes = {"engine": plain_engine, "optimizer": optimizer, "dropout": 0.2, "patience": 2, "seed": 5}
    assert same(trained(**changes), trained(**changes))


@pytest.mark.parametrize("changes", [{}, {"validation": 0}, {"dropout": 0.3, "shuffle": False, "validation": 0}])
def test_another_seed_makes_other_bits(changes: dict[str, Any], engine: str) -> None:
    assert bits(trained(engine=engine, seed=1, **changes).network) != bits(
        trained(engine=engine, seed=2, **changes).network
    )


def test_spans_change_nothing_but_when_callbacks_are_called(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    whole = trained(engine=engine, dropout=0.2)
    short_spans(monkeypatch)
    parts = trained(engine=engine, dropout=0.2)
    assert bits(whole.network) == bits(parts.network)
    # the costs of an epoch's steps are added up in another order
    np.testing.assert_allclose(whole.history["cost"], parts.history["cost"], rtol=1e-14)


def test_a_span_is_a_number_of_steps_from_the_sizes_alone() -> None:
    assert steps_per_span(Network.initialize([784, 16, 16, 10]), 32, 2e9, 1e6) == 572
    assert steps_per_span(Network.initialize([784, 1024, 10]), 4096, 2e9, 1e6) == 1


def test_nothing_that_is_given_is_changed(engine: str) -> None:
    network, (x, y) = network_of(), examples()
    weight = np.linspace(0, 2, EXAMPLES)
    given = [x, y, weight, *network.weights, *network.biases]
    before = [array.copy() for array in given]
    options = {"beta_1": 0.8}
    training = train(
        network, x, y, engine=engine, epochs=2, sample_weight=weight, dropout=0.1, optimizer_options=options
    )
    for now, then in zip(given, before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert options == {"beta_1": 0.8}
    assert training.start is network
    assert training.network is not network
    assert bits(training.network) != bits(network)


def test_the_network_learns(engine: str) -> None:
    training = trained(engine=engine, epochs=30)
    costs = training.history["cost"]
    assert costs[-1] < costs[0] / 2
    assert training.history["accuracy"][-1] > 0.8
    assert (training.stopped, training.message) == ("finished", "finished after 30 epochs.")
    assert repr(training) == f"Training of {network_of()!r}: finished after 30 epochs."


def test_one_full_step_of_sgd_moves_the_weights_by_eta_times_the_gradient(engine: str) -> None:
    network, (x, y) = network_of(), examples()
    found = gradients(network, x, y)
    after = train(network, x, y, **ONE_STEP, engine=engine).network
    for W, g, moved in zip(network.weights, found.weights, after.weights, strict=True):
        np.testing.assert_allclose(moved, W - 0.5 * g, rtol=1e-12, atol=1e-15)
    for b, g, moved in zip(network.biases, found.biases, after.biases, strict=True):
        np.testing.assert_allclose(moved, b - 0.5 * g, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("how", ["class_weight", "names", "balanced", "sample_weight", "both"])
def test_weights_of_examples_weigh_their_costs(how: str, engine: str) -> None:
    """C = (1/n) Σ w C₀, and the gradient likewise."""
    network, (x, _) = network_of(), examples()
    y = np.array([0] * 30 + [1] * 20 + [2] * 10)
    of_class, of_sample = np.array([2.0, 1.0, 0.5]), np.linspace(0, 3, EXAMPLES)
    names = np.array(["low", "mid", "top"])
    arguments: dict[str, tuple[Any, dict[str, Any], Any]] = {
        "class_weight": (y, {"class_weight": {0: 2, 2: 0.5}}, of_class[y]),
        "names": (names[y], {"class_weight": {"low": 2, "top": 0.5}}, of_class[y]),
        "balanced": (y, {"class_weight": "balanced"}, np.array([60 / 90, 60 / 60, 60 / 30])[y]),
        "sample_weight": (y, {"sample_weight": of_sample}, of_sample),
        "both": (y, {"class_weight": {0: 2, 2: 0.5}, "sample_weight": of_sample.tolist()}, of_class[y] * of_sample),
    }
    targets, given, w = arguments[how]
    training = train(network, x, targets, **ONE_STEP, engine=engine, **given)
    found = gradients(network, x, y, per_example=True)
    for W, g, moved in zip(network.weights, found.weights, training.network.weights, strict=True):
        np.testing.assert_allclose(moved, W - 0.5 * (w[:, None, None] * g).mean(axis=0), rtol=1e-12, atol=1e-15)
    costs = [network.cost_of(x[i : i + 1], y[i : i + 1]) for i in range(EXAMPLES)]
    np.testing.assert_allclose(training.history["cost"], [np.mean(w * costs)], rtol=1e-12)


def test_l2_pulls_on_the_weights_and_stays_out_of_the_history(engine: str) -> None:
    network, (x, y) = network_of(), examples()
    with_l2, without = (
        train(network, x, y, **ONE_STEP, engine=engine, l2=0.1),
        train(network, x, y, **ONE_STEP, engine=engine),
    )
    for W, pulled, free in zip(network.weights, with_l2.network.weights, without.network.weights, strict=True):
        np.testing.assert_allclose(pulled, free - 0.5 * 0.1 * W, rtol=1e-12, atol=1e-15)
    for pulled, free in zip(with_l2.network.biases, without.network.biases, strict=True):
        np.testing.assert_array_equal(pulled, free)
    assert with_l2.history["cost"] == without.history["cost"]


def test_the_history_says_what_each_epoch_was(engine: str) -> None:
    network, (x, y) = network_of(), examples()
    changes = {"engine": engine, "epochs": 3, "schedule": "cosine", "validation": (x[:7], y[:7])}
    training = train(network, x, y, **{**ONE_STEP, **changes})
    first = training.history[0]
    assert first.cost == pytest.approx(network.cost_of(x, y), rel=1e-14)
    assert first.accuracy == np.mean(network.predict(x) == y)
    found = gradients(network, x, y)
    norm = math.sqrt(sum(float((g**2).sum()) for g in (*found.weights, *found.biases)))
    assert first.gradient_norm == pytest.approx(norm, rel=1e-12)
    last = training.history[-1]
    assert last.validation_cost == pytest.approx(training.network.cost_of(x[:7], y[:7]), rel=1e-14)
    assert last.validation_accuracy == np.mean(training.network.predict(x[:7]) == y[:7])
    assert training.history["epoch"] == [1, 2, 3]
    assert all(seconds > 0 for seconds in training.history["seconds"])
    assert last.examples_per_second == pytest.approx(EXAMPLES / last.seconds)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_learning_rate_follows_its_schedule_over_the_whole_run(name: str, engine: str) -> None:
    training = trained(engine=engine, schedule=name, epochs=10)
    last_updates = range(STEPS - 1, 10 * STEPS, STEPS)
    assert training.history["learning_rate"] == [schedule_named(name)(0.05, t, 10 * STEPS) for t in last_updates]


def test_validation_takes_its_share_of_every_class_by_the_seed(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    learned_from: dict[int, set[int]] = {}
    x, y = examples()
    x[:, 0] = np.arange(EXAMPLES)
    kind = type(engine_named(engine))
    start = kind.run

    def watched(self: Any, data: Any, order: Any, *steps: int) -> Any:
        learned_from[seed] = set(data.x[order, 0].astype(int).tolist())
        return start(self, data, order, *steps)

    monkeypatch.setattr(kind, "run", watched)
    for seed in (1, 2):
        trained(engine=engine, x=x, seed=seed, epochs=1)
        held_out = np.array(sorted(set(range(EXAMPLES)) - learned_from[seed]))
        assert np.bincount(y[held_out]).tolist() == [4, 4, 4]
    assert learned_from[1] != learned_from[2]


@pytest.mark.parametrize("shuffle", [True, False])
def test_every_epoch_takes_every_example_once_in_its_order(
    monkeypatch: pytest.MonkeyPatch, shuffle: bool, engine: str
) -> None:
    orders: list[list[int]] = []
    kind = type(engine_named(engine))
    run = kind.run

    def watched(self: Any, data: Any, order: Any, *steps: int) -> Any:
        orders.append(order.tolist())
        return run(self, data, order, *steps)

    monkeypatch.setattr(kind, "run", watched)
    trained(engine=engine, shuffle=shuffle, epochs=3, validation=0)
    assert [sorted(order) for order in orders] == [list(range(EXAMPLES))] * 3
    assert (orders[0] == list(range(EXAMPLES))) == (not shuffle)
    assert (orders[0] == orders[1]) == (not shuffle)


def test_patience_keeps_the_weights_of_the_best_epoch(engine: str) -> None:
    weights: dict[int, list[bytes]] = {}

    def remember(progress: Progress) -> None:
        if progress.ended:
            weights[progress.epoch] = bits(progress.network)

    x, y = examples(noise=3)
    training = trained(engine=engine, x=x, y=y, epochs=100, learning_rate=0.1, patience=3, callbacks=[remember])
    costs = training.history["validation_cost"]
    best = int(np.argmin(costs)) + 1
    assert (training.stopped, len(costs)) == ("patience", best + 3)
    assert bits(training.network) == weights[best]
    assert training.message == (
        f"stopped after {best + 3} epochs: no better validation cost since epoch {best}, whose weights are kept."
    )
    longer = trained(engine=engine, x=x, y=y, epochs=100, learning_rate=0.1, patience=99)
    assert longer.stopped == "finished"
    assert longer.history.without_clocks()[: len(costs)] == training.history.without_clocks()


def test_only_a_lower_validation_cost_counts_as_better_however_little(engine: str) -> None:
    still = trained(engine=engine, epochs=10, optimizer="sgd", learning_rate=1e-300, patience=3)
    assert (still.stopped, len(still.history)) == ("patience", 4)
    creeping = trained(engine=engine, epochs=10, optimizer="sgd", learning_rate=1e-5, patience=1)
    costs = creeping.history["validation_cost"]
    assert creeping.stopped == "finished"
    assert all(0 < before - after < 1e-4 for before, after in itertools.pairwise(costs))


def test_a_finished_training_with_patience_hands_over_the_best_weights_too(engine: str) -> None:
    weights: list[list[bytes]] = []
    x, y = examples(noise=3)
    training = trained(
        engine=engine,
        x=x,
        y=y,
        epochs=12,
        learning_rate=0.2,
        patience=12,
        callbacks=[lambda p: weights.append(bits(p.network))],
    )
    best = int(np.argmin(training.history["validation_cost"]))
    assert training.stopped == "finished"
    assert best < 11
    assert bits(training.network) == weights[best]


def test_callbacks_hear_after_every_span_where_the_training_stands(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    short_spans(monkeypatch, 4)
    heard: list[Progress] = []
    training = trained(engine=engine, epochs=2, callbacks=[heard.append])
    assert [(p.step, p.steps, p.epoch, p.epochs) for p in heard] == [
        (4, 12, 1, 2),
        (6, 12, 1, 2),
        (10, 12, 2, 2),
        (12, 12, 2, 2),
    ]
    assert [p.ended for p in heard] == [None, training.history[0], None, training.history[1]]
    assert [heard[1].cost, heard[3].cost] == training.history["cost"]
    assert bits(heard[-1].network) == bits(training.network)
    assert bits(heard[0].network) != bits(heard[1].network)


@pytest.mark.parametrize(
    ("step", "message", "epochs"),
    [
        (4, "stopped by a callback in epoch 1.", 0),
        (6, "stopped by a callback after epoch 1.", 1),
        (10, "stopped by a callback in epoch 2.", 1),
        (12, "stopped by a callback after epoch 2.", 2),
    ],
)
def test_a_callback_that_returns_true_stops_the_training(
    monkeypatch: pytest.MonkeyPatch, step: int, message: str, epochs: int, engine: str
) -> None:
    short_spans(monkeypatch, 4)
    reached: list[list[bytes]] = []

    def stop(progress: Progress) -> bool:
        if progress.step == step:
            reached.append(bits(progress.network))
        return progress.step == step

    heard: list[int] = []
    training = trained(engine=engine, epochs=2, callbacks=[stop, lambda p: heard.append(p.step)])
    assert (training.stopped, training.message) == ("callback", message)
    assert len(training.history) == epochs
    assert heard[-1] == step
    assert [bits(training.network)] == reached


def test_a_callback_that_returns_anything_else_stops_nothing() -> None:
    assert trained(epochs=2, callbacks=[lambda _: 1, lambda _: "stop"]).stopped == "finished"


@pytest.mark.parametrize("place", ["callback", "engine"])
def test_ctrl_c_ends_the_training_with_what_it_has(monkeypatch: pytest.MonkeyPatch, place: str, engine: str) -> None:
    short_spans(monkeypatch, 2)
    reached: list[list[bytes]] = []

    def interrupt(progress: Progress) -> None:
        reached.append(bits(progress.network))
        if progress.step == 8 and place == "callback":
            raise KeyboardInterrupt

    kind = type(engine_named(engine))
    run = kind.run

    def interrupted(self: Any, data: Any, order: Any, first: int, last: int) -> Any:
        if self.state().step == 8 and place == "engine":
            run(self, data, order, first, last)
            raise KeyboardInterrupt
        return run(self, data, order, first, last)

    monkeypatch.setattr(kind, "run", interrupted)
    training = trained(engine=engine, epochs=3, callbacks=[interrupt])
    assert training.stopped == "interrupted"
    assert training.message == "interrupted in epoch 2 of 3; what was learned so far is kept."
    assert bits(training.network) == reached[-1]
    assert len(reached) == 4
    assert len(training.history) == 1


def test_ctrl_c_while_the_engine_gets_ready_ends_the_training_before_it_began(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(engine_named(engine)), "start", interrupted)
    training = trained(engine=engine)
    assert training.message == "interrupted in epoch 1 of 4; what was learned so far is kept."
    assert bits(training.network) == bits(network_of(precision=PRECISION_OF[engine]))


def test_ctrl_c_after_the_last_epoch_speaks_of_no_epoch_that_there_is_not() -> None:
    def interrupt(progress: Progress) -> None:
        if progress.step == progress.steps:
            raise KeyboardInterrupt

    training = trained(epochs=2, callbacks=[interrupt])
    assert training.message == "interrupted in epoch 2 of 2; what was learned so far is kept."


def test_initialization_draws_fresh_weights_from_the_seed() -> None:
    network = network_of(precision="float64")
    training = trained(network, initialization="lecun", seed=9)
    fresh = network_of(initialization="lecun", seed=9, precision="float64")
    assert bits(training.start) == bits(fresh)
    assert same(training, trained(fresh, seed=9))
    assert bits(trained(network, seed=9).start) == bits(network)


@pytest.mark.parametrize("given", PRECISIONS)
@pytest.mark.parametrize(("engine", "precision"), [("cpu", "float32"), ("reference", "float64")])
def test_a_network_is_trained_in_the_engine_s_precision_from_its_own_numbers(
    engine: str, precision: str, given: str
) -> None:
    network = network_of(precision=given)
    training = trained(network, engine=engine)
    assert training.network.precision == precision
    as_trained = network.with_parameters(
        [W.astype(precision) for W in network.weights], [b.astype(precision) for b in network.biases]
    )
    assert same(training, trained(as_trained, engine=engine))


def test_test_examples_are_measured_at_the_end(engine: str) -> None:
    x, y = examples(seed=7)
    training = trained(engine=engine, test=(x, y))
    accuracy = float(np.mean(training.network.predict(x) == y))
    assert training.test is not None
    assert training.test == Figures(EXAMPLES, training.test.cost, accuracy)
    assert training.test.cost == pytest.approx(training.network.cost_of(x, y), rel=1e-14)
    assert training.model.provenance["test"] == {
        "examples": EXAMPLES,
        "cost": training.test.cost,
        "accuracy": accuracy,
    }
    assert trained(engine=engine).test is None


@pytest.mark.parametrize(
    ("wanted", "engine", "precision"),
    [("auto", "cpu", "float32"), ("cpu", "cpu", "float32"), ("reference", "reference", "float64")],
)
def test_the_model_knows_where_it_comes_from(wanted: str, engine: str, precision: str) -> None:
    provenance = trained(epochs=2, seed=4, engine=wanted).model.provenance
    settings = provenance["settings"]
    assert (provenance["rows"], provenance["epochs"], provenance["stopped"]) == (EXAMPLES, 2, "finished")
    assert (settings["engine"], settings["precision"], settings["seed"]) == (engine, precision, 4)
    assert set(provenance) == {"clearprop", "rows", "settings", "epochs", "stopped", "test"}


NAMES = np.array(["low", "mid", "top"])


@pytest.mark.parametrize(
    ("made", "classes"),
    [
        (lambda y: y.tolist(), (0, 1, 2)),
        (lambda y: y.astype(np.uint8), (0, 1, 2)),
        (lambda y: NAMES[y], ("low", "mid", "top")),
        (lambda y: NAMES[y].tolist(), ("low", "mid", "top")),
        (lambda y: np.eye(3)[y], (0, 1, 2)),
        (lambda y: np.eye(3, dtype=bool)[y], (0, 1, 2)),
    ],
    ids=["list", "uint8", "names", "list of names", "one-hot", "one-hot booleans"],
)
def test_classes_may_be_given_as_indices_names_or_one_hot_rows(
    made: Any, classes: tuple[Any, ...], engine: str
) -> None:
    _, y = examples()
    training = trained(engine=engine, y=made(y))
    assert training.model.classes == classes
    assert bits(training.network) == bits(trained(engine=engine).network)
    assert training.history.without_clocks() == trained(engine=engine).history.without_clocks()


@pytest.mark.parametrize(
    ("made", "classes"),
    [
        (lambda y: y, (0, 1)),
        (lambda y: y == 1, (False, True)),
        (lambda y: np.array(["no", "yes"])[y], ("no", "yes")),
        (lambda y: y.astype(float), (0, 1)),
        (lambda y: y[:, None], (0, 1)),
    ],
    ids=["indices", "booleans", "names", "floats", "rows"],
)
def test_one_output_tells_two_classes_apart(made: Any, classes: tuple[Any, ...], engine: str) -> None:
    x, _ = examples()
    y = (x[:, 0] > 0).astype(int)
    network = network_of((4, 8, 1), output="sigmoid", cost="binary_cross_entropy")
    training = trained(network, engine=engine, y=made(y), epochs=30)
    assert training.model.classes == classes
    assert training.history["accuracy"][-1] > 0.9
    assert bits(training.network) == bits(trained(network, engine=engine, y=y, epochs=30).network)


def test_real_targets_have_a_cost_but_no_accuracy(engine: str) -> None:
    x, _ = examples()
    y = x[:, 1] - 2 * x[:, 2]
    network = network_of((4, 1), output="identity", cost="half_squared_error")
    training = trained(network, engine=engine, y=y, epochs=60, test=(x, y))
    assert training.model.classes is None
    assert training.history["accuracy"] == training.history["validation_accuracy"] == [None] * 60
    assert training.test is not None
    assert training.test.accuracy is None
    assert training.test.cost < 0.01
    np.testing.assert_allclose(training.network.layers[0].weight, [[0, 1, -2, 0]], atol=0.1)


def test_held_out_real_targets_may_happen_to_be_0_and_1() -> None:
    x, _ = examples()
    network = network_of((4, 1), output="identity", cost="squared_error")
    held_out = (x[:2], [0.0, 1.0])
    training = trained(network, y=x[:, 0], validation=held_out, test=held_out)
    assert training.test is not None
    assert training.test.accuracy is None
    assert training.history["validation_accuracy"] == [None] * 4


def test_held_out_examples_need_not_have_every_class(engine: str) -> None:
    x, y = examples()
    few = (x[:2], NAMES[y[:2]])
    training = trained(y=NAMES[y], validation=few, test=few, engine=engine)
    assert training.test is not None
    assert training.test.examples == 2
    assert training.test.cost == pytest.approx(training.network.cost_of(x[:2], y[:2]), rel=1e-14)
    # the equations measure the test, the engine the validation
    error = abs(training.history["validation_cost"][-1] - training.test.cost)
    assert error <= largest_cost_error(training.network, x[:2])


@pytest.mark.parametrize("scale", [1.0, 1e200], ids=["step", "inputs"])
def test_a_training_that_diverges_keeps_the_last_good_weights(scale: float, engine: str) -> None:
    x, _ = examples()
    y = x[:, 0] + 0.5
    network = network_of((4, 1), output="identity", cost="squared_error", precision=PRECISION_OF[engine])
    reached: list[list[bytes]] = [bits(network)]
    training = trained(
        network,
        x=x * scale,
        y=y,
        engine=engine,
        optimizer="sgd",
        learning_rate=1.0,
        epochs=200,
        validation=0,
        callbacks=[lambda p: reached.append(bits(p.network))],
    )
    assert training.stopped == "diverged"
    assert training.message == (
        f"the cost stopped being finite in epoch {len(training.history) + 1}; the last good weights are kept. "
        f"Look at the learning rate (1: try 0.1) and at the scale of the inputs (the largest is "
        f"{np.abs(x * scale).max():g})."
    )
    assert bits(training.network) == reached[-1]
    assert all(np.isfinite(array).all() for array in (*training.network.weights, *training.network.biases))
    assert len(training.history) == len(reached) - 1
    assert (len(training.history) == 0) == (scale > 1)


def test_weights_that_stop_being_finite_are_not_kept_though_the_cost_was_still_finite(engine: str) -> None:
    x, _ = examples()
    network = network_of((4, 1), output="identity", cost="squared_error")
    changes = {"learning_rate": 1e308, "engine": engine}
    training = train(network, x * 1e3, x[:, 0], **{**ONE_STEP, **changes})
    assert (training.stopped, len(training.history)) == ("diverged", 0)
    assert bits(training.network) == bits(network)


def test_what_diverges_in_float32_alone_is_noticed_there() -> None:
    """A step of 1e39 is a number in float64, and infinite in float32."""
    x, _ = examples()
    network = network_of((4, 1), output="identity", cost="squared_error", precision="float32")
    changes = {"learning_rate": 1e39, "engine": "cpu"}
    wide = train(network, x, x[:, 0], **{**ONE_STEP, **changes})
    assert wide.stopped == "finished"
    narrow = train(network, x, x[:, 0], **{**ONE_STEP, **changes, "precision": "float32"})
    assert (narrow.stopped, len(narrow.history)) == ("diverged", 0)
    assert bits(narrow.network) == bits(network)


def test_the_largest_input_is_found_on_either_side_of_zero() -> None:
    x, _ = examples()
    network = network_of((4, 1), output="identity", cost="squared_error")
    for largest in (x.max() + 1, x.min() - 1):
        x[3, 2] = largest
        training = trained(network, x=x, y=x[:, 0], optimizer="sgd", learning_rate=1e9)
        assert training.stopped == "diverged"
        assert f"(the largest is {np.abs(x).max():g})" in training.message


def test_the_model_of_a_training_on_numpy_s_numbers_can_be_saved(tmp_path: Any) -> None:
    training = trained(seed=np.int64(3), epochs=np.int64(2), learning_rate=np.float32(0.5), validation=np.float32(0.25))
    save(training.model, tmp_path / "a")
    assert load(tmp_path / "a").provenance["settings"]["learning_rate"] == 0.5


def refused(**changes: Any) -> str:
    return refusal(trained, **changes)


X, Y = examples()
NO_Y: Any = []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": X[0]}, "x: expected shape (n, 4), got (4,). One row an example; for one example write x[None, :]."),
        ({"x": X[:, :3]}, "x: expected shape (n, 4), got (60, 3). One row an example."),
        (
            {"x": X.reshape(60, 2, 2)},
            "x: expected shape (n, 4), got (60, 2, 2). One row an example: write x.reshape(len(x), -1).",
        ),
        (
            {"x": np.where(np.arange(240).reshape(60, 4) == 9, np.nan, X)},
            "x: expected finite numbers, got nan in row 2, column 1. Replace it or leave the row out.",
        ),
        (
            {"x": [["a"] * 4]},
            "x: expected numbers of shape (n, 4), got something else (could not convert string to float: 'a').",
        ),
        ({"checkpoint_seconds": -1}, "checkpoint_seconds: expected a number of at least 0, got -1."),
        ({"checkpoint_seconds": np.nan}, "checkpoint_seconds: expected a number of at least 0, got nan."),
        ({"checkpoint_seconds": "60"}, "checkpoint_seconds: expected a number of at least 0, got '60'."),
        ({"y": Y[:50]}, "y: expected 60 targets, one for each example, got 50."),
        (
            {"y": Y + 1},
            "y: expected class indices 0 to 2 for 3 output units, got 1 to 3. Count classes from 0: write y - 1.",
        ),
        ({"x": X[:0], "y": Y[:0]}, "x: expected at least one example, got none."),
        (
            {"patience": 3, "validation": 0},
            "patience: expected validation data to watch, got none; give a share, such as validation=0.1.",
        ),
        (
            {"patience": 3, "validation": None},
            "patience: expected validation data to watch, got none; give a share, such as validation=0.1.",
        ),
        ({"validation": [X, Y]}, "validation: expected a pair (x, y), got list."),
        ({"validation": "0.1"}, "validation: expected a pair (x, y), got str."),
        ({"validation": 1.5}, "validation: expected a share from 0 up to but not including 1, got 1.5."),
        ({"validation": (X[:, :2], Y)}, "validation x: expected shape (n, 4), got (60, 2). One row an example."),
        ({"validation": (X, Y[:3])}, "validation y: expected 60 targets, one for each example, got 3."),
        ({"validation": (X[:0], Y[:0])}, "validation: expected at least one example, got none."),
        ({"test": (X[:0], Y[:0])}, "test: expected at least one example, got none."),
        ({"test": X}, "test: expected a pair (x, y), got ndarray."),
        (
            {"test": (X, NAMES[Y])},
            "test y: expected the classes of the training data, (0, 1, 2), got 'low'.",
        ),
        (
            {"y": NAMES[Y], "test": (X, Y)},
            "test y: expected the classes of the training data, ('low', 'mid', 'top'), got (0, 1, 2).",
        ),
        (
            {"y": NAMES[Y], "test": (X[:1], ["new"])},
            "test y: expected the classes of the training data, ('low', 'mid', 'top'), got 'new'.",
        ),
        (
            {"class_weight": {3: 1.0}},
            "class_weight: expected 'balanced' or a weight for each of the classes [0, 1, 2], got {3: 1.0}.",
        ),
        (
            {"class_weight": "even"},
            "class_weight: expected 'balanced' or a weight for each of the classes [0, 1, 2], got 'even'.",
        ),
        (
            {"class_weight": np.ones(3)},
            "class_weight: expected 'balanced' or a weight for each of the classes [0, 1, 2], got array([1., 1., 1.]).",
        ),
        ({"class_weight": {0: -1}}, "class_weight: expected numbers of at least 0, got {0: -1}."),
        ({"class_weight": {0: "much"}}, "class_weight: expected numbers of at least 0, got {0: 'much'}."),
        (
            {"sample_weight": np.ones(3)},
            "sample_weight: expected 60 numbers of at least 0, got float64 of shape (3,).",
        ),
        (
            {"sample_weight": -np.ones(60)},
            "sample_weight: expected 60 numbers of at least 0, got float64 of shape (60,).",
        ),
        (
            {"sample_weight": "balanced"},
            "sample_weight: expected 60 numbers of at least 0, got <U8 of shape ().",
        ),
        (
            {"engine": "gpu"},
            "engine: expected one of auto, cpu, jax, reference, got 'gpu'. Did you mean 'cpu'?",
        ),
        (
            {"engine": "reference", "precision": "float32"},
            "precision: expected float64 for engine 'reference', got 'float32'.",
        ),
        ({"precision": "float16"}, "precision: expected one of float32, float64, bfloat16, got 'float16'."),
        (
            {"resume": True},
            "resume: expected a checkpoint folder to resume from, got none; name it with checkpoint=….",
        ),
        (
            {"network": Model(network_of())},
            "network: expected a Network, got Model; write .network behind it.",
        ),
        (
            {"network": "model.safetensors"},
            "network: expected a Network, got str; make one with cp.Network.initialize.",
        ),
        (
            {"sample_weight": np.zeros(60)},
            "sample_weight, class_weight: expected examples that count, got a weight of 0 for each.",
        ),
        (
            {"class_weight": {0: 0, 1: 0, 2: 0}},
            "sample_weight, class_weight: expected examples that count, got a weight of 0 for each.",
        ),
        ({"callbacks": [3]}, "callbacks: expected functions, got 3."),
        ({"callbacks": print}, "callbacks: expected a list of functions, got one function; write callbacks=[…]."),
        (
            {"initialization": "zero"},
            "initialization: expected one of auto, zeros, normal, xavier, he, lecun, got 'zero'. Did you mean 'zeros'?",
        ),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_used_is_refused_before_anything_is_computed(changes: dict[str, Any], message: str) -> None:
    assert refused(**changes) == message


def test_class_weights_of_real_targets_are_refused() -> None:
    network = network_of((4, 1), output="identity", cost="squared_error")
    assert (
        refused(network=network, y=X[:, 0], class_weight="balanced")
        == "class_weight: expected classes as targets, got rows of real numbers; use sample_weight."
    )


def test_a_training_of_one_example_has_nothing_to_hold_back() -> None:
    training = trained(x=X[:1], y=Y[:1], validation=0.5)
    assert training.history["validation_cost"] == [None] * 4
