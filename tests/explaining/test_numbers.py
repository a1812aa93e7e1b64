"""Every number of every step is the one that the equations compute for whole arrays."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.equations.notation import CODE
from clearprop.equations.step import TRUE_RULES, Update
from clearprop.equations.step import Step as Pass
from clearprop.equations.updates import OPTIMIZERS
from clearprop.explaining.explanation import Step, Summed
from clearprop.targets import encode
from equations.random_networks import Problem, random_problem

FULL = 17
OTHERS = re.compile(r" \((?:the other [\d,]+ terms together|the other term)\)")


def reference(problem: Problem, optimizer: str, learning_rate: float, example: int) -> tuple[Pass, dict[str, Any]]:
    """The same step by the rules that the reference engine runs, and its arrays by name, for one example."""
    network = problem.network
    y = encode(problem.y, network.sizes[-1], network.cost).rows()
    rule = OPTIMIZERS[optimizer]
    update = Update(rule, dict(rule.options), learning_rate)
    zeros = [
        tuple({slot: np.zeros_like(array) for slot in rule.slots} for array in (layer.weight, layer.bias))
        for layer in network.layers
    ]
    run = Pass(
        TRUE_RULES,
        problem.x,
        y,
        network.weights,
        network.biases,
        network.activations,
        network.output_pair,
        update=update,
        slots=zeros,
    )
    run.backward()

    def place(at: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        return at[0], tuple(i - 1 for i in at[1:])

    def of(name: str) -> Any:
        return lambda at: run.value(name, at[0])[example][place(at)[1]]

    getters = {
        "z": of("z"),
        "a": of("a"),
        "delta": of("delta"),
        "dC/da": of("da"),
        "dC/dW": of("dW_each"),
        "dC/db": of("db_each"),
        "dC_mean/dW": lambda at: run.dW[at[0]][place(at)[1]],
        "dC_mean/db": lambda at: run.db[at[0]][place(at)[1]],
        "new_W": lambda at: run.new_W[at[0]][place(at)[1]],
        "new_b": lambda at: run.new_b[at[0]][place(at)[1]],
        "da/dz": lambda at: run.activations[at[0]].jacobian(run.z[at[0]])[example][at[1] - 1, at[3] - 1],
        "C": lambda _: run.cost[run.layers][example],
        "lead": lambda at: run.z[run.layers][example][at[0] - 1] - run.z[run.layers][example][at[1] - 1],
        "input_lead": lambda at: run.z[run.layers][example][at[0] - 1] - run.z[run.layers][example][at[1] - 1],
    }
    return run, getters


def place_of(step: Step) -> tuple[str, tuple[int, ...]]:
    """`z.2.1` as ("z", (2, 1)); slopes name their layer twice, da/dz.2.1.2.3, and neurons count from 1."""
    name, *at = step.id.partition("~")[0].split(".")
    numbers = [int(part) for part in at]
    if name == "da/dz":
        numbers[2] -= 1  # a layer, which ids count as they count neurons
    return name, tuple(numbers)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), optimizer=st.sampled_from(sorted(OPTIMIZERS)), terms=st.integers(1, 5))
def test_every_result_is_the_reference_engines(seed: int, optimizer: str, terms: int) -> None:
    problem = random_problem(seed)
    example = seed % len(problem.x)
    explanation = cp.explain(
        problem.network, problem.x, problem.y, example=example, optimizer=optimizer, learning_rate=0.03, terms=terms
    )
    run, getters = reference(problem, optimizer, 0.03, example)
    checked = set()
    for step in explanation.steps:
        name, at = place_of(step)
        if name in getters:
            scale = 1 + max(map(abs, step.numbers.values()), default=0.0)
            assert step.result == pytest.approx(float(getters[name](at)), rel=1e-9, abs=1e-12 * scale), step.id
            checked.add(name)
    assert checked >= {"z", "a", "da/dz", "delta", "dC/da", "dC/dW", "dC/db", "new_W", "new_b"}
    assert run.layers == len(problem.network.layers)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), terms=st.integers(1, 6))
def test_every_sum_written_out_with_its_rest_is_its_result(seed: int, terms: int) -> None:
    problem = random_problem(seed)
    explanation = cp.explain(problem.network, problem.x, problem.y, terms=terms, learning_rate=0.03)
    names = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "tanh", "pi")}
    for step in explanation.steps:
        written = OTHERS.sub("", step.arithmetic(CODE, FULL))
        size = 1 + sum(abs(float(value)) for value in step.numbers.values()) ** 2
        assert eval(written, dict(names)) == pytest.approx(step.result, rel=1e-9, abs=1e-11 * size), step.id  # noqa: S307


def test_the_rest_of_a_sum_is_all_that_is_not_shown() -> None:
    network = cp.Network.initialize([50, 40, 3], precision="float64", seed=2)
    x = np.random.default_rng(1).normal(size=50)
    step = next(step for step in cp.explain(network, x, 1, terms=4).steps if step.id.startswith("z.1."))
    over = step.ranges["k"]
    assert isinstance(over, Summed)
    products = network.weights[0][step.indices["j"]] * x
    hidden = [k for k in range(50) if k not in over.shown]
    assert (len(over.shown), over.count) == (4, 46)
    assert min(abs(products[list(over.shown)])) >= max(abs(products[hidden]))
    assert over.rest == pytest.approx(products[hidden].sum(), rel=1e-13)


def test_steps_refer_to_the_earlier_steps_that_their_numbers_come_from() -> None:
    network = cp.Network.initialize([2, 3, 2], hidden="sigmoid", precision="float64", seed=1)
    steps = cp.explain(network, [1.0, 0.5], [1, 0]).steps
    seen: set[str] = set()
    for step in steps:
        assert set(step.inputs) <= seen, step.id
        seen.add(step.id)
    inputs = {step.id: set(step.inputs) for step in steps}
    assert inputs["z.2.1"] == {"a.1.1", "a.1.2", "a.1.3"}
    assert inputs["dC/dW.2.1.3"] == {"delta.2.1", "a.1.3"}
    assert inputs["new_W.1.2.1"] == {"dC/dW.1.2.1"}
    assert len(seen) == len(steps)


def test_a_nudge_really_moves_the_cost_as_told() -> None:
    network = cp.Network.initialize([3, 4, 2], hidden="tanh", precision="float64", seed=5)
    x, y = np.array([0.2, -1.0, 0.7]), [0, 1]
    nudged = [step for step in cp.explain(network, x, y).steps if step.nudge and step.id.startswith("dC/dW")]
    assert len(nudged) == 3 * 4 + 4 * 2
    for step in nudged:
        assert step.nudge is not None
        layer, j, k = step.nudge.raised[1]
        weights = [W.copy() for W in network.weights]
        weights[layer - 1][j, k] += step.nudge.by
        moved = network.with_parameters(weights, network.biases).cost_of([x], [y]) - network.cost_of([x], [y])
        assert step.nudge.moved[0][1] == pytest.approx(moved, rel=1e-9, abs=1e-15)
        assert step.nudge.rate == pytest.approx(step.result, rel=0.01)


def test_whole_arrays_are_at_hand() -> None:
    network = cp.Network.initialize([30, 20, 10], precision="float64", seed=5)
    x = np.linspace(0, 1, 30)
    values = cp.explain(network, x, 3).values
    assert [array.shape for array in values["dW"]] == [(20, 30), (10, 20)]
    gradients = cp.gradients(network, [x], [3])
    for ours, theirs in zip(values["dW"] + values["db"], gradients.weights + gradients.biases, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
