"""When two arrays are the same numbers: to rounding, whatever was rounded."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray

DOUBLE, SINGLE = 1e-5, 2e-4
"""How far numbers may lie apart, as a share of the largest of their array: small constants that keep a logarithm from
zero are allowed for in float64, and a few hundred additions in float32."""

FEW_DIGITS = 7
"""Numbers with so few digits were rounded by someone."""

STEPS_ROUNDED = 5
"""So many units of the last digit a number may be off when everything on the way to it was rounded as well."""

NEGLIGIBLE = 1e-2
"""An array whose numbers are all below this share of the others' is measured by the others."""


@dataclass(frozen=True)
class Tolerance:
    """A share of the largest number of an array, or for rounded numbers so much for each unit of the last digit."""

    share: float
    decimals: int | None = None
    digits: int | None = None

    def allowed(self, theirs: FloatArray, size: float) -> FloatArray | float:
        """How far each number may be off, given the size of the numbers around it."""
        if self.decimals is None or self.digits is None:
            return self.share * size
        with np.errstate(divide="ignore"):
            exponent = np.floor(np.log10(np.abs(theirs)))
        by_digits = np.where(theirs == 0, 0.0, 10.0 ** (np.where(theirs == 0, 0.0, exponent) - self.digits + 1))
        return np.asarray(STEPS_ROUNDED * np.maximum(by_digits, 10.0**-self.decimals) + self.share * size)

    @property
    def rounded(self) -> bool:
        return self.decimals is not None


def tolerance_of(arrays: Iterable[FloatArray], *, single: bool) -> Tolerance:
    """What the digits of these numbers allow."""
    numbers = np.concatenate([np.ravel(array) for array in arrays])
    numbers = numbers[np.isfinite(numbers) & (numbers != 0)]
    share = SINGLE if single else DOUBLE
    if not len(numbers):
        return Tolerance(share)
    digits = max(_digits(number) for number in numbers[:500])
    if digits > FEW_DIGITS:
        return Tolerance(SINGLE if digits <= FEW_DIGITS + 2 else share)
    return Tolerance(SINGLE, max(_decimals(number) for number in numbers), digits)


def _digits(number: float) -> int:
    mantissa = repr(float(abs(number))).partition("e")[0]
    return len(mantissa.replace(".", "").strip("0"))


def _decimals(number: float) -> int:
    mantissa, _, exponent = repr(float(number)).partition("e")
    behind = len(mantissa.partition(".")[2].rstrip("0"))
    return max(0, behind - int(exponent or 0))


def size_of(arrays: Iterable[FloatArray]) -> float:
    """The largest number in them."""
    return max((float(np.max(np.abs(array), initial=0.0)) for array in arrays), default=0.0)


def same_numbers(theirs: FloatArray, ours: FloatArray, allowed: FloatArray | float) -> bool:
    """Whether both hold the same numbers in the same places, `allowed` apart; theirs has no axes of length 1 any
    more."""
    ours = ours.squeeze()
    if theirs.shape != ours.shape:
        return False
    with np.errstate(invalid="ignore"):
        return bool((np.abs(theirs - ours) <= allowed).all())  # no number is close to NaN


def apart(theirs: FloatArray, ours: FloatArray) -> FloatArray | None:
    """How far apart they are, number by number; None where their shapes differ or a number is not finite."""
    first, second = np.squeeze(np.asarray(theirs)), np.squeeze(np.asarray(ours))
    if first.shape != second.shape or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    return np.abs(first - second)


def ratio(theirs: FloatArray, ours: FloatArray) -> float:
    """The factor c that brings c · ours closest to theirs; NaN where there is none."""
    first, second = np.ravel(theirs), np.ravel(ours)
    if first.shape != second.shape or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return math.nan
    below = float(second @ second)
    return float(first @ second) / below if below else math.nan
