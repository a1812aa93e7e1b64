"""How examples are shared out to processes, so that each has as many of every mini-batch as the others, or one more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from clearprop.arrays import IntArray

Count = TypeVar("Count", int, IntArray)


@dataclass(frozen=True)
class Share:
    """What process `index` of `count` takes of an order of examples: the places index, index + count, index + 2 count …

    >>> [Share(index, 3).of(7) for index in range(3)]
    [3, 2, 2]
    """

    index: int = 0
    count: int = 1

    def of(self, examples: Count) -> Count:
        """How many of the first so many places it takes."""
        return -((self.index - examples) // self.count)

    def bounds(self, examples: int) -> tuple[int, int]:
        """As many examples in a row, beside those of the other processes.

        >>> [Share(index, 3).bounds(7) for index in range(3)]
        [(0, 3), (3, 5), (5, 7)]
        """
        low = self.index * (examples // self.count) + min(self.index, examples % self.count)
        return low, low + self.of(examples)


WHOLE = Share()
"""What a process takes that is alone."""
