"""`check_numbers`: gradients that someone worked out, without the code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.checker import title_of
from clearprop.checking.comparing import tolerance_of
from clearprop.checking.hypotheses import Point
from clearprop.checking.kinds import KINDS
from clearprop.checking.points import trial_of
from clearprop.checking.report import CheckReport
from clearprop.checking.unseen import not_seen
from clearprop.checking.verdicts import verdict_on
from clearprop.errors import ArgumentError, DataError
from clearprop.network import Network, as_inputs
from clearprop.targets import encode

FEW_NUMBERS = 6
"""Fewer numbers than this fit more than one explanation too easily."""

FIELDS = ("weights", "biases", "x", "y", "weight_gradients", "bias_gradients")


def check_numbers(
    weights: Sequence[Any],
    biases: Sequence[Any],
    x: Any,
    y: Any,
    weight_gradients: Sequence[Any],
    bias_gradients: Sequence[Any],
    *,
    activations: Sequence[str],
    cost: str,
) -> CheckReport:
    """Whether gradients are those of a network at given numbers, and if not, which mistake leads to them.

    Lists have the first layer first; `weights` and their gradients are (out, in) or both (in, out); `x` is one example
    or one row an example, `y` its target, class indices or rows. Gradients are the mean or the sum over the examples.
    Numbers may be rounded to a few digits: then differences of a few units of the last digit are no mistake.

    >>> check_numbers([[[0.5, -0.25]]], [[0.1]], [1.0, 2.0], [1.0], [[[-0.12, -0.24]]], [[-0.12]],
    ...               activations=["sigmoid"], cost="half_squared_error").ok
    True
    """
    given = [_arrays("weights", weights), _arrays("biases", biases)]
    theirs = [_arrays("weight_gradients", weight_gradients), _arrays("bias_gradients", bias_gradients)]
    turned = _is_in_out(given[0], given[1])
    if turned:
        given[0], theirs[0] = ([W.T for W in arrays] for arrays in (given[0], theirs[0]))
    network = Network.of(*given, activations=activations, cost=cost)
    _require_shapes(network, *theirs)
    point = _point(network, x, y, *theirs)
    verdict = verdict_on(KINDS["backprop"], [point])
    layout = "weights as (in, out)" if turned else "weights as (out, in)"
    return CheckReport(
        title=title_of("numbers", network),
        mistakes=verdict.mistakes,
        conventions=(layout, *_rounding(point), *verdict.conventions),
        not_checked=(*_few(point), *not_seen("backprop", verdict.mistakes)),
    )


def check_file(path: Path, activations: Sequence[str] | None, cost: str | None) -> CheckReport:
    """The same for a JSON file with the arguments' names as keys; DataError for a file that cannot be used."""
    document = _document(path)
    missing = [name for name in FIELDS if name not in document]
    if missing:
        raise DataError(f"{path}: expected the keys {', '.join(FIELDS)}, got no {missing[0]}.")
    names, cost_name = activations or document.get("activations"), cost or document.get("cost")
    if not names or not cost_name:
        raise DataError(
            f"{path}: expected activations and cost, in the file or with --activations and --cost, got none."
        )
    return check_numbers(*(document[name] for name in FIELDS), activations=list(names), cost=str(cost_name))


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected JSON, got something that is no text.") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path}: expected JSON, got something else ({error}).") from None
    if not isinstance(document, dict):
        raise DataError(f"{path}: expected one JSON object, got {type(document).__name__}.")
    return document


def _arrays(name: str, values: Any) -> list[FloatArray]:
    try:
        arrays: list[FloatArray] = [np.asarray(value, dtype=np.float64) for value in values]
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name}: expected a list of arrays of numbers, got something else ({error}).") from None
    if not arrays:
        raise ArgumentError(f"{name}: expected one array for each layer, got none.")
    return arrays


def _is_in_out(weights: Sequence[FloatArray], biases: Sequence[FloatArray]) -> bool:
    """Whether the second axis of every weight, and of one not the first, is as long as its bias."""
    pairs = [(W.shape, b.size) for W, b in zip(weights, biases, strict=False) if W.ndim == 2]
    return bool(pairs) and all(shape[1] == n for shape, n in pairs) and any(shape[0] != n for shape, n in pairs)


def _require_shapes(network: Network, weights: Sequence[FloatArray], biases: Sequence[FloatArray]) -> None:
    count = len(network.layers)
    if not len(weights) == len(biases) == count:
        raise ArgumentError(
            f"weight_gradients and bias_gradients: expected {count} each, one for each layer, "
            f"got {len(weights)} and {len(biases)}."
        )
    for number, (W, layer) in enumerate(zip(weights, network.layers, strict=True), 1):
        if W.size != layer.weight.size:
            raise ArgumentError(
                f"weight_gradients: expected shape {layer.weight.shape} for layer {number}, got {W.shape}."
            )


def _point(network: Network, x: Any, y: Any, weights: Sequence[FloatArray], biases: Sequence[FloatArray]) -> Point:
    inputs, targets = np.asarray(x), np.asarray(y)
    if inputs.ndim == 1:
        inputs, targets = inputs[None, :], targets[None]
    rows = as_inputs(inputs, network.sizes[0]).astype(np.float64)
    encoded = encode(targets, network.sizes[-1], network.cost).rows()
    if len(rows) != len(encoded) or not len(rows):
        raise ArgumentError(f"y: expected {len(rows)} targets, one for each example, got {len(encoded)}.")
    trial = trial_of(network, network.weights, network.biases, rows, encoded)
    theirs = {("given_W", layer): W for layer, W in enumerate(weights, 1)}
    theirs |= {("given_b", layer): b for layer, b in enumerate(biases, 1)}
    return Point(trial, theirs, tolerance_of(theirs.values(), single=False))


def _rounding(point: Point) -> tuple[str, ...]:
    tolerance = point.tolerance
    return (f"rounded to {tolerance.decimals} decimals",) if tolerance.rounded else ()


def _few(point: Point) -> tuple[str, ...]:
    count = sum(array.size for array in point.theirs.values())
    return (f"other explanations: {count} numbers are few, and more than one may fit",) if count < FEW_NUMBERS else ()
