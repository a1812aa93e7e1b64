"""`clearprop label`: a label for every row of a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from clearprop.arrays import FloatArray
from clearprop.cli import options
from clearprop.cli.console import counted, print_json, progress_bar, say, silence, speaking
from clearprop.errors import ArgumentError, DataError
from clearprop.features import ImageFeatures, SoundFeatures
from clearprop.labelling import Labelled, label_stream
from clearprop.model import Model, load
from clearprop.storage import replacing

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".parquet")
SHARES = ("sigmoid", "softmax")
"""Activations whose outputs lie between 0 and 1."""

Write = Callable[["pa.Table"], Any]


@speaking
def label_command(
    model: options.ModelFile,
    data: options.Data,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the labels: .csv or .parquet; the terminal unless named.")
    ] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Write each class's probability too.")] = False,
    json: options.Json = False,
) -> None:
    """Label every row of DATA. A row that cannot be labelled gets no label and a reason."""
    loaded = load(model)
    features, _ = options.labelling_parts(loaded, model)
    if probabilities:
        _require_shares(loaded, model)
    if out is not None:
        _require_format(out)
        options.require_place(out, model, data)
    source = options.opened(data, features.reading).as_text()
    features.check(source.schema)
    # a bar would run into labels that are printed on the same terminal
    fits = out is not None or json or not sys.stdout.isatty()
    rows, unlabelled, first = 0, 0, ""
    kept: list[dict[str, Any]] = []
    with _writer(out, kept if json else None, loaded, probabilities) as write, progress_bar(shown=fits) as bar:
        task = bar.add_task("labelling", total=source.row_count())
        for labelled in label_stream(loaded, source.batches(features.columns)):
            write(label_table(loaded, labelled, rows + 1, probabilities))
            first = first or labelled.reasons.get(0, "")
            rows += len(labelled.labels)
            unlabelled += len(labelled.reasons)
            bar.update(task, completed=rows)
        if rows and unlabelled == rows:
            raise DataError(f"{source.name}: expected rows that can be labelled, got none; row 1: {first}.")
    if json:
        where = {"rows": kept} if out is None else {"out": str(out)}
        print_json({"labelled": rows - unlabelled, "unlabelled": unlabelled, **where})
        return
    say(_summary(rows, unlabelled, out))


def _summary(rows: int, unlabelled: int, out: Path | None) -> str:
    reasons = f", {unlabelled:,} not (see their reasons)" if unlabelled else ""
    place = f"; the labels are in {out}" if out else ""
    return f"{counted(rows - unlabelled, 'row')} labelled{reasons}{place}."


def label_table(model: Model, labelled: Labelled, first_row: int, probabilities: bool) -> pa.Table:
    """What `label` writes for a batch: row (from 1), file name, label, each class's probability on request, reason."""
    import pyarrow as pa

    rows = len(labelled.labels)
    columns: dict[str, Any] = {"row": pa.array(range(first_row, first_row + rows), pa.int64())}
    if labelled.files is not None:
        columns["file"] = pa.array(labelled.files, pa.string())
    columns["label"] = pa.array(labelled.labels, pa.array(model.classes or ()).type)
    if probabilities:
        unusable = np.array([row in labelled.reasons for row in range(rows)], dtype=bool)
        for name, column in zip(model.classes or (), _by_class(labelled.outputs).T, strict=True):
            columns[f"p({name})"] = pa.array(column, pa.float64(), mask=unusable)
    columns["reason"] = pa.array([labelled.reasons.get(row) for row in range(rows)], pa.string())
    return pa.table(columns)


def _by_class(outputs: FloatArray) -> FloatArray:
    """Outputs (n, units) as one column for each class; one unit that answers a says class 0 with 1 − a."""
    return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])


@contextmanager
def _writer(out: Path | None, kept: list[dict[str, Any]] | None, model: Model, probabilities: bool) -> Iterator[Write]:
    """A function that writes tables of labels, one after another: into a file, into `kept`, else as CSV."""
    files: list[str] | None = [] if isinstance(model.features, (ImageFeatures, SoundFeatures)) else None
    no_rows = Labelled([], np.zeros((0, model.network.sizes[-1])), {}, files)
    schema = label_table(model, no_rows, 1, probabilities).schema
    if out is not None:
        with replacing(out) as file, _open(out, file, schema) as writer:
            yield writer.write_table
    elif kept is not None:
        yield lambda table: kept.extend(table.to_pylist())
    else:
        with _csv_on_output(schema) as write:
            yield write


@contextmanager
def _csv_on_output(schema: pa.Schema) -> Iterator[Write]:
    """CSV on standard output, until its reader has had enough."""
    try:
        with _open_csv(sys.stdout.buffer, schema) as writer:
            yield writer.write_table
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
        raise typer.Exit from None


def _require_shares(model: Model, path: Path) -> None:
    """ArgumentError for a model whose outputs may lie below 0 or above 1."""
    activation = model.network.layers[-1].activation
    if activation not in SHARES:
        raise ArgumentError(
            f"{path}: expected outputs that are probabilities ({' or '.join(SHARES)}) for --probabilities, "
            f"got {activation}; label without --probabilities."
        )


def _require_format(out: Path) -> None:
    if out.suffix.lower() not in FORMATS:
        got = repr(out.suffix) if out.suffix else "a name without an ending"
        raise ArgumentError(f"{out}: expected a name that ends in {' or '.join(FORMATS)}, got {got}.")


def _open(out: Path, file: IO[bytes], schema: pa.Schema) -> Any:
    if out.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        return pq.ParquetWriter(file, schema)
    return _open_csv(file, schema)


def _open_csv(file: IO[bytes], schema: pa.Schema) -> Any:
    import pyarrow.csv as pc

    return pc.CSVWriter(file, schema, write_options=pc.WriteOptions(quoting_style="needed"))
