"""Targets: what the output layer ought to answer, from class indices, names, one-hot rows or real numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import Array, FloatArray, IntArray
from clearprop.errors import ArgumentError

LOGARITHMIC = frozenset({"cross_entropy", "binary_cross_entropy"})
"""Costs that take the logarithm of the outputs and so need targets between 0 and 1."""

ClassName = str | int | float | bool


@dataclass(frozen=True)
class Targets:
    """The targets of n examples.

    `values` are class indices (n,) where `classes` names what they stand for, else rows of numbers (n, units).
    """

    units: int
    values: np.ndarray[Any, Any]
    classes: tuple[ClassName, ...] | None

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, chosen: Any = slice(None)) -> FloatArray:
        """y as the equations take it, (n, units) float64, for the chosen examples."""
        chosen_values = self.values[chosen]
        y: FloatArray = one_hot(chosen_values, self.units) if self.classes else chosen_values
        return y


def one_hot(indices: Array, units: int, precision: str = "float64") -> Array:
    """Class indices (n,) of any array library as rows (n, units): 1 for the class, 0 elsewhere; one unit answers 0 or
    1.

    >>> one_hot(np.array([2, 0]), 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    if units == 1:
        return indices[:, None].astype(precision)
    return (indices[:, None] == indices.__array_namespace__().arange(units)).astype(precision)


def predicted_class(a: Array) -> Array:
    """The class of each row of outputs (n, units) of any array library: the largest; for one unit, class 1 when
    a ≥ 0.5."""
    return (a[..., 0] >= 0.5).astype(int) if a.shape[-1] == 1 else a.argmax(axis=-1)


def count_of_classes(units: int) -> int:
    """One output unit tells two classes apart."""
    return 2 if units == 1 else units


def sorted_classes(values: Sequence[ClassName]) -> tuple[ClassName, ...]:
    """The different values: numerically if all are numbers, else by code point; they keep their type.

    >>> sorted_classes([10, 9, 10])
    (9, 10)
    >>> sorted_classes(["b", "a", "10", "9"])
    ('10', '9', 'a', 'b')
    """
    different = set(values)
    if all(isinstance(value, (bool, int, float)) for value in different):
        return tuple(sorted(different))
    return tuple(sorted(different, key=str))


def encode(y: Any, units: int, cost: str, name: str = "y", classes: tuple[ClassName, ...] | None = None) -> Targets:
    """Targets for an output layer of `units` neurons.

    `y` is class indices (integers), class names (strings, booleans), one-hot rows (n, units), or rows of real
    numbers; floats of shape (n,) only for one output unit. ArgumentError for anything else. Class names must be
    among `classes`; without these, the names that occur are the classes.
    """
    array = np.asarray(y)
    if array.ndim == 1 and array.dtype.kind in "iu":
        return _from_indices(array, units, name)
    if array.ndim == 1 and array.dtype.kind in "USOTb":
        return _from_names(array, units, name, classes)
    if array.dtype.kind not in "iufb":
        raise ArgumentError(f"{name}: expected class indices, class names or rows of numbers, got {_kind(array)}.")
    if array.ndim == 1 and units == 1:
        array = array[:, None]
    return _from_rows(array, units, cost, name)


def _from_indices(array: IntArray, units: int, name: str) -> Targets:
    classes = count_of_classes(units)
    if len(array) and (array.min() < 0 or array.max() >= classes):
        shifted = array.min() == 1 and array.max() == classes
        hint = f" Count classes from 0: write {name} - 1." if shifted else ""
        raise ArgumentError(
            f"{name}: expected class indices 0 to {classes - 1} for {units} output unit{'s' * (units > 1)}, "
            f"got {array.min()} to {array.max()}.{hint}"
        )
    return Targets(units, array.astype(np.intp), tuple(range(classes)))


def _from_names(array: np.ndarray[Any, Any], units: int, name: str, known: tuple[ClassName, ...] | None) -> Targets:
    values = array.tolist()
    wrong = [value for value in values if not isinstance(value, (str, bool, int))]
    if wrong:
        raise ArgumentError(f"{name}: expected class names (strings), got {wrong[0]!r}; leave such rows out.")
    classes = known or ((False, True) if array.dtype.kind == "b" else sorted_classes(values))
    if len(classes) != count_of_classes(units):
        raise ArgumentError(
            f"{name}: expected {count_of_classes(units)} classes for {units} output unit{'s' * (units > 1)}, "
            f"got {len(classes)}: {', '.join(map(repr, classes[:5]))}{', …' * (len(classes) > 5)}."
        )
    place = {value: index for index, value in enumerate(classes)}
    strange = next((value for value in values if value not in place), None)
    if strange is not None:
        raise ArgumentError(f"{name}: expected the classes of the training data, {classes}, got {strange!r}.")
    return Targets(units, np.array([place[value] for value in values], dtype=np.intp), classes)


def _from_rows(array: np.ndarray[Any, Any], units: int, cost: str, name: str) -> Targets:
    if array.ndim != 2 or array.shape[1] != units:
        whole = array.ndim == 1 and bool(np.all(array == np.round(array)))
        hint = f" For class indices write {name}.astype(int)." if whole else " One row an example."
        raise ArgumentError(f"{name}: expected shape (n, {units}), got {_kind(array)}.{hint}")
    numbers = array.astype(np.float64)
    if not np.all(np.isfinite(numbers)):
        row = int(np.argwhere(~np.isfinite(numbers))[0, 0])
        raise ArgumentError(f"{name}: expected finite numbers, got {numbers[row].tolist()} in row {row}.")
    if _is_one_hot(numbers):
        indices = numbers[:, 0].astype(np.intp) if units == 1 else np.argmax(numbers, axis=1)
        return Targets(units, indices, tuple(range(count_of_classes(units))))
    if cost in LOGARITHMIC:
        _require_shares(numbers, cost, name)
    return Targets(units, numbers, None)


def _is_one_hot(numbers: FloatArray) -> bool:
    binary = bool(np.all((numbers == 0) | (numbers == 1)))
    return binary and (numbers.shape[1] == 1 or bool(np.all(numbers.sum(axis=1) == 1)))


def _require_shares(numbers: FloatArray, cost: str, name: str) -> None:
    """The cross-entropies compare shares: between 0 and 1, and for `cross_entropy` adding up to 1."""
    wrong = (numbers < 0) | (numbers > 1)
    rows = wrong.any(axis=1)
    if cost == "cross_entropy":
        rows |= np.abs(numbers.sum(axis=1) - 1) > 1e-6
    if rows.any():
        row = int(np.argmax(rows))
        wanted = "shares that add up to 1" if cost == "cross_entropy" else "numbers between 0 and 1"
        raise ArgumentError(
            f"{name}: expected rows of {wanted} for cost {cost!r}, got {numbers[row].tolist()} in row {row}. "
            f"For other numbers choose cost 'squared_error'."
        )


def _kind(array: np.ndarray[Any, Any]) -> str:
    return f"{array.dtype} of shape {array.shape}"
