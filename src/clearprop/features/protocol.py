"""What features of every kind do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clearprop.features.document import JSON
from clearprop.features.reading import Reading

if TYPE_CHECKING:
    import pyarrow as pa

Float64Array: TypeAlias = NDArray[np.float64]


class Transformed(NamedTuple):
    """x: (n, width) inputs; reasons: for each row that cannot be used (its inputs are 0), why not."""

    x: Float64Array
    reasons: dict[int, str]


class Features(Protocol):
    """What turns a record batch into the inputs of a network."""

    @property
    def reading(self) -> Reading: ...

    @property
    def width(self) -> int:
        """Number of inputs of the network."""

    @property
    def input_names(self) -> tuple[str, ...]:
        """One name for each input: `age`, `age is missing`, `job = clerk`, `job = other`, `x[3]`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a batch must have."""

    def check(self, schema: pa.Schema) -> None:
        """Raise DataError when a column is missing or holds another kind of value than in training."""

    def transform(self, batch: pa.RecordBatch) -> Transformed:
        """The inputs of each row; rows that cannot be used come with the reason."""

    def to_document(self) -> dict[str, JSON]:
        """What the model file keeps; `features_from_document` reads it back."""
