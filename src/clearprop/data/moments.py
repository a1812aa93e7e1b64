"""Mean, spread and range of columns of numbers, taken in a part of the rows at a time."""

from __future__ import annotations

import numpy as np

from clearprop.arrays import BoolArray
from clearprop.features.protocol import Float64Array


class Moments:
    """What is known of columns of numbers so far; NaN stands for a missing number and does not count.

    Sums are kept of numbers divided by a power of two, so that they stay finite whatever the numbers are. Two parts are
    joined as by Chan, Golub and LeVeque 1979, without the digits that a sum of squares loses.
    """

    def __init__(self, columns: int) -> None:
        self.low = np.full(columns, np.inf)
        self.high = np.full(columns, -np.inf)
        self.count = np.zeros(columns)
        self.missing = np.zeros(columns, np.bool_)
        self._exponent = np.zeros(columns, np.int64)
        self._mean = np.zeros(columns)
        self._squares = np.zeros(columns)

    def add(self, chunk: Float64Array) -> None:
        """Take in more rows, (n, columns)."""
        absent = np.isnan(chunk)
        here = len(chunk) - absent.sum(axis=0)
        self.missing |= absent.any(axis=0)
        self.low = np.fmin(self.low, np.fmin.reduce(chunk, axis=0, initial=np.inf))
        self.high = np.fmax(self.high, np.fmax.reduce(chunk, axis=0, initial=-np.inf))
        self._rescale()
        scaled = np.ldexp(np.where(absent, 0.0, chunk), -self._exponent)
        mean = scaled.sum(axis=0) / np.maximum(here, 1)
        squares = np.where(absent, 0.0, (scaled - mean) ** 2).sum(axis=0)
        together = np.maximum(self.count + here, 1)
        step = mean - self._mean
        self._mean = self._mean + np.where(here, step * (here / together), 0.0)
        self._squares = self._squares + squares + np.where(here, step**2 * (self.count * here / together), 0.0)
        self.count = self.count + here

    def _rescale(self) -> None:
        """Let the power of two grow with the largest number."""
        size = np.where(self.low > self.high, 0.0, np.maximum(np.abs(self.low), np.abs(self.high)))
        exponent = np.where(size > 0, np.frexp(size)[1], self._exponent).astype(np.int64)
        smaller = np.where(self.count > 0, self._exponent - exponent, 0)
        self._mean, self._squares = np.ldexp(self._mean, smaller), np.ldexp(self._squares, 2 * smaller)
        self._exponent = exponent

    def standardization(self) -> tuple[Float64Array, Float64Array]:
        """Mean and standard deviation of each column; 0 and 1 where there is no number.

        A constant column has its value as the mean, to the bit, and the scale 1, so that it becomes exactly 0.
        """
        low, high = self.range()
        scale = np.ldexp(np.sqrt(self._squares / np.maximum(self.count, 1)), self._exponent)
        constant = (low == high) | (scale == 0)
        return np.where(constant, low, np.ldexp(self._mean, self._exponent)), np.where(constant, 1.0, scale)

    def range(self) -> tuple[Float64Array, Float64Array]:
        """Smallest and largest number of each column; 0 and 0 where there is none."""
        empty = self.low > self.high
        return np.where(empty, 0.0, self.low), np.where(empty, 0.0, self.high)

    def is_constant(self, mean: Float64Array, scale: Float64Array) -> BoolArray:
        """Whether (v - mean) / scale, 0 for missing numbers, is the same in all rows."""
        low, high = self.range()
        least, most = (low - mean) / scale, (high - mean) / scale
        constant: BoolArray = (self.count == 0) | ((least == most) & (~self.missing | (least == 0)))
        return constant
