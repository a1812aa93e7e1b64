"""The arrays that rows of a stream fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from clearprop.data.preparing import Part


class Block:
    """Arrays that are filled with rows."""

    def __init__(self, size: int, width: int, precision: str) -> None:
        self.size, self._filled = size, 0
        self._x = np.empty((size, width), precision)
        self._y, self._rows = np.empty(size, np.int64), np.empty(size, np.int64)

    @property
    def is_full(self) -> bool:
        return self._filled == self.size

    def take(self, part: Part) -> Part:
        """Take in as many rows as there is room for; the others are handed back."""
        count = min(len(part.y), self.size - self._filled)
        place = slice(self._filled, self._filled + count)
        self._x[place], self._y[place], self._rows[place] = part.x[:count], part.y[:count], part.rows[:count]
        self._filled += count
        return Part(part.x[count:], part.y[count:], part.rows[count:])

    def part(self) -> Part:
        return Part(self._x, self._y, self._rows)


def filled(parts: Iterator[Part], sizes: Iterable[int], width: int, precision: str) -> Iterator[Part]:
    """The rows of parts in blocks of these sizes; no more of them where there are no more parts."""
    rest: Part | None = None
    for size in sizes:
        block = Block(size, width, precision)
        while not block.is_full:
            if rest is None or not len(rest.y):
                rest = next(parts, None)
            if rest is None:
                return
            rest = block.take(rest)
        part = block.part()
        del block
        yield part
        del part  # else a third block would be in memory while the next one is filled
