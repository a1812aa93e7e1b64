"""The kinds of functions that are checked: what each is called with, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.conventions import Layout, parameter_lists
from clearprop.checking.running.learner import Outcome
from clearprop.checking.search import GRADIENTS, PARAMETERS, Observed
from clearprop.checking.trial import Key, Trial
from clearprop.equations.tables import lookup

Theirs = dict[Key, FloatArray]


@dataclass(frozen=True)
class Kind:
    """A kind of function. `signature` is how it is called, `arguments` makes the arguments for a point, `read` makes
    arrays by quantity and layer of an answer, or a sentence that says what came instead."""

    name: str
    signature: str
    arguments: Callable[[Layout, Trial], tuple[Any, ...]]
    read: Callable[[Layout, Trial, Outcome], Theirs | str]
    observed: Observed | None = None


def _parameters_and_data(layout: Layout, trial: Trial) -> tuple[Any, ...]:
    return (*layout.parameters(trial), layout.table(trial.x), layout.targets(trial.y))


def _with_learning_rate(layout: Layout, trial: Trial) -> tuple[Any, ...]:
    return (*_parameters_and_data(layout, trial), trial.update.learning_rate)


def _parameters_and_inputs(layout: Layout, trial: Trial) -> tuple[Any, ...]:
    return (*layout.parameters(trial), layout.table(trial.x))


def _outputs_and_targets(layout: Layout, trial: Trial) -> tuple[Any, ...]:
    return layout.table(trial.a[trial.layers]), layout.targets(trial.y)


def _sizes(trial: Trial) -> list[int]:
    return [trial.x.shape[1], *(trial.W[layer].shape[0] for layer in range(1, trial.layers + 1))]


def _read_gradients(layout: Layout, trial: Trial, outcome: Outcome) -> Theirs | str:
    return _read_parameters(layout, trial, outcome.value, GRADIENTS)


def _read_updated(layout: Layout, trial: Trial, outcome: Outcome) -> Theirs | str:
    """The parameters that were given back, or those that were changed in place."""
    value = outcome.after[:2] if outcome.value is None else outcome.value
    return _read_parameters(layout, trial, value, PARAMETERS)


def _read_parameters(layout: Layout, trial: Trial, value: Any, names: Observed) -> Theirs | str:
    lists = parameter_lists(value, _sizes(trial))
    if isinstance(lists, str):
        return lists
    if wrong := _wrong_order(lists, trial):
        return wrong
    theirs: Theirs = {}
    for layer, (W, b) in enumerate(zip(*lists, strict=True), 1):
        right = trial.W[layer].shape
        if W.size != trial.W[layer].size:
            wanted = layout.weight(trial.W[layer]).shape
            return f"expected an array of shape {wanted} for the weights of layer {layer}, got shape {W.shape}"
        read = layout.read_weight(W)
        theirs[names.weights, layer] = read.reshape(right) if np.squeeze(read).shape == right else read
        # one number for all neurons acts as if it stood for each
        whole = np.full(trial.b[layer].shape, b.item()) if b.size == 1 else b
        theirs[names.biases, layer] = layout.read_vector(whole)
    return theirs


def _wrong_order(lists: tuple[list[FloatArray], list[FloatArray]], trial: Trial) -> str:
    """What is to be said where all sizes would be right in another order; empty if they are right, or never would."""
    wanted = [[int(trial.value(name, layer).size) for layer in range(1, trial.layers + 1)] for name in ("W", "b")]
    sizes = [[array.size for array in each] for each in lists]
    if sizes == wanted:
        return ""
    if sizes == [each[::-1] for each in wanted]:
        return "it gives the last layer first; expected the first layer first: turn both lists round, with [::-1]"
    if sizes == wanted[::-1]:
        return "it gives the biases first; expected the weights' gradients, then those of the biases"
    return ""


def _read_activations(layout: Layout, trial: Trial, outcome: Outcome) -> Theirs | str:
    value = outcome.value
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, list) for part in value):
        value = next((part for part in value if _is_activations(layout, trial, part)), value)
    if isinstance(value, list) and _is_activations(layout, trial, value):
        arrays = value[-trial.layers :]
        return {("a", layer): _table(layout, array) for layer, array in enumerate(arrays, 1)}
    if isinstance(value, np.ndarray) and value.ndim and (value.size % len(trial.x) == 0):
        table = _table(layout, value)
        if layout.single or np.shape(table)[0] == len(trial.x):
            return {("a", trial.layers): table}
    return "expected the outputs, or a list with the activations of all layers, got something else"


def _is_activations(layout: Layout, trial: Trial, value: list[Any]) -> bool:
    """Whether these are a⁽¹⁾ to a⁽ᴸ⁾, perhaps with x before them."""
    if len(value) not in (trial.layers, trial.layers + 1):
        return False
    arrays = value[-trial.layers :]
    return all(
        isinstance(array, np.ndarray) and layout.read_table(array, trial.a[layer]) is not None
        for layer, array in enumerate(arrays, 1)
    )


def _table(layout: Layout, array: FloatArray) -> FloatArray:
    return array.T if layout.examples == "columns" and array.ndim == 2 else array


def _read_cost(layout: Layout, trial: Trial, outcome: Outcome) -> Theirs | str:
    if isinstance(outcome.value, np.ndarray):
        return {("cost", trial.layers): outcome.value}
    return "expected a number, got something else"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("backprop", "(weights, biases, x, y)", _parameters_and_data, _read_gradients, GRADIENTS),
        Kind("forward", "(weights, biases, x)", _parameters_and_inputs, _read_activations),
        Kind("cost", "(output, y)", _outputs_and_targets, _read_cost),
        Kind("step", "(weights, biases, x, y, learning_rate)", _with_learning_rate, _read_updated, PARAMETERS),
    )
}


def kind_named(name: str) -> Kind:
    """The kind of that name; ArgumentError for an unknown one."""
    return lookup(KINDS, name, "kind")
