"""The reference engine: against a training loop written out here, and by the protocol's laws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from clearprop import Network
from clearprop.engines.protocol import Data, Engine, State, Work, fresh_state
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.regularization import dropout_draw
from clearprop.equations.schedules import schedule_named
from clearprop.equations.step import TRUE_RULES
from clearprop.equations.updates import OPTIMIZERS
from clearprop.targets import encode

EXAMPLES, BATCH, STEPS = 10, 4, 3
"""Three steps an epoch, the last of two examples."""
SIZES = [5, 4, 3]
CLOSE = {"rtol": 1e-10, "atol": 1e-13}
"""Two orders of the same sums: after ten steps they differ by some 1e-15, a wrong term by far more than this."""

Matrix = np.ndarray[Any, Any]


def network_of(seed: int = 0, output: str = "softmax", cost: str = "cross_entropy") -> Network:
    return Network.initialize(
        SIZES, hidden="sigmoid", output=output, cost=cost, initialization="normal", seed=seed, precision="float64"
    )


def data_of(network: Network, weight: Matrix | None = None) -> Data:
    rng = np.random.default_rng(1)
    y = rng.integers(SIZES[-1], size=EXAMPLES)
    return Data(rng.standard_normal((EXAMPLES, SIZES[0])), encode(y, SIZES[-1], network.cost), weight)


def work_of(network: Network, optimizer: str = "sgd", **changes: Any) -> Work:
    rule = OPTIMIZERS[optimizer]
    work = Work(
        activations=network.activations,
        output=network.output_pair,
        optimizer=rule,
        options=dict(rule.options),
        learning_rate=0.3,
        schedule="constant",
        total_steps=20,
        batch_size=BATCH,
        l2=0.0,
        dropout=0.0,
        seed=11,
    )
    return replace(work, **changes)


def started(network: Network, work: Work, engine: Engine | None = None) -> Engine:
    engine = engine or ReferenceEngine()
    engine.start(fresh_state(network, work.optimizer, "float64"), work)
    return engine


def numbers_of(state: State) -> list[Matrix]:
    slots = [array for layer in state.slots for part in layer for _, array in sorted(part.items())]
    return [*state.weights, *state.biases, *slots]


@dataclass
class Loop:
    """A training loop as one writes it by hand: one hidden layer of sigmoids, softmax, cross-entropy."""

    network: Network
    optimizer: str
    eta: float
    l2: float

    def __post_init__(self) -> None:
        W1, W2 = self.network.weights
        b1, b2 = self.network.biases
        self.theta = [W1.copy(), b1.copy(), W2.copy(), b2.copy()]
        self.memory = [[np.zeros_like(p), np.zeros_like(p)] for p in self.theta]
        self.t = 0

    def outputs(self, x: Matrix) -> tuple[Matrix, Matrix]:
        W1, b1, W2, b2 = self.theta
        hidden = 1 / (1 + np.exp(-(x @ W1.T + b1)))
        e = np.exp(hidden @ W2.T + b2)
        return hidden, e / e.sum(axis=1, keepdims=True)

    def step(self, x: Matrix, y: Matrix, counts: Matrix) -> tuple[float, int, float]:
        """The sum of the costs, how many are right, the gradient's length."""
        W1, _, W2, _ = self.theta
        hidden, a = self.outputs(x)
        gradients = [np.zeros_like(p) for p in self.theta]
        cost, right = 0.0, 0
        for i in range(len(x)):
            cost -= counts[i] * np.log(a[i, y[i]])
            right += int(a[i].argmax() == y[i])
            delta2 = counts[i] * (a[i] - np.eye(3)[y[i]])
            delta1 = (delta2 @ W2) * hidden[i] * (1 - hidden[i])
            for gradient, of_example in zip(
                gradients, [np.outer(delta1, x[i]), delta1, np.outer(delta2, hidden[i]), delta2], strict=True
            ):
                gradient += of_example / len(x)
        gradients[0] += self.l2 * W1
        gradients[2] += self.l2 * W2
        self.t += 1
        self.theta = [self.moved(*one) for one in zip(self.theta, gradients, self.memory, strict=True)]
        return cost, right, float(np.sqrt(sum((g**2).sum() for g in gradients)))

    def moved(self, theta: Matrix, g: Matrix, memory: list[Matrix]) -> Matrix:
        match self.optimizer:
            case "sgd":
                return theta - self.eta * g
            case "momentum":
                memory[0] = 0.9 * memory[0] + g
                return theta - self.eta * memory[0]
            case _:
                memory[0] = 0.9 * memory[0] + 0.1 * g
                memory[1] = 0.999 * memory[1] + 0.001 * g * g
                mean, square = memory[0] / (1 - 0.9**self.t), memory[1] / (1 - 0.999**self.t)
                return theta - self.eta * mean / (np.sqrt(square) + 1e-8)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("l2", [0.0, 0.05])
