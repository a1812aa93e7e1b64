"""How much memory rows that are streamed may take, and what each part of it is for."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, lcm
from typing import TYPE_CHECKING

from clearprop.capacity import bytes_of, spelled_bytes
from clearprop.errors import ArgumentError
from clearprop.features import Features

if TYPE_CHECKING:
    import pyarrow as pa

OPEN_PIECES = 4
"""Pieces that are read in turns, so that rows of different parts of the data meet in a block: at most so many."""
CHUNKS, LEAST_CHUNK = 16, 256
"""A block is made of so many turns or more, but a turn gives at least so many rows."""
READING_SHARE = 0.4
"""Share of the memory for rows that open pieces may take."""
COLUMN_BYTES = 9 << 18
"""What a column of an open piece takes while it is read: a page and a dictionary of Parquet, as measured."""
PROGRAM_BYTES = 448 << 20
"""What the program, its libraries and its threads take while it streams, as measured: the rest is for rows."""
HOLDING_BYTES = 320 << 20
"""The same of a program that holds all rows in memory."""
MEMORY = 1 << 30
"""What the rows may take with the program unless another limit is given; the engine's library comes on top."""
LEAST_MEMORY = 640 << 20
HELD_SHARE = 1 / 16
"""Share of the memory that the validation rows may take, and the test rows."""
BLOCKS = 2.5
"""Blocks in memory: one is computed with while the next one is read; and some room for what a change of them leaves."""
BESIDES_INPUTS = 32
"""Bytes of a row in a block besides its inputs: its class, its number, its place in the order."""
TEXT_BYTES = 32
"""What a cell of text takes in memory, roughly."""


@dataclass(frozen=True)
class Limit:
    """How much memory the rows of a training may take with the program, how many rows are shuffled together (None: as
    many as fit), and what the engine's library takes of the memory. ArgumentError for what cannot be kept."""

    memory: int
    shuffle_rows: int | None = None
    library_bytes: int = 0

    @classmethod
    def of(cls, memory: str | int | None, shuffle_rows: int | None, library_bytes: int) -> Limit:
        """memory: a size such as `1GiB`, or bytes; None for what does unless another limit is given."""
        size = MEMORY + library_bytes if memory is None else bytes_of(memory, "memory")
        return cls(size, shuffle_rows, library_bytes)

    def __post_init__(self) -> None:
        least = LEAST_MEMORY + self.library_bytes
        if self.memory < least:
            raise ArgumentError(
                f"memory: expected at least {spelled_bytes(least)}, for the program itself takes most of that, "
                f"got {spelled_bytes(self.memory)}."
            )
        rows = self.shuffle_rows
        if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 1):
            raise ArgumentError(f"shuffle_rows: expected a whole number of at least 1, got {rows!r}.")

    @property
    def besides_program(self) -> int:
        """Bytes for rows that are streamed, in whatever form."""
        return self.memory - PROGRAM_BYTES - self.library_bytes

    @property
    def for_held_rows(self) -> int:
        """Bytes for rows that are not streamed."""
        return self.memory - HOLDING_BYTES - self.library_bytes

    def open_pieces(self, columns: int) -> int:
        """How many pieces of so many columns may be read in turns."""
        return min(OPEN_PIECES, max(1, int(READING_SHARE * self.besides_program / (columns * COLUMN_BYTES))))

    def together(self, features: Features, itemsize: int) -> int:
        """Rows that a process may shuffle together: so many as are asked for, or as fit."""
        fitting = self._fitting(features, itemsize)
        return fitting if self.shuffle_rows is None else self.shuffle_rows

    def block_rows(self, features: Features, itemsize: int, batch_size: int, total: int, processes: int = 1) -> int:
        """Rows of a block, of which each process has its share: all if they fit, else a multiple of the mini-batch, and
        of the processes, so that the share is that of its mini-batches."""
        fitting, wanted = self._fitting(features, itemsize), self.together(features, itemsize)
        if min(wanted, ceil(total / processes)) > fitting:
            raise ArgumentError(
                f"shuffle_rows: expected at most {fitting:,} rows of {features.width:,} inputs, which fit into "
                f"{spelled_bytes(self.memory)}, got {wanted:,}; shuffle fewer rows, or give more memory."
            )
        unit, block = lcm(batch_size, processes), wanted * processes
        if block < min(unit, total):
            least = f"the {batch_size:,} rows of a mini-batch"
            if processes > 1:
                least = f"{unit // processes:,} rows for each of {processes} processes to fill whole mini-batches"
            raise ArgumentError(
                f"shuffle_rows: expected at least {least}, got {wanted:,}; give more memory, or choose a smaller "
                f"batch_size."
            )
        return total if block >= total else block // unit * unit

    def _fitting(self, features: Features, itemsize: int) -> int:
        """Rows of a block that fit into the memory of a process."""
        width, columns = features.width, len(features.columns) + 1
        reading = self.open_pieces(columns) * columns * COLUMN_BYTES
        for_blocks = self.besides_program - reading - 2 * HELD_SHARE * self.memory
        return int(max(0.0, for_blocks) / (BLOCKS * (width * itemsize + BESIDES_INPUTS)))

    def held_rows(self, schema: pa.Schema) -> int:
        """How many rows of a schema may be held out."""
        import pyarrow as pa

        sizes = [
            field.type.list_size * field.type.value_type.bit_width // 8
            if pa.types.is_fixed_size_list(field.type)
            else TEXT_BYTES
            if pa.types.is_string(field.type)
            else 8
            for field in schema
        ]
        return int(HELD_SHARE * self.memory / sum(sizes))
