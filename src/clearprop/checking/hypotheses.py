"""A hypothesis: some rules replaced, and what a pass under them gives at every test point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.comparing import NEGLIGIBLE, Tolerance, apart, same_numbers, size_of
from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.trial import Key, Trial
from clearprop.equations.updates import descend

IMPOSSIBLE = (ValueError, IndexError, KeyError, ZeroDivisionError)
"""What a rule raises where it does not fit the shapes of a network."""


@dataclass(frozen=True)
class Change:
    """A replacement in one layer."""

    layer: int
    replacement: Replacement

    @property
    def id(self) -> str:
        return self.replacement.id


class Point:
    """A test point: the right pass there, and the numbers that were given back for it."""

    def __init__(self, trial: Trial, theirs: Mapping[Key, FloatArray], tolerance: Tolerance) -> None:
        self.trial, self.theirs, self.tolerance = trial, theirs, tolerance
        around = NEGLIGIBLE * size_of(theirs.values())
        self._squeezed = {key: np.squeeze(array) for key, array in theirs.items()}
        self._allowed = {
            key: tolerance.allowed(array, max(size_of([array]), around)) for key, array in self._squeezed.items()
        }

    def agrees(self, key: Key, ours: Any) -> bool:
        return same_numbers(self._squeezed[key], np.asarray(ours), self._allowed[key])


class Hypothesis:
    """Changes to the rules. The passes under them are made when they are asked for."""

    def __init__(
        self, points: Sequence[Point], changes: tuple[Change, ...] = (), base: Hypothesis | None = None
    ) -> None:
        self.points, self.changes = points, changes
        self._base, self._trials = base, dict[int, Trial]()

    def with_changes(self, added: Iterable[Change]) -> Hypothesis:
        added = tuple(added)
        return Hypothesis(self.points, self.changes + added, self) if added else self

    def trial(self, place: int) -> Trial:
        if place not in self._trials:
            if self._base is None:
                made = self.points[place].trial
            else:
                added = self.changes[len(self._base.changes) :]
                rules = [(c.replacement.quantity, c.layer, c.replacement.rule) for c in added]
                made = self._base.trial(place).replacing(rules)
            self._trials[place] = made
        return self._trials[place]

    def value(self, place: int, key: Key) -> Any:
        """A quantity at a point, or None where the changes do not fit the network."""
        try:
            with np.errstate(all="ignore"):
                return self.trial(place).value(*key)
        except IMPOSSIBLE:
            return None

    def agrees(self, key: Key) -> bool:
        """Whether the numbers given back are those of this hypothesis, at every point."""
        return all(self.agrees_at(place, key) for place in range(len(self.points)))

    def agrees_at(self, place: int, key: Key) -> bool:
        """The same for one point."""
        point = self.points[place]
        if key not in point.theirs:
            return True
        ours = self.value(place, key)
        return ours is not None and point.agrees(key, ours)

    def agrees_with_ending(self, place: int, ending: Replacement, key: Key) -> bool:
        """The same with one more rule for what is given back, which nothing else rests on."""
        name, layer = key
        trial = self.trial(place)
        try:
            with np.errstate(all="ignore"):
                value = ending.rule(trial, layer)
                if ending.quantity in ("dW", "db"):
                    value = trial.factor[layer] * value
                    if name in ("new_W", "new_b"):
                        value = descend(trial.value(name[-1], layer), value, trial.update.learning_rate)
        except IMPOSSIBLE:
            return False
        return self.points[place].agrees(key, value)

    def largest_difference(self, keys: Iterable[Key]) -> float:
        """How far the numbers given back are from this hypothesis; infinite where they cannot be compared."""
        largest = 0.0
        for place, point in enumerate(self.points):
            for key in keys:
                if key in point.theirs:
                    ours = self.value(place, key)
                    difference = None if ours is None else apart(point.theirs[key], np.asarray(ours))
                    largest = max(largest, np.inf if difference is None else float(difference.max(initial=0.0)))
        return largest

    @property
    def ids(self) -> tuple[str, ...]:
        """The mistakes in it, each once."""
        return tuple(dict.fromkeys(change.id for change in self.changes))
