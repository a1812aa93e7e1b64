"""Labels for Arrow data, which is what Ray, Spark, Dask and Polars hand on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from clearprop.data.source import converted, plain
from clearprop.engines.one_thread import one_blas_thread
from clearprop.errors import ArgumentError
from clearprop.features import Features
from clearprop.features.cells import require_columns
from clearprop.features.wording import listed
from clearprop.labelling import arrow_table, label_batch, label_columns, no_labels
from clearprop.model import Model, load

if TYPE_CHECKING:
    import pyarrow as pa


class ArrowLabeler:
    """A function from a record batch, or a table, to the same rows with their labels.

    path: a model that `clearprop train` saved. The columns that are added: `name` with the label, `p(class)` for each
    class with `probabilities`, and `reason`, which says why a row has no label. keep: the columns to keep of what came,
    all unless named.

    It can be pickled, and reads the model when the first rows come, so each process of a cluster does so once; all must
    see the file under the same name. It computes in one thread: run as many as there are cores. What exports an Arrow
    stream (a data frame of pandas or Polars) is taken as a table.

    Raises ArgumentError for what cannot be used, ModelError for a file that holds no such model, and DataError for rows
    without the columns that the model was trained on.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        probabilities: bool = False,
        keep: Sequence[str] | None = None,
        name: str = "label",
    ) -> None:
        if isinstance(keep, str):
            raise ArgumentError(f"keep: expected a list of columns, got {keep!r}; write [{keep!r}].")
        self.path = os.path.abspath(path)  # processes of a cluster work in other folders
        self.probabilities, self.keep, self.name = probabilities, keep, name
        self._model: Model | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    def __repr__(self) -> str:
        return f"ArrowLabeler({self.path!r})"

    def __call__(self, data: Any) -> Any:
        """The rows of a record batch as a record batch, of anything else as a table."""
        import pyarrow as pa

        if isinstance(data, pa.RecordBatch):
            return self._labelled(data)
        table = arrow_table(data, "rows")
        batches = [self._labelled(batch) for batch in table.to_batches()]
        return pa.Table.from_batches(batches, self.schema(table.schema))

    def stream(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batch after batch: what Spark's `mapInArrow` calls."""
        return (self._labelled(batch) for batch in batches)

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of what comes back for rows of a schema."""
        import pyarrow as pa

        model, _ = self._parts()
        kept = [schema.field(column) for column in self._kept(schema)]
        added = label_columns(model, no_labels(model), self.probabilities, self.name)
        return pa.schema([*kept, *((name, column.type) for name, column in added.items())])

    def _labelled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        model, features = self._parts()
        require_columns(batch.schema, features.columns)
        chosen = batch.select(list(features.columns))
        fields = [field.with_type(plain(field.type)) for field in chosen.schema]
        with one_blas_thread():
            labelled = label_batch(model, converted(chosen, pa.schema(fields)))
        added = label_columns(model, labelled, self.probabilities, self.name)
        columns = [*(batch.column(name) for name in self._kept(batch.schema)), *added.values()]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema(batch.schema))

    def _kept(self, schema: pa.Schema) -> list[str]:
        """The columns to keep. ArgumentError where one has a name that is given to another."""
        model, _ = self._parts()
        kept = list(schema.names if self.keep is None else self.keep)
        require_columns(schema, kept)
        taken = [name for name in label_columns(model, no_labels(model), self.probabilities, self.name) if name in kept]
        if taken:
            raise ArgumentError(
                f"rows: expected columns without the names {listed(taken)}, which the labels get, got them; name the "
                f"columns to keep=[…] without them, or the labels otherwise: name='answer'."
            )
        return kept

    def _parts(self) -> tuple[Model, Features]:
        if self._model is None:
            self._model = load(self.path)
        features = self._model.features
        if features is None or self._model.classes is None:
            raise ArgumentError(
                f"{self.path}: expected a model that was trained on files with classes, got one that was trained on "
                f"arrays; label arrays with cp.labeller."
            )
        return self._model, features
