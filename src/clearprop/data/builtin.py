"""The sets that come with scikit-learn, by name; nothing is downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.data.memory import MemorySource, array_field
from clearprop.features import Reading

if TYPE_CHECKING:
    import pyarrow as pa

LOADERS = {"digits": "load_digits", "iris": "load_iris", "wine": "load_wine", "breast-cancer": "load_breast_cancer"}
TARGETS = {"digits": "y", "iris": "species", "wine": "cultivar", "breast-cancer": "diagnosis"}


def open_builtin(name: str, reading: Reading) -> MemorySource:
    """A built-in set: `digits` as images of 8 x 8 with values 0-16, the others as tables with named classes."""
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, LOADERS[name])()
    table = _images(bunch) if name == "digits" else _table(bunch, TARGETS[name])
    return MemorySource(name, table, TARGETS[name], reading)


def _images(bunch: Any) -> pa.Table:
    import pyarrow as pa

    pixels = pa.array(bunch.images.astype(np.uint8).ravel())
    x = pa.FixedSizeListArray.from_arrays(pixels, 64)
    fields = [array_field("x", pa.uint8(), (8, 8)), pa.field("y", pa.int64())]
    return pa.table([x, pa.array(bunch.target, pa.int64())], schema=pa.schema(fields))


def _table(bunch: Any, target: str) -> pa.Table:
    import pyarrow as pa

    columns = {str(name): pa.array(bunch.data[:, i]) for i, name in enumerate(bunch.feature_names)}
    return pa.table({**columns, target: pa.array([str(bunch.target_names[k]) for k in bunch.target])})