@pytest.mark.parametrize("weighted", [False, True], ids=["all alike", "weighted"])
def test_the_reference_engine_agrees_with_a_training_loop_written_by_hand(
    optimizer: str, l2: float, weighted: bool
) -> None:
    network = network_of()
    rng = np.random.default_rng(2)
    weight = rng.uniform(0, 3, EXAMPLES) if weighted else None
    data = data_of(network, weight)
    counts = np.ones(EXAMPLES) if weight is None else weight
    engine = started(network, work_of(network, optimizer, l2=l2))
    loop = Loop(network, optimizer, 0.3, l2)
    for _ in range(3):
        order = rng.permutation(EXAMPLES)
        span = engine.run(data, order, 0, STEPS)
        seen = [
            loop.step(data.x[rows], data.targets.values[rows], counts[rows])
            for rows in (order[:4], order[4:8], order[8:])
        ]
        np.testing.assert_allclose(span.cost, sum(cost for cost, _, _ in seen), **CLOSE)
        assert span.right == sum(right for _, right, _ in seen)
        np.testing.assert_allclose(span.gradient_norm, seen[-1][2], **CLOSE)
    state = engine.state()
    assert state.step == 9
    for ours, by_hand in zip(
        [state.weights[0], state.biases[0], state.weights[1], state.biases[1]], loop.theta, strict=True
    ):
        np.testing.assert_allclose(ours, by_hand, **CLOSE)
    np.testing.assert_allclose(network.output_pair.activation(engine.forward(data.x)), loop.outputs(data.x)[1], **CLOSE)


HARD = [{"optimizer": name, "dropout": 0.5, "schedule": "cosine", "l2": 0.01} for name in OPTIMIZERS]


