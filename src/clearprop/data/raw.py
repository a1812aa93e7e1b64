"""Arrays that lie in files as plain bytes (IDX, NPZ): read a few rows at a time, however large the header says."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.data.memory import array_field
from clearprop.data.source import BATCH_BYTES, BATCH_ROWS, Piece, Source, converted, named, selected
from clearprop.data.unifying import unified
from clearprop.errors import DataError
from clearprop.features import Reading
from clearprop.features.wording import spelled

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class RawArray:
    """An array in a file: `begin` opens the file where its first row begins; name: for messages."""

    name: str
    begin: Callable[[], IO[bytes]]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def byte_count(self) -> int:
        return self.shape[0] * self.row_bytes

    def chunks(self, rows: int) -> Iterator[NDArray[Any]]:
        """The rows in their order, some at a time. Raises DataError where the file ends too early or too late."""
        with self.begin() as file:
            for start in range(0, self.shape[0], rows):
                count = min(rows, self.shape[0] - start)
                data = self._read(file, count * self.row_bytes)
                if len(data) < count * self.row_bytes:
                    raise self.wrong_length(str(start * self.row_bytes + len(data)))
                yield np.frombuffer(data, self.dtype).reshape(count, *self.shape[1:])
            if self._read(file, 1):
                raise self.wrong_length("more")

    def _read(self, file: IO[bytes], size: int) -> bytes:
        """Up to size bytes. In pieces: asking for all at once would set memory aside for what a false header claims."""
        pieces = []
        try:
            while size and (piece := file.read(min(size, BATCH_BYTES))):
                pieces.append(piece)
                size -= len(piece)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
            raise DataError(
                f"{self.name}: expected a compressed file that is whole, got one that is damaged or ends too early; "
                f"copy the file again."
            ) from None
        return b"".join(pieces)

    def wrong_length(self, got: str) -> DataError:
        """The error for a file that holds another number of bytes than its header says."""
        what = f"{self.shape[0]} rows of {spelled(self.shape[1:])}" if self.shape[1:] else f"{self.shape[0]} values"
        return DataError(
            f"{self.name}: expected {self.byte_count} bytes after its header, which says {what}, "
            f"got {got}; copy the file again."
        )


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Rows of a column `x` of arrays and, where there are labels, a column `y`."""

    name: str
    x: RawArray
    y: RawArray | None
    reading: Reading
    test: Source | None = None
    default_target: str = "y"

    @cached_property
    def schema(self) -> pa.Schema:
        import pyarrow as pa

        fields = [array_field("x", _number_type(self.x.dtype), self.x.shape[1:])]
        if self.y is not None:
            fields.append(pa.field("y", _label_type(self.y.dtype)))
        return named(pa.schema(fields), self.name)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = selected(self.schema, columns)
        rows = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, self.x.row_bytes)))
        chunks = zip(*(self._column(name, rows) for name in schema.names), strict=True)
        for chunk in chunks:
            yield pa.record_batch(list(chunk), schema=schema)

    def _column(self, name: str, rows: int) -> Iterator[pa.Array]:
        import pyarrow as pa

        kind = self.schema.field(name).type
        if name == "x":
            for chunk in self.x.chunks(rows):
                flat = _native(chunk).reshape(-1)
                yield pa.FixedSizeListArray.from_arrays(pa.array(flat, kind.value_type), kind.list_size)
        elif self.y is not None:
            for chunk in self.y.chunks(rows):
                yield _label_array(chunk, kind, self.y.name)

    def pieces(self) -> list[Piece]:
        return [self.batches]

    def row_count(self) -> int:
        return self.x.shape[0]

    def as_text(self) -> Source:
        return self


@dataclass(frozen=True, eq=False)
class JoinedArrays:
    """Several files of arrays, one after another. Raises DataError unless their rows are alike."""

    parts: tuple[ArraySource, ...]
    name: str
    reading: Reading
    test: Source | None = None
    default_target: str = "y"

    @cached_property
    def schema(self) -> pa.Schema:
        first = self.parts[0]
        for part in self.parts[1:]:
            if part.x.shape[1:] != first.x.shape[1:]:
                raise DataError(
                    f"{part.x.name}: expected rows of {spelled(first.x.shape[1:])} numbers as in {first.x.name}, "
                    f"got {spelled(part.x.shape[1:])}."
                )
        joined = unified([part.schema for part in self.parts])
        return named(joined.set(0, first.schema.field("x")), self.name)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        return chain.from_iterable(piece(columns) for piece in self.pieces())

    def pieces(self) -> list[Piece]:
        """One file each."""
        return [partial(self._read, part) for part in self.parts]

    def _read(self, part: ArraySource, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        schema = selected(self.schema, columns)
        for batch in part.batches(schema.names):
            yield converted(batch, schema)

    def row_count(self) -> int:
        return sum(part.row_count() for part in self.parts)

    def as_text(self) -> Source:
        return self


def check_arrays(x: RawArray, y: RawArray | None) -> None:
    """Raise DataError unless x is (n, ...) numbers and y, where there is one, (n,) labels."""
    width = math.prod(x.shape[1:])
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        raise DataError(f"{x.name}: expected numbers, got values of type {x.dtype}.")
    if len(x.shape) < 2:
        raise DataError(
            f"{x.name}: expected one row for each example, shape (n, inputs), got shape {x.shape}; "
            f"for one input write x[:, None], for one example x[None, :]."
        )
    if not 1 <= width < 2**31:
        raise DataError(f"{x.name}: expected 1 to {2**31 - 1} numbers a row, got shape {x.shape}.")
    if y is None:
        return
    if len(y.shape) != 1:
        advice = "; for one-hot rows write y.argmax(axis=1)" if len(y.shape) == 2 else ""
        raise DataError(f"{y.name}: expected one label a row, shape (n,), got shape {y.shape}{advice}.")
    if y.dtype.kind not in "biufUS" or (y.dtype.kind == "f" and y.dtype.itemsize > 8):
        raise DataError(f"{y.name}: expected labels that are numbers, text or booleans, got values of type {y.dtype}.")
    if y.shape[0] != x.shape[0]:
        raise DataError(f"{y.name}: expected a label for each of the {x.shape[0]} rows of {x.name}, got {y.shape[0]}.")


def _native(chunk: NDArray[Any]) -> NDArray[Any]:
    """The values in the byte order of this machine, in a type that Arrow has."""
    if chunk.dtype.kind == "b":
        return chunk.astype(np.uint8)
    wanted = np.dtype(np.float32) if chunk.dtype == np.float16 else chunk.dtype.newbyteorder("=")
    return chunk.astype(wanted, copy=False)


def _number_type(dtype: np.dtype[Any]) -> pa.DataType:
    import pyarrow as pa

    return pa.from_numpy_dtype(_native(np.empty(0, dtype)).dtype)


def _label_type(dtype: np.dtype[Any]) -> pa.DataType:
    import pyarrow as pa

    kinds = {"b": pa.bool_(), "i": pa.int64(), "u": pa.int64(), "f": pa.float64()}
    return kinds.get(dtype.kind, pa.string())


def _label_array(chunk: NDArray[Any], kind: pa.DataType, name: str) -> pa.Array:
    import pyarrow as pa

    if chunk.dtype.kind not in "US":
        return pa.array(chunk.astype(chunk.dtype.newbyteorder("="))).cast(kind)
    try:
        return pa.array([label.decode() if isinstance(label, bytes) else label for label in chunk.tolist()], kind)
    except (UnicodeError, pa.ArrowException):
        raise DataError(f"{name}: expected text in UTF-8, got other bytes.") from None
