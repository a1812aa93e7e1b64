"""The array types that annotations name, and NumPy's numbers as Python's.

`Array` is an array of any library of the array API standard (NumPy, JAX): such libraries share no base
class, so it stands for `Any`. The other names are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any
FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, so that JSON can hold them; everything else as it is.

    >>> plain(np.float32(0.5)), plain({"momentum": np.float64(0.9)}), plain("auto")
    (0.5, {'momentum': 0.9}, 'auto')
    """
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    return value.item() if isinstance(value, np.generic) else value
