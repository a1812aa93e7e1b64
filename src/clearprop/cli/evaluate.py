"""`clearprop evaluate`: how good a model is on rows whose classes are known."""

from __future__ import annotations

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.cli import options
from clearprop.cli.console import print_json, progress_bar, speaking
from clearprop.cli.report import print_evaluation, print_left_out
from clearprop.data import Source, labels
from clearprop.errors import DataError
from clearprop.features import Features
from clearprop.features.wording import listed
from clearprop.labelling import evaluate_rows, inputs_and_outputs
from clearprop.model import Model, load
from clearprop.targets import ClassName


@speaking
def evaluate_command(
    model: options.ModelFile, data: options.Data, target: options.Target = None, json: options.Json = False
) -> None:
    """Measure a model on DATA. Data that comes with test rows of its own is measured on those."""
    loaded = load(model)
    features, classes = options.labelling_parts(loaded, model)
    opened = options.opened(data, features.reading)
    source = (opened.test or opened).as_text()
    column = target or str(loaded.provenance.get("target") or source.default_target)
    features.check(source.schema)
    x, y, rows, seen = _usable_rows(loaded, features, classes, source, column)
    if not len(y):
        raise DataError(f"{data}: expected rows with a class of {listed(classes)} in {column!r}, got none.")
    evaluation = evaluate_rows(loaded, x, y, rows)
    if json:
        print_json({**evaluation.document(), "left out": seen - len(y)})
        return
    print_evaluation(evaluation, f"of {source.name}")
    print_left_out(seen - len(y))


def _usable_rows(
    model: Model, features: Features, classes: tuple[ClassName, ...], source: Source, target: str
) -> tuple[FloatArray, IntArray, IntArray, int]:
    """Inputs, class indices and numbers (from 1) of the rows that can be measured; the number of all rows."""
    inputs, answers, rows, seen = [], [], [], 0
    with progress_bar() as bar:
        task = bar.add_task("reading", total=source.row_count())
        for batch in source.batches(list(dict.fromkeys([*features.columns, target]))):
            x, _, unusable = inputs_and_outputs(model, features, batch)
            y, unknown = labels(batch, target, features.reading, classes)
            usable = np.array([row not in unusable and row not in unknown for row in range(len(x))], dtype=bool)
            inputs.append(x[usable])
            answers.append(y[usable])
            rows.append(seen + 1 + np.flatnonzero(usable))
            seen += len(x)
            bar.update(task, completed=seen)
    if not seen:
        raise DataError(f"{source.name}: expected rows of data, got none.")
    return np.concatenate(inputs), np.concatenate(answers), np.concatenate(rows), seen
