"""The examples of a training: what is learned from, what is held back, how much each counts, how well they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.data.splitting import VALIDATION_STREAM, split
from clearprop.engines.protocol import Data
from clearprop.errors import ArgumentError
from clearprop.network import Network, as_inputs, require_same_length
from clearprop.settings import Settings
from clearprop.targets import Targets, count_of_classes, encode, predicted_class

CHUNK = 65_536
"""Rows that are looked at together when nothing is learned from them."""


@dataclass(frozen=True)
class Figures:
    """What a network does on some examples: how many, the mean cost, the share classified right (None: no classes)."""

    examples: int
    cost: float
    accuracy: float | None


def example_weights(targets: Targets, class_weight: Any, sample_weight: Any) -> FloatArray | None:
    """The weight of each example (n,), None if all count alike: class weight times sample weight."""
    weights = _example_weights(targets, class_weight, sample_weight)
    if weights is not None and len(weights) and not weights.any():
        raise ArgumentError("sample_weight, class_weight: expected examples that count, got a weight of 0 for each.")
    return weights


def _example_weights(targets: Targets, class_weight: Any, sample_weight: Any) -> FloatArray | None:
    weights = None if sample_weight is None else np.asarray(sample_weight)
    if weights is not None:
        if weights.shape != (len(targets),) or not _are_weights(weights):
            raise ArgumentError(
                f"sample_weight: expected {len(targets)} numbers of at least 0, "
                f"got {weights.dtype} of shape {weights.shape}."
            )
        weights = weights.astype(np.float64)
    if class_weight is None:
        return weights
    if targets.classes is None:
        raise ArgumentError("class_weight: expected classes as targets, got rows of real numbers; use sample_weight.")
    counts = np.bincount(targets.values, minlength=len(targets.classes))
    by_class: FloatArray = class_weights(targets.classes, counts, class_weight)[targets.values]
    return by_class if weights is None else by_class * weights


def class_weights(classes: tuple[Any, ...], counts: IntArray, given: Any) -> FloatArray:
    """The weight of each class, of which there are so many examples; "balanced": every class counts as much as the
    others."""
    if isinstance(given, str) and given == "balanced":
        balanced: FloatArray = counts.sum() / (len(counts) * np.maximum(counts, 1))
        return balanced
    return _given_weights(classes, given)


def _given_weights(classes: tuple[Any, ...], given: Any) -> FloatArray:
    if not isinstance(given, Mapping) or not set(given) <= set(classes):
        raise ArgumentError(
            f"class_weight: expected 'balanced' or a weight for each of the classes {list(classes)}, got {given!r}."
        )
    weights = np.array([given.get(name, 1.0) for name in classes])
    if weights.shape != (len(classes),) or not _are_weights(weights):
        raise ArgumentError(f"class_weight: expected numbers of at least 0, got {given!r}.")
    return weights.astype(np.float64)


def _are_weights(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind in "iuf" and bool(np.all(np.isfinite(array) & (array >= 0)))


def examples_of(network: Network, pair: tuple[Any, Any], like: Targets, name: str) -> Data:
    """Examples given as (x, y) beside the training data; class names must be those of the training data."""
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise ArgumentError(f"{name}: expected a pair (x, y), got {type(pair).__name__}.")
    x = as_inputs(pair[0], network.sizes[0], f"{name} x")
    y = encode(pair[1], network.sizes[-1], network.cost, f"{name} y", like.classes)
    require_same_length(x, y, f"{name} y")
    if len(x) == 0:
        raise ArgumentError(f"{name}: expected at least one example, got none.")
    if like.classes is None and y.classes == tuple(range(count_of_classes(y.units))):
        y = Targets(y.units, y.rows(), None)  # real numbers that happen to be 0 and 1
    if y.classes != like.classes:
        raise ArgumentError(f"{name} y: expected the classes of the training data, {like.classes}, got {y.classes}.")
    return Data(x, y)


def divide(
    data: Data, settings: Settings, network: Network, validation: tuple[Any, Any] | None
) -> tuple[Data, Data | None]:
    """The examples to learn from, and those to watch the training with."""
    if len(data) == 0:
        raise ArgumentError("x: expected at least one example, got none.")
    if validation is not None:
        return data, examples_of(network, validation, data.targets, "validation")
    if settings.validation == 0 or len(data) < 2:
        return data, None
    classes = data.targets.values if data.targets.classes else None
    rest, part = split(classes, settings.validation, settings.seed, VALIDATION_STREAM, rows=len(data))
    if len(part) == 0:
        return data, None
    return replace(data, rows=rest), replace(data, rows=part)


def measured(forward: Callable[[FloatArray], FloatArray], network: Network, parts: Iterable[Data]) -> Figures:
    """Cost and accuracy from a function that gives the weighted inputs z of the output layer, (n, units)."""
    count, cost, right, has_classes, pair = 0, 0.0, 0, False, network.output_pair
    for data in parts:
        for first in range(0, len(data), CHUNK):
            chunk = data.numbers(slice(first, first + CHUNK))
            with np.errstate(all="ignore"):  # weights about to diverge: the cost tells
                z = forward(data.x[chunk]).astype(np.float64)
                cost += float(np.sum(pair.cost(z, data.targets.rows(chunk))))
                if data.targets.classes:
                    right += int(np.sum(predicted_class(pair.activation(z)) == data.targets.values[chunk]))
        count, has_classes = count + len(data), data.targets.classes is not None
    return Figures(count, cost / count, right / count if has_classes else None)
