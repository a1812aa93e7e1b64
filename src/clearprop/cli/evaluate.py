"""`clearprop evaluate`: how good a model is on rows whose classes are known."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.cli import options
from clearprop.cli.console import print_json, progress_bar, speaking
from clearprop.cli.report import print_evaluation, print_left_out
from clearprop.data import Source, labels
from clearprop.errors import DataError
from clearprop.features import Features
from clearprop.features.wording import listed
from clearprop.labelling import evaluate_parts, inputs_and_outputs
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
    usable = _UsableRows(loaded, features, classes, source, column)
    parts = iter(usable)
    first = next(parts, None)
    if not usable.seen:
        raise DataError(f"{source.name}: expected rows of data, got none.")
    if first is None:
        raise DataError(f"{data}: expected rows with a class of {listed(classes)} in {column!r}, got none.")
    evaluation = evaluate_parts(loaded, chain([first], parts))
    left_out = usable.seen - evaluation.examples
    if json:
        print_json({**evaluation.document(), "left out": left_out})
        return
    print_evaluation(evaluation, f"of {source.name}")
    print_left_out(left_out)


class _UsableRows:
    """Inputs, class indices and numbers (from 1) of the rows that can be measured, a batch at a time; `seen`: how many
    rows there were so far in all."""

    def __init__(
        self, model: Model, features: Features, classes: tuple[ClassName, ...], source: Source, target: str
    ) -> None:
        self._model, self._features, self._classes = model, features, classes
        self._source, self._target, self.seen = source, target, 0

    def __iter__(self) -> Iterator[tuple[FloatArray, IntArray, IntArray]]:
        with progress_bar() as bar:
            task = bar.add_task("reading", total=self._source.row_count())
            for batch in self._source.batches(list(dict.fromkeys([*self._features.columns, self._target]))):
                x, _, unusable = inputs_and_outputs(self._model, self._features, batch)
                y, unknown = labels(batch, self._target, self._features.reading, self._classes)
                usable = np.array([row not in unusable and row not in unknown for row in range(len(x))], dtype=bool)
                rows = self.seen + 1 + np.flatnonzero(usable)
                self.seen += len(x)
                bar.update(task, completed=self.seen)
                if len(rows):
                    yield x[usable], y[usable], rows