@pytest.mark.parametrize("changes", HARD, ids=[str(changes["optimizer"]) for changes in HARD])
def test_one_run_of_many_steps_is_many_runs_of_one_step(changes: dict[str, Any]) -> None:
    network = network_of()
    data, order = data_of(network), np.random.default_rng(3).permutation(EXAMPLES)
    whole, parts = (started(network, work_of(network, **changes)) for _ in range(2))
    span = whole.run(data, order, 0, STEPS)
    spans = [parts.run(data, order, step, step + 1) for step in range(STEPS)]
    assert span.right == sum(one.right for one in spans)
    assert span.gradient_norm == spans[-1].gradient_norm
    assert span.cost == spans[0].cost + spans[1].cost + spans[2].cost
    for one, other in zip(numbers_of(whole.state()), numbers_of(parts.state()), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("changes", HARD, ids=[str(changes["optimizer"]) for changes in HARD])
def test_an_engine_goes_on_from_the_state_of_another(changes: dict[str, Any]) -> None:
    network = network_of()
    work, data, order = work_of(network, **changes), data_of(network), np.arange(EXAMPLES)
    whole, first, second = started(network, work), started(network, work), ReferenceEngine()
    whole.run(data, order, 0, STEPS)
    first.run(data, order, 0, 1)
    second.start(first.state(), work)
    second.run(data, order, 1, STEPS)
    assert second.state().step == STEPS
    for one, other in zip(numbers_of(whole.state()), numbers_of(second.state()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_neither_a_state_that_was_handed_over_nor_the_data_changes_afterwards() -> None:
    network = network_of()
    work, data, order = work_of(network, "adam", dropout=0.2), data_of(network), np.arange(EXAMPLES)
    beginning = fresh_state(network, work.optimizer, "float64")
    engine = ReferenceEngine()
    engine.start(beginning, work)
    engine.run(data, order, 0, 2)
    middle = engine.state()
    kept = [array.copy() for array in [*numbers_of(beginning), *numbers_of(middle), data.x, data.targets.values, order]]
    engine.run(data, order, 0, STEPS)
    engine.forward(data.x)
    for now, before in zip(
        [*numbers_of(beginning), *numbers_of(middle), data.x, data.targets.values, order], kept, strict=True
    ):
        np.testing.assert_array_equal(now, before)
    assert (beginning.step, middle.step, engine.state().step) == (0, 2, 5)


def test_forward_gives_the_weighted_inputs_of_the_output_layer_without_dropout() -> None:
    network = network_of()
    data = data_of(network)
    engine = started(network, work_of(network, dropout=0.9))
    step = network.step(data.x)
    step.forward()
    np.testing.assert_array_equal(engine.forward(data.x), step.z[2])


def test_dropout_takes_its_bits_from_seed_step_layer_and_row() -> None:
    network, p, seen = network_of(), 0.3, []

    def watched(step: Any, layer: int) -> Any:
        keep = TRUE_RULES.of("keep", layer)(step, layer)
        seen.append((step.dropout.step, layer, keep))
        return keep

    rules = TRUE_RULES.replace("keep", watched)
    engine = started(network, work_of(network, dropout=p), ReferenceEngine(rules))
    data = data_of(network)
    for _ in range(2):
        engine.run(data, np.arange(EXAMPLES), 0, STEPS)
    hidden = [(step, keep) for step, layer, keep in seen if layer == 1]
    assert [step for step, _ in hidden] == list(range(2 * STEPS))
    for step, keep in hidden:
        draw = dropout_draw(np.zeros((2 if step % STEPS == 2 else BATCH, 4)), 11, step, 1)
        np.testing.assert_array_equal(keep, (draw >= round(p * (2**32 - 1))) / (1 - p))
    assert all(keep is None for _, layer, keep in seen if layer == 2)
    assert len({keep.tobytes() for _, keep in hidden}) == len(hidden)


def test_each_step_takes_the_schedule_s_learning_rate_and_its_own_count() -> None:
    network, seen = network_of(), []

    def watched(step: Any, layer: int) -> Any:
        seen.append((step.update.learning_rate, step.update.t))
        return TRUE_RULES.of("new_W", layer)(step, layer)

    engine = started(
        network, work_of(network, schedule="cosine"), ReferenceEngine(TRUE_RULES.replace("new_W", watched, layer=1))
    )
    for _ in range(2):
        engine.run(data_of(network), np.arange(EXAMPLES), 0, STEPS)
    assert seen == [(schedule_named("cosine")(0.3, step, 20), step + 1) for step in range(6)]


def test_replaced_rules_make_the_mistake_that_they_describe() -> None:
    network = network_of()
    data, order = data_of(network), np.arange(EXAMPLES)
    forgotten_minus = TRUE_RULES.replace("new_W", lambda step, layer: 2 * step.W[layer] - step.move_W[layer][0])
    right = started(network, work_of(network))
    wrong = started(network, work_of(network), ReferenceEngine(forgotten_minus))
    right.run(data, order, 0, 1)
    wrong.run(data, order, 0, 1)
    for W, down, up in zip(network.weights, right.state().weights, wrong.state().weights, strict=True):
        np.testing.assert_allclose(up - W, W - down, rtol=0, atol=1e-15)
        assert (up != down).any()


def test_real_targets_count_nothing_as_right() -> None:
    network = network_of(output="identity", cost="squared_error")
    rng = np.random.default_rng(4)
    data = Data(rng.standard_normal((EXAMPLES, 5)), encode(rng.standard_normal((EXAMPLES, 3)), 3, "squared_error"))
    span = started(network, work_of(network, learning_rate=0.0)).run(data, np.arange(EXAMPLES), 0, STEPS)
    assert span.right == 0
    # three sums of four, added up, and one mean of ten: the order differs
    np.testing.assert_allclose(span.cost, EXAMPLES * network.cost_of(data.x, data.targets.values), rtol=1e-13)


def test_training_and_measuring_take_one_thread_so_that_bits_do_not_depend_on_the_machine() -> None:
    threads = []

    def watched(step: Any, layer: int) -> Any:
        threads.append({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"})
        return TRUE_RULES.of("z", layer)(step, layer)

    network = network_of()
    engine = started(network, work_of(network), ReferenceEngine(TRUE_RULES.replace("z", watched)))
    data = data_of(network)
    engine.run(data, np.arange(EXAMPLES), 0, 1)
    engine.forward(data.x)
    assert threads == [{1}] * 4


def test_a_training_that_diverges_says_so_in_its_cost_and_warns_of_nothing() -> None:
    network = network_of(output="identity", cost="squared_error")
    data = Data(np.full((EXAMPLES, 5), 1e200), encode(np.zeros((EXAMPLES, 3)) + 0.5, 3, "squared_error"))
    engine = started(network, work_of(network, learning_rate=1e300))
    assert not np.isfinite(engine.run(data, np.arange(EXAMPLES), 0, STEPS).cost)
