"""The kinds of functions that are checked: what each is called with, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.conventions import Layout, parameter_lists, what_came
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
    if isinstance(value, np.ndarray):
        table = _table(layout, value)
        fits = value.ndim and (layout.single or len(table) == len(trial.x))
        return {("a", trial.layers): table} if fits else f"{OUTPUTS}, got {what_came(value)}"
    parts = value if isinstance(value, list) else []
    lists = [value, *(part for part in parts if isinstance(part, list))]  # a cache beside the outputs is no answer
    if lists := [arrays for each in lists if (arrays := _as_activations(layout, trial, each))]:
        # beside the activations there may be a list of the z
        arrays = max(lists, key=lambda part: _right_ones(layout, trial, part))
        return {("a", layer): _table(layout, array) for layer, array in enumerate(arrays, 1)}
    wanted = trial.a[trial.layers]
    outputs = [p for p in parts if isinstance(p, np.ndarray) and layout.read_table(p, wanted) is not None]
    if len(outputs) == 1:  # the rest is what the way back needs
        return {("a", trial.layers): _table(layout, outputs[0])}
    return f"{OUTPUTS}, got {what_came(value)}" + f", of which {len(outputs)} could be the outputs" * bool(outputs)


OUTPUTS = "expected the outputs, or a list with the activations of all layers"


def _as_activations(layout: Layout, trial: Trial, value: Any) -> list[FloatArray]:
    """a⁽¹⁾ to a⁽ᴸ⁾ in a list or under the names A1, A2, … of courses; empty if they are not there."""
    if isinstance(value, dict):
        names = [f"A{layer}" for layer in range(1, trial.layers + 1)]
        value = [value.get(name, value.get(name.lower())) for name in names]
    return value[-trial.layers :] if isinstance(value, list) and _is_activations(layout, trial, value) else []


def _right_ones(layout: Layout, trial: Trial, arrays: list[FloatArray]) -> int:
    tables = [layout.read_table(array, trial.a[layer]) for layer, array in enumerate(arrays, 1)]
    return sum(
        np.allclose(table, trial.a[layer], rtol=1e-3) for layer, table in enumerate(tables, 1) if table is not None
    )


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
    return f"expected a number, got {what_came(outcome.value)}"


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
