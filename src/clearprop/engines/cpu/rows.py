"""What happens to the rows of a mini-batch besides the equations: fetched, weighed, counted, added up."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import kernel, vector


def _fetch(kind: Any) -> Any:
    """The kernel that fetches from arrays of one number type: only what is needed is read, shuffled or not."""

    @kernel
    def fetch(x: int, rows: Array, width: int, first: int, into: Array) -> None:
        """Columns first, first + 1, … of the chosen rows of the array (…, width) at the address x, as `into` holds
        them."""
        for i in range(into.shape[0]):
            start = rows[i] * width + first
            source, row = vector(kind, x, start, start + into.shape[1]), into[i]
            for j in range(row.shape[0]):
                row[j] = source[j]

    return fetch


FETCH = {precision: _fetch(getattr(np, precision)) for precision in ("float32", "float64", "uint8")}
"""How inputs, and targets that are numbers, become rows of a mini-batch."""


@kernel
def fetch_classes(y: int, rows: Array, width: int, first: int, into: Array) -> None:  # noqa: ARG001 - as all fetches
    """The class indices of the chosen rows, which lie at the address y, as rows of 0 and 1."""
    one = into.dtype.type(1)
    for i in range(into.shape[0]):
        of_class = vector(np.int64, y, rows[i], rows[i] + 1)[0]
        for j in range(width):
            into[i, j] = one if j == of_class else 0
        if width == 1:
            into[i, 0] = of_class


@kernel
def weigh(weights: int, rows: Array, delta: Array, cost: Array) -> None:
    """Each chosen row's δ and cost, times its weight: float64 numbers at the address `weights`."""
    for i in range(delta.shape[0]):
        weight = delta.dtype.type(vector(np.float64, weights, rows[i], rows[i] + 1)[0])
        cost[i] *= weight
        for j in range(delta.shape[1]):
            delta[i, j] *= weight


@kernel
def count_right(a: Array, y: Array, right: Array) -> None:
    """Adds how many rows have their largest output where their target has its 1; one unit says class 1 from 0.5 on."""
    for i in range(a.shape[0]):
        if a.shape[1] == 1:
            right[0] += (a[i, 0] >= 0.5) == (y[i, 0] >= 0.5)
            continue
        target = below = 0
        for j in range(a.shape[1]):
            target += j if y[i, j] == 1 else 0
        for j in range(a.shape[1]):  # of equal outputs the first counts as the largest
            below += (a[i, j] < a[i, target]) | ((a[i, j] == a[i, target]) & (j >= target))
        right[0] += below == a.shape[1]


@kernel
def find_classes(a: Array, classes: Array) -> None:
    """The class that each row of outputs says: the first of the largest; of one unit class 1 from 0.5 on."""
    for i in range(a.shape[0]):
        largest = 0
        for j in range(a.shape[1]):
            largest = j if a[i, j] > a[i, largest] else largest
        classes[i] = largest if a.shape[1] > 1 else a[i, 0] >= 0.5


@kernel
def add_bias(products: Array, b: Array, z: Array) -> None:
    """z = products + b, apart from the products."""
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = products[i, j] + b[j]


@kernel
def add_rows(total: Array, part: Array, more: bool) -> None:
    """total = part, or total + part if there is more than this part."""
    for i in range(total.shape[0]):
        if more:
            for j in range(total.shape[1]):
                total[i, j] += part[i, j]
        else:
            for j in range(total.shape[1]):
                total[i, j] = part[i, j]


@kernel
def add_squares(g: Array, theta: Array, l2: float, squares: Array) -> None:
    """Adds the squares of the gradient g with L2's share in it."""
    for i in range(g.shape[0]):
        slope = np.float64(g[i]) + l2 * np.float64(theta[i])
        squares[0] += slope * slope
