"""What JAX compiles: all steps of a span as one scan, and the forward pass alone. The equations stand in
`clearprop.equations`; here they are only called.

Every device takes its share of each mini-batch and computes its gradients; the parameters are the same on all devices,
and so is what is made of the mean of all their gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding

from clearprop.arrays import Array
from clearprop.engines.jax.devices import AXIS, BY_COLUMNS, BY_ROWS, EVERYWHERE, all_devices
from clearprop.engines.jax.rules import averaging, rounding
from clearprop.equations.activations import Activation
from clearprop.equations.outputs import OutputPair
from clearprop.equations.step import TRUE_RULES, Dropout, Rules, Step, Update
from clearprop.equations.updates import Optimizer
from clearprop.targets import one_hot, predicted_class

COMPILING: dict[str, Any] = {}
"""Options of JAX's compiler."""


@dataclass(frozen=True)
class Program:
    """What is compiled anew when it changes; everything else is a number that the compiled program is given."""

    activations: tuple[Activation, ...]
    output: OutputPair
    optimizer: Optimizer
    options: tuple[tuple[str, float], ...]
    l2: float
    dropout: float
    seed: int
    products: str
    classes: bool = True
    """Whether targets are class indices, not rows of numbers."""
    held: bool = True
    """Whether each device has all examples, not only those that it takes."""
    measures: bool = False
    """Whether the last step's gradient is measured."""

    def rules(self) -> Rules:
        rules = rounding(TRUE_RULES) if self.products == "bfloat16" else TRUE_RULES
        return averaging(rules) if all_devices().size > 1 else rules


class State(NamedTuple):
    """All that the steps change, the same on every device."""

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    slots: tuple[tuple[Mapping[str, Array], Mapping[str, Array]], ...]


class Examples(NamedTuple):
    """Examples on the devices: inputs, targets, and the weight of each, None if all count alike."""

    x: Array
    y: Array
    weight: Array | None


class Batches(NamedTuple):
    """The mini-batches of some steps: the rows (steps, batch), how many of those of each device are no padding (steps,
    devices), how many of all (steps,), η, and the number of each step in the whole run."""

    rows: Array
    own: Array
    count: Array
    eta: Array
    number: Array


class Seen(NamedTuple):
    """What was seen over some steps: the cost of each (steps,), how many examples were classified right (steps,), and
    the sum of the squares of the last gradient."""

    cost: Array
    right: Array
    squares: Array


@cache
def span_program(program: Program) -> Callable[[State, Examples, Batches], tuple[State, Seen]]:
    """The compiled steps. The arrays of the state that they are given are used up."""
    shared = jax.shard_map(
        partial(_steps, program),
        mesh=all_devices(),
        in_specs=(
            EVERYWHERE,
            EVERYWHERE if program.held else BY_ROWS,
            Batches(BY_COLUMNS, BY_COLUMNS, *[EVERYWHERE] * 3),
        ),
        out_specs=(EVERYWHERE, EVERYWHERE),
        check_vma=False,  # with one device there is nothing to bring together
    )
    return jax.jit(shared, donate_argnums=0, compiler_options=COMPILING)


@cache
def outputs_program(program: Program) -> Callable[[tuple[Array, ...], tuple[Array, ...], Array], Array]:
    """The compiled forward pass: z of the output layer, from weights, biases and inputs."""

    def outputs(weights: tuple[Array, ...], biases: tuple[Array, ...], x: Array) -> Array:
        x = x.astype(weights[0].dtype)
        step = Step(program.rules(), x, None, weights, biases, program.activations, program.output)
        return step.z[step.layers]

    return jax.jit(outputs, out_shardings=NamedSharding(all_devices(), EVERYWHERE), compiler_options=COMPILING)


def _steps(program: Program, state: State, examples: Examples, batches: Batches) -> tuple[State, Seen]:
    """The steps of one device."""

    def one(state: State, batch: Batches) -> tuple[State, Seen]:
        step, counts = _step(program, state, examples, batch)
        numbers = range(1, step.layers + 1)
        after = State(
            tuple(step.new_W[layer] for layer in numbers),
            tuple(step.new_b[layer] for layer in numbers),
            tuple((step.move_W[layer][1], step.move_b[layer][1]) for layer in numbers),
        )
        return after, _seen(program, step, counts, batch.count)

    state, seen = jax.lax.scan(one, state, batches)
    cost, right = jax.lax.psum((seen.cost, seen.right), AXIS)
    return state, Seen(cost, right, seen.squares[-1])


def _step(program: Program, state: State, examples: Examples, batch: Batches) -> tuple[Step, Array]:
    """One device's share of a step, and which of its rows are no padding."""
    precision = state.weights[0].dtype
    share = len(batch.rows)
    counts = jnp.arange(share) < batch.own
    # a mean over n rows of a batch that was filled up to N: the n rows count N/n times, the others not at all
    weight = jnp.where(counts, _padded(share) / batch.count, 0.0).astype(precision)
    if examples.weight is not None:
        weight = weight * _rows(examples.weight, batch.rows)
    y = _rows(examples.y, batch.rows)
    step = Step(
        program.rules(),
        _rows(examples.x, batch.rows).astype(precision),
        one_hot(y, len(state.biases[-1]), precision) if program.classes else y,
        state.weights,
        state.biases,
        program.activations,
        program.output,
        example_weight=weight,
        dropout=Dropout(program.dropout, program.seed, batch.number, jax.lax.axis_index(AXIS) * share),
        update=Update(program.optimizer, dict(program.options), batch.eta, batch.number + 1, program.l2),
        slots=state.slots,
    )
    return step, counts


def _rows(array: Array, chosen: Array) -> Array:
    return array.at[chosen].get(mode="promise_in_bounds")


def _padded(share: int) -> float:
    """The rows of a whole mini-batch, filled up so that every device has as many."""
    return float(share * all_devices().size)


def _seen(program: Program, step: Step, counts: Array, count: Array) -> Seen:
    cost = jnp.sum(step.cost[step.layers]) * (count / _padded(len(counts))).astype(step.x.dtype)
    right = squares = jnp.zeros((), int)
    if program.classes:
        answers = predicted_class(step.a[step.layers]) == predicted_class(step.y)
        right = jnp.sum(answers & counts)
    if program.measures:
        gradients = [quantity[layer] for layer in range(1, step.layers + 1) for quantity in (step.dW, step.db)]
        squares = jnp.sum(jnp.stack([jnp.vdot(gradient, gradient) for gradient in gradients]))
    return Seen(cost, right, squares)
