"""The rows of a source with their labels, as `clearprop label` writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearprop.cli.console import counted
from clearprop.data import Source
from clearprop.errors import DataError
from clearprop.labelling import Labelled, label_columns, label_stream, no_labels
from clearprop.model import Model

if TYPE_CHECKING:
    import pyarrow as pa

Write = Callable[["pa.Table"], Any]


@dataclass(frozen=True)
class Count:
    """How many rows got a label, and how many a reason instead."""

    labelled: int = 0
    unlabelled: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.labelled + other.labelled, self.unlabelled + other.unlabelled)

    def __str__(self) -> str:
        reasons = f", {self.unlabelled:,} not (see their reasons)" if self.unlabelled else ""
        return f"{counted(self.labelled, 'row')} labelled{reasons}"


def write_labels(
    model: Model, source: Source, probabilities: bool, write: Write, tick: Callable[[int], Any] = lambda _: None
) -> Count:
    """Label the rows of a source that has the model's columns, batch by batch, and write a table for each. `tick` is
    told the rows so far. Raises DataError for a source none of whose rows can be labelled.
    """
    assert model.features is not None
    rows, unlabelled, first = 0, 0, ""
    for labelled in label_stream(model, source.batches(model.features.columns)):
        write(label_table(model, labelled, rows + 1, probabilities))
        first = first or labelled.reasons.get(0, "")
        rows += len(labelled.labels)
        unlabelled += len(labelled.reasons)
        tick(rows)
    if rows and unlabelled == rows:
        raise DataError(f"{source.name}: expected rows that can be labelled, got none; row 1: {first}.")
    return Count(rows - unlabelled, unlabelled)


def label_table(model: Model, labelled: Labelled, first_row: int, probabilities: bool) -> pa.Table:
    """What `label` writes for a batch: row (from 1), file name, label, each class's probability on request, reason."""
    import pyarrow as pa

    rows = len(labelled.labels)
    columns: dict[str, Any] = {"row": pa.array(range(first_row, first_row + rows), pa.int64())}
    if labelled.files is not None:
        columns["file"] = pa.array(labelled.files, pa.string())
    return pa.table({**columns, **label_columns(model, labelled, probabilities)})


def label_schema(model: Model, probabilities: bool) -> pa.Schema:
    """The columns of these tables."""
    return label_table(model, no_labels(model), 1, probabilities).schema
