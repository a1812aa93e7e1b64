"""What can be seen of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import BoolArray, FloatArray, IntArray
from clearprop.diagnosing.setup import Setup
from clearprop.equations.activations import ACTIVATIONS

SAME_COLUMN_ROWS = 1_000
"""Rows by which two columns are told apart."""


@dataclass(frozen=True, eq=False)
class DataFacts:
    """`shares`: of each class the share of the rows. `runs`: how many stretches of rows have the same class.

    `contradicting` (n,) marks rows whose inputs another row has with another label; no network can answer more than
    the share `best_accuracy` right. `range` holds the smallest and the largest target.
    """

    rows: int
    width: int
    missing: int
    largest: float
    means: FloatArray
    spreads: FloatArray
    constant_columns: int
    duplicate_columns: int
    shares: dict[int, float]
    runs: int
    contradicting: BoolArray
    best_accuracy: float
    range: tuple[float, float]

    @property
    def columns_apart(self) -> float:
        """How many times as large the largest spread of a column is as the smallest that is not 0."""
        spreads = self.spreads[self.spreads > 0]
        return float(spreads.max() / spreads.min()) if len(spreads) else 1.0


def data_facts(setup: Setup) -> DataFacts:
    """Look at the examples of a setup."""
    x, y = setup.examples.x, setup.examples.y
    finite = np.where(np.isfinite(x), x, 0.0)
    contradicting, best = _contradictions(x, y) if setup.classes else (np.zeros(len(x), np.bool_), 1.0)
    counts = np.bincount(y, minlength=setup.class_count) if setup.classes else np.zeros(0)
    return DataFacts(
        rows=len(x),
        width=x.shape[1],
        missing=int(x.size - np.isfinite(x).sum()),
        largest=float(np.abs(finite).max()),
        means=finite.mean(axis=0),
        spreads=finite.std(axis=0),
        constant_columns=int(np.sum(finite.min(axis=0) == finite.max(axis=0))),
        duplicate_columns=_duplicates(finite[:SAME_COLUMN_ROWS]),
        shares={k: float(count) / len(y) for k, count in enumerate(counts)},
        runs=1 + int(np.sum(y[1:] != y[:-1])) if setup.classes else 0,
        contradicting=contradicting,
        best_accuracy=best,
        range=(float(y.min()), float(y.max())),
    )


def _duplicates(x: FloatArray) -> int:
    """How many columns that vary are the copy of an earlier one."""
    varying = x[:, x.min(axis=0) < x.max(axis=0)]
    return int(varying.shape[1] - len({column.tobytes() for column in np.ascontiguousarray(varying.T)}))


def groups_of_rows(x: FloatArray) -> IntArray:
    """For each row (n, inputs) the number of its inputs: rows with equal inputs have the same."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in np.ascontiguousarray(x)])


def table_of_labels(groups: IntArray, y: np.ndarray[Any, Any]) -> IntArray:
    """How often each group of equal inputs has each label, (groups, classes)."""
    table = np.zeros((int(groups.max()) + 1, int(y.max()) + 1), np.int64)
    np.add.at(table, (groups, y), 1)
    return table


def _contradictions(x: FloatArray, y: IntArray) -> tuple[BoolArray, float]:
    groups = groups_of_rows(x)
    table = table_of_labels(groups, y)
    several = np.sum(table > 0, axis=1) > 1
    return np.asarray(several[groups]), float(table.max(axis=1).sum()) / len(y)


RANGES: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
}
"""What an output activation can answer; the others can answer anything."""
assert RANGES.keys() <= ACTIVATIONS.keys()


def range_of(output: str) -> tuple[float, float]:
    """The smallest and the largest answer of an output activation."""
    return RANGES.get(output, (-np.inf, np.inf))
