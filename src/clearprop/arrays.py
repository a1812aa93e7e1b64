"""The array types that annotations name, and NumPy's numbers as Python's.

`Array` is an array of any library of the array API standard (NumPy, JAX): such libraries share no base
class, so it stands for `Any`. The other names are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any
FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]


def is_finite(array: FloatArray) -> bool:
    """Whether an array holds no NaN and no infinity.

    >>> is_finite(np.array([1.0, -1e308])), is_finite(np.array([1.0, np.nan])), is_finite(np.array([1e308, 1e308]))
    (True, False, True)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()  # one number to look at in place of all; finite numbers may still add up to infinity
    return bool(np.isfinite(total) or np.isfinite(array).all())


def real_numbers(values: Any, kept: Container[Any]) -> FloatArray:
    """Values as an array: of their own type where it is one of `kept`, else of float64.

    TypeError for what NumPy would turn into real numbers by leaving something out.

    >>> real_numbers([1, 2], [np.float32])
    array([1., 2.])
    >>> real_numbers([1j], [])
    Traceback (most recent call last):
        ...
    TypeError: complex128 has no order of size; give real numbers, such as abs(…)
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError("a masked array hides some of its numbers; write .filled(…)")
    array = values if isinstance(values, np.memmap) else np.asarray(values)
    if array.dtype.kind == "c":
        raise TypeError(f"{array.dtype} has no order of size; give real numbers, such as abs(…)")
    if array.dtype.kind in "mM":
        raise TypeError(f"{array.dtype} is a time; write it as a number")
    return array if array.dtype in kept else np.asarray(values, dtype=np.float64)


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, so that JSON can hold them; everything else as it is.

    >>> plain(np.float32(0.5)), plain({"momentum": np.float64(0.9)}), plain("auto")
    (0.5, {'momentum': 0.9}, 'auto')
    """
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    return value.item() if isinstance(value, np.generic) else value
