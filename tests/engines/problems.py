"""Trainings of a few steps on an engine and on the reference engine, and how far apart they end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop import Network
from clearprop.engines.protocol import Data, Engine, Span, State, Work, fresh_state
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.updates import optimizer_named
from clearprop.targets import Targets


@dataclass(frozen=True)
class Problem:
    """A training that has not begun: a network, what is to be done with it, and examples."""

    network: Network
    work: Work
    data: Data
    order: np.ndarray[Any, Any]

    def state(self, precision: str) -> State:
        return fresh_state(self.network, self.work.optimizer, precision)


def problem(
    sizes: list[int],
    *,
    hidden: str = "relu",
    output: str = "softmax",
    cost: str = "cross_entropy",
    optimizer: str = "sgd",
    learning_rate: float = 0.02,
    schedule: str = "constant",
    batch_size: int = 8,
    examples: int = 50,
    l2: float = 0.0,
    dropout: float = 0.0,
    weighted: bool = False,
    numbers: bool = False,
    scale: float = 1.0,
    filled: float = 1.0,
    seed: int = 0,
) -> Problem:
    """Random examples for a random network; `numbers` makes the targets shares in place of classes, and only so many of
    the inputs as are `filled` are not 0."""
    rng = np.random.default_rng([seed, 11])
    network = Network.initialize(
        sizes, hidden=hidden, output=output, cost=cost, initialization="xavier", seed=seed, precision="float32"
    )
    units = sizes[-1]
    if numbers:
        shares = rng.random((examples, units)) + 0.1
        targets = Targets(units, shares / shares.sum(axis=1, keepdims=True), None)
    else:
        classes = max(2, units)
        targets = Targets(units, rng.integers(classes, size=examples), tuple(range(classes)))
    rule = optimizer_named(optimizer)
    inputs = scale * rng.standard_normal((examples, sizes[0]))
    inputs[np.random.default_rng([seed, 12]).random(inputs.shape) >= filled] = 0
    return Problem(
        network,
        Work(
            activations=network.activations,
            output=network.output_pair,
            optimizer=rule,
            options=dict(rule.options),
            learning_rate=learning_rate,
            schedule=schedule,
            total_steps=200,
            batch_size=batch_size,
            l2=l2,
            dropout=dropout,
            seed=seed,
        ),
        Data(
            inputs.astype(np.float32),
            targets,
            rng.random(examples) if weighted else None,
        ),
        rng.integers(examples, size=100 * batch_size),
    )


TOLERANCE = {"float32": 2e-5, "float64": 1e-11}
"""Of an array's largest entry. float32: each number goes through some hundred roundings of 6e-8 in two steps; float64:
through some hundred of 1e-16 in each of 100 steps, and a step multiplies what was wrong by little more than 1."""
STEPS = {"float32": 2, "float64": 100}


def trained(engine: Engine, given: Problem, precision: str, steps: int) -> tuple[Span, State]:
    engine.start(given.state(precision), given.work)
    return engine.run(given.data, given.order, 0, steps), engine.state()


def parameters(state: State) -> list[Any]:
    return [*state.weights, *state.biases]


def distance(engine: Engine, given: Problem, precision: str, steps: int | None = None) -> float:
    """How far an engine ends from the reference engine, in units of what is allowed."""
    steps = STEPS[precision] if steps is None else steps
    # an epoch that ends there, so that the gradient is measured
    given = replace(given, order=given.order[: steps * given.work.batch_size])
    ours, state = trained(engine, given, precision, steps)
    theirs, exact = trained(ReferenceEngine(), given, "float64", steps)
    assert ours.right == theirs.right
    pairs = [
        *zip(parameters(state), parameters(exact), strict=True),
        (ours.cost, theirs.cost),
        (ours.gradient_norm, theirs.gradient_norm),
    ]
    return max(_error(one, other) for one, other in pairs) / TOLERANCE[precision]


def _error(ours: Any, exact: Any) -> float:
    return float(np.max(np.abs(ours - exact)) / max(float(np.max(np.abs(exact))), 0.01))
