"""Labelling: the class of one row, of many rows, of a stream of record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.engines import classes_of, outputs_of
from clearprop.errors import ArgumentError
from clearprop.evaluation import Evaluation, evaluate
from clearprop.features import Features, ImageFeatures, SoundFeatures
from clearprop.features.media import FILE
from clearprop.model import Model
from clearprop.network import Network, as_inputs, as_rows, require_finite
from clearprop.targets import ClassName, predicted_class

if TYPE_CHECKING:
    import pyarrow as pa

OVERFLOW = "expected numbers of ordinary size, got some so large that the network cannot compute with them"


def labeller(network_or_model: Network | Model) -> Callable[[Any], Any]:
    """A function from one row (inputs,) or many rows (n, inputs) to labels.

    A model with class names answers with them (a list, or a single name), one without with class indices (n,); a
    model of real numbers with its outputs (n, units). A model with features takes an Arrow record batch or table, or a
    data frame with the columns that it was trained on.

    >>> network = Network.of([[[1.0], [-1.0]]], [[0.0, 0.0]], activations=["softmax"])
    >>> label = labeller(network)
    >>> label([[2.0], [-3.0]]).tolist(), int(label([2.0]))
    ([0, 1], 0)
    """
    if isinstance(network_or_model, Network):
        return _for_rows(network_or_model, classes_of(network_or_model))
    model = network_or_model
    if not isinstance(model, Model):
        hint = "write .model behind it" if hasattr(model, "model") else "load a file with cp.load"
        raise ArgumentError(f"labeller: expected a network or a model, got {type(model).__name__}; {hint}.")
    if model.features is not None:
        return lambda table: _label_table(model, table)
    if model.classes is None:
        return _for_rows(model.network, outputs_of(model.network))
    return _for_rows(model.network, classes_of(model.network), _names_for(model.classes))


def _for_rows(
    network: Network,
    answers: Callable[[FloatArray], tuple[Any, bool]],
    named: Callable[[Any], Any] = lambda answer: answer,
) -> Callable[[Any], Any]:
    """A function from one row or many to what `answers` makes of them, which also says whether all is finite."""
    width = network.sizes[0]

    def label(x: Any) -> Any:
        rows = np.asanyarray(x)
        if rows.shape == (width,):
            return answer(rows[None, :])[0]
        return answer(rows)

    def answer(x: FloatArray) -> Any:
        rows = as_rows(x, width)
        found, finite = answers(rows)
        if not finite:
            require_finite(rows, "x")
            raise ArgumentError(f"x: {OVERFLOW}.")
        return named(found)

    return label


def _names_for(classes: Sequence[ClassName]) -> Callable[[IntArray], Any]:
    """A function from class indices to names; to the same indices where these are the names."""
    # False and 0.0 equal 0, but are names
    if all(type(name) is int for name in classes) and tuple(classes) == tuple(range(len(classes))):
        return lambda indices: indices
    return lambda indices: [classes[index] for index in indices]


def _label_table(model: Model, table: Any) -> list[ClassName | None]:
    labels: list[ClassName | None] = []
    for batch in arrow_table(table, "x").to_batches():
        labels.extend(label_batch(model, batch).labels)
    return labels


def arrow_table(table: Any, name: str) -> pa.Table:
    """A record batch, or what exports an Arrow stream, as a table; name: for messages."""
    import pyarrow as pa

    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    raise ArgumentError(
        f"{name}: expected an Arrow table, a record batch or a data frame with the model's columns, "
        f"got {type(table).__name__}."
    )


@dataclass(frozen=True)
class Labelled:
    """The labels of a batch of rows: None with a reason where a row cannot be labelled; outputs (n, units); the names
    of the files that the rows are, None for rows of a table."""

    labels: list[ClassName | None]
    outputs: FloatArray
    reasons: dict[int, str]
    files: list[str] | None = None


def label_batch(model: Model, batch: pa.RecordBatch) -> Labelled:
    """Label the rows of a record batch that has the columns of the model's features."""
    if model.features is None or model.classes is None:
        raise ArgumentError(
            "model: expected one that was trained on a file with classes, got one without columns or class names; "
            "label arrays with cp.labeller(model)."
        )
    _, outputs, reasons = inputs_and_outputs(model, model.features, batch)
    names = (model.classes[index] for index in predicted_class(outputs))
    labels = [None if row in reasons else name for row, name in enumerate(names)]
    files = batch.column(FILE).to_pylist() if isinstance(model.features, (ImageFeatures, SoundFeatures)) else None
    return Labelled(labels, outputs, reasons, files)


def label_columns(model: Model, labelled: Labelled, probabilities: bool, name: str = "label") -> dict[str, pa.Array]:
    """The labels of a batch as columns: the label, each class's probability on request, the reason where there is no
    label."""
    import pyarrow as pa

    rows = len(labelled.labels)
    columns = {name: pa.array(labelled.labels, pa.array(model.classes or ()).type)}
    if probabilities:
        unusable = np.array([row in labelled.reasons for row in range(rows)], dtype=bool)
        for of_class, column in zip(model.classes or (), _by_class(labelled.outputs).T, strict=True):
            columns[f"p({of_class})"] = pa.array(column, pa.float64(), mask=unusable)
    columns["reason"] = pa.array([labelled.reasons.get(row) for row in range(rows)], pa.string())
    return columns


def no_labels(model: Model) -> Labelled:
    """The labels of no row at all."""
    files: list[str] | None = [] if isinstance(model.features, (ImageFeatures, SoundFeatures)) else None
    return Labelled([], np.zeros((0, model.network.sizes[-1])), {}, files)


def _by_class(outputs: FloatArray) -> FloatArray:
    """Outputs (n, units) as one column for each class; one unit that answers a says class 0 with 1 − a."""
    return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])


def inputs_and_outputs(
    model: Model, features: Features, batch: pa.RecordBatch
) -> tuple[FloatArray, FloatArray, dict[int, str]]:
    """x (n, inputs), a (n, units), and for each row that cannot be used why not."""
    x, reasons = features.transform(batch)
    x[list(reasons)] = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = model.network.probabilities(as_inputs(x, model.network.sizes[0]))
    overflowed = np.flatnonzero(~np.isfinite(outputs).all(axis=1)).tolist()
    return x, outputs, {**reasons, **dict.fromkeys(overflowed, OVERFLOW)}


def label_stream(model: Model, batches: Iterable[pa.RecordBatch]) -> Iterator[Labelled]:
    """Label batch after batch, in bounded memory."""
    return (label_batch(model, batch) for batch in batches)


def evaluate_parts(model: Model, parts: Iterable[tuple[FloatArray, IntArray, IntArray]]) -> Evaluation:
    """Figures of a model with classes on parts: inputs x (n, inputs) of the classes y (n,), and the rows' numbers."""
    if model.classes is None:
        raise ArgumentError("model: expected one with classes, got one of real numbers.")
    found = [_outputs_and_costs(model, *part) for part in parts]
    outputs, costs, y, rows = (np.concatenate(of_parts) for of_parts in zip(*found, strict=True))
    return evaluate(outputs, costs, y, model.classes, rows)


def _outputs_and_costs(
    model: Model, x: FloatArray, y: IntArray, rows: IntArray
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    step = model.network.step(x, y)
    with np.errstate(over="ignore", invalid="ignore"):
        return step.forward(), step.cost[step.layers], y, rows
