"""`clearprop label`: a label for every row of a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from clearprop.cli import options
from clearprop.cli.calls import whole
from clearprop.cli.console import print_json, progress_bar, say, silence, speaking
from clearprop.cli.label_parts import label_in_parts
from clearprop.cli.label_rows import Write, label_schema, write_labels
from clearprop.errors import ArgumentError
from clearprop.model import Model, load
from clearprop.storage import replacing

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".parquet")
SHARES = ("sigmoid", "softmax")
"""Activations whose outputs lie between 0 and 1."""


@speaking
def label_command(
    model: options.ModelFile,
    data: options.Data,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where to write the labels: .csv or .parquet, with --processes a folder; the terminal unless named."
        ),
    ] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Write each class's probability too.")] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            parser=whole,
            metavar="<int>",
            help="Label the files of DATA with so many processes, and write a Parquet file for each into the folder "
            "--out; files that are done already are left out.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Label every row of DATA. A row that cannot be labelled gets no label and a reason."""
    loaded = load(model)
    features, _ = options.labelling_parts(loaded, model)
    if probabilities:
        _require_shares(loaded, model)
    if processes is not None:
        label_in_parts(model, data, out, probabilities, processes, as_json=json)
        return
    if out is not None:
        _require_format(out)
        options.require_place(out, model, data)
    source = options.opened(data, features.reading).as_text()
    features.check(source.schema)  # before the first line is written
    # a bar would run into labels that are printed on the same terminal
    fits = out is not None or json or not sys.stdout.isatty()
    kept: list[dict[str, Any]] = []
    with _writer(out, kept if json else None, loaded, probabilities) as write, progress_bar(shown=fits) as bar:
        task = bar.add_task("labelling", total=source.row_count())
        count = write_labels(loaded, source, probabilities, write, lambda rows: bar.update(task, completed=rows))
    if json:
        where = {"rows": kept} if out is None else {"out": str(out)}
        print_json({"labelled": count.labelled, "unlabelled": count.unlabelled, **where})
        return
    say(f"{count}{f'; the labels are in {out}' if out else ''}.")


@contextmanager
def _writer(out: Path | None, kept: list[dict[str, Any]] | None, model: Model, probabilities: bool) -> Iterator[Write]:
    """A function that writes tables of labels, one after another: into a file, into `kept`, else as CSV."""
    schema = label_schema(model, probabilities)
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
