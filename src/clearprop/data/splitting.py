"""Which rows are for training and which are held out: seeded.

Rows in memory are split exactly, in every class's proportion; rows of a stream are drawn one by one, by their numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop.arrays import IntArray
from clearprop.errors import ArgumentError

TEST_STREAM = 101
VALIDATION_STREAM = 102


def split(
    y: IntArray | None, share: float, seed: int, stream: int, *, rows: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide rows into (rest, part), two arrays of row numbers in ascending order.

    y: class indices (n,), or None for rows without classes, whose count is then `rows`. The part holds
    share * n rows, rounded, and at least one, each class in proportion; every class keeps at least one row in the
    rest, so that the part is smaller, even empty, where classes have only one row.
    The same y, share, seed and stream give the same rows. Raises ArgumentError.

    >>> split(np.array([0, 0, 0, 1, 1, 1]), 1 / 3, seed=0, stream=VALIDATION_STREAM)[1].tolist()
    [0, 3]
    """
    check_share("share", share)
    if seed < 0:
        raise ArgumentError(f"seed: expected a whole number of at least 0, got {seed}.")
    if y is None and rows is None:
        raise ArgumentError("split: expected classes y or a number of rows, got neither.")
    _, y = np.unique(np.zeros(rows or 0, np.int64) if y is None else y, return_inverse=True)
    taken = _counts(np.bincount(y), share)
    shuffled = np.random.default_rng([seed, stream]).permutation(len(y))
    by_class = shuffled[np.argsort(y[shuffled], kind="stable")]
    starts = np.cumsum(np.bincount(y)) - np.bincount(y)
    place = np.arange(len(y)) - np.repeat(starts, np.bincount(y))
    chosen = place < np.repeat(taken, np.bincount(y))
    return np.sort(by_class[~chosen]), np.sort(by_class[chosen])


def drawn(rows: IntArray, share: float, seed: int, stream: int) -> NDArray[np.bool_]:
    """Whether each row, known by its number, is among the drawn ones, which are about that share of all rows.

    It depends on (seed, stream, number) alone, so no list of the rows is needed. The hash is SplitMix64.

    >>> drawn(np.arange(8), 0.5, seed=0, stream=VALIDATION_STREAM).tolist()
    [False, True, False, True, True, True, False, True]
    """
    key = int(np.random.default_rng([seed, stream]).integers(2**64, dtype=np.uint64))
    with np.errstate(over="ignore"):
        bits = np.asarray(rows).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
    chosen: NDArray[np.bool_] = (bits >> np.uint64(11)) * 2.0**-53 < share
    return chosen


def check_share(name: str, share: float) -> None:
    """Raise ArgumentError unless a share lies between 0 and 1, both excluded."""
    if not 0 < share < 1:
        raise ArgumentError(
            f"{name}: expected a share of the rows between 0 and 1, got {share}; write 0.2 for a fifth."
        )


def _counts(sizes: IntArray, share: float) -> NDArray[np.int64]:
    """How many rows of each class go into the part: the whole shares first, then the largest remainders."""
    exact = sizes * share
    limit = np.minimum(np.ceil(exact).astype(np.int64), np.maximum(sizes - 1, 0))
    taken: NDArray[np.int64] = np.minimum(np.floor(exact).astype(np.int64), limit)
    wanted = max(1, round(float(exact.sum())))
    for k in np.argsort(taken - exact, kind="stable"):
        if taken.sum() >= wanted:
            break
        taken[k] = min(taken[k] + 1, limit[k])
    return taken
