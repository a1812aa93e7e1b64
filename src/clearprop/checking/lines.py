"""The line of a mistake: the first that produces the mistaken quantity, of all lines that were followed."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.hypotheses import IMPOSSIBLE, Change
from clearprop.checking.report import Mistake
from clearprop.checking.running.learner import Outcome
from clearprop.checking.trial import Key, Trial

CLOSE = 1e-6
SINGLE_CLOSE = 1e-4

_AFTER: dict[str, tuple[str, ...]] = {
    "z": ("z", "a"),
    "f": ("a",),
    "a": ("a",),
    "slope": ("slope", "delta", "given_W", "given_b"),
    "da": ("da", "delta", "given_W", "given_b"),
    "delta": ("delta", "given_W", "given_b"),
    "dW": ("dW", "given_W", "new_W"),
    "db": ("db", "given_b", "new_b"),
    "factor": ("given_delta", "signed_delta", "given_W", "given_b", "new_W", "new_b"),
    "new_W": ("new_W",),
    "new_b": ("new_b",),
    "cost": ("cost",),
}
"""Where a replaced rule shows: in its own quantity, or else in what is made of it."""

CALLED_WRONGLY = frozenset({"act-deriv-double", "backprop-wrong-layer-index"})
"""Mistakes that are made where a function is called, not in that function."""

NEVER_A_MULTIPLE = frozenset({"slope", "z", "a"})
"""Quantities that a multiple of is something else: a row of ∂C/∂W is one of a."""

TURNED = frozenset({"dW-transposed", "backprop-untransposed"})
"""Mistakes that leave the same numbers in other places."""

GIVEN_BACK = frozenset({"dW", "db", "given_W", "given_b"})
"""Quantities that a learner gives back; one number may stand for a whole array of them."""

WRITTEN_BY_HAND = frozenset({"z", "a", "cost", "new_W", "new_b"})
"""What a program that leaves its gradients to PyTorch makes itself."""

RIGHT = (("z", "z"), ("a", "a"), ("delta", "δ"), ("dW", "∂C/∂W"), ("db", "∂C/∂b"))
"""Quantities that a line may have right, and what they are called."""


@dataclass(frozen=True)
class Record:
    """What a line produced."""

    file: str
    line: int
    name: str
    array: FloatArray

    @property
    def is_returned(self) -> bool:
        return self.name.startswith("return")

    @property
    def is_a_name(self) -> bool:
        """Whether it is a variable of its own, not a part of a list or what a function gives back."""
        return not self.is_returned and "[" not in self.name

    @property
    def source(self) -> str:
        linecache.checkcache(self.file)
        return linecache.getline(self.file, self.line).strip()


@dataclass(frozen=True)
class Traced:
    """The lines that were followed at one point, and the right pass there."""

    records: Sequence[Record]
    trial: Trial
    close: float
    automatic: bool = False
    """Whether PyTorch made the gradients: a line that has them is not the one that made them wrong."""

    def with_line(self, mistake: Mistake, changes: Sequence[Change]) -> Mistake:
        """The mistake with the line that makes it, if one can be told."""
        record = self._line_of([each for each in changes if each.id == mistake.id], changes)
        if record is None:
            return mistake
        return replace(mistake, file=record.file, line=record.line, source=record.source)

    def _line_of(self, own: Sequence[Change], changes: Sequence[Change]) -> Record | None:
        wrong = _under(self.trial, changes)
        right = _under(self.trial, [change for change in changes if change not in own])
        for change in sorted(own, key=lambda each: -each.layer):
            quantities = _AFTER[change.replacement.quantity]
            if self.automatic:
                quantities = tuple(name for name in quantities if name in WRITTEN_BY_HAND)
            never = quantities if change.replacement.quantity == "factor" else NEVER_A_MULTIPLE
            ways = [(quantity, anyhow) for quantity in quantities for anyhow in (False, True)]
            for quantity, anyhow in (way for way in ways if not (way[1] and way[0] in never)):
                key = (quantity, change.layer)
                record = self._first(wrong, right, key, change.id, anyhow=anyhow)
                if record := record or (None if anyhow else self._number_by_number(wrong, right, key)):
                    helper = change.replacement.quantity in ("f", "slope") and change.id not in CALLED_WRONGLY
                    return (self._in_a_helper(record, wrong, right, key) if helper else None) or record
        return None

    def _first(self, wrong: Trial, right: Trial, key: Key, id: str, *, anyhow: bool) -> Record | None:  # noqa: A002 - as the catalogue calls it
        """The first record that is the wrong quantity (or a multiple of it) and not the right one."""
        bad, good = _value(wrong, key), None if id in TURNED else _value(right, key)
        if bad is not None and _is_plain(bad) and key[0] in GIVEN_BACK and np.any(bad):
            bad = bad.flat[:1]  # one number for all of them
        if bad is None or _is_plain(bad):
            return None
        if key[0] == "delta" and self._carries_the_mean(wrong, key[1] + 1):
            bad, good = bad / len(self.trial.x), None if good is None else good / len(self.trial.x)
        given = [_value(self.trial, (name, key[1])) for name in ("W", "b")]
        found = [
            record
            for record in self.records
            if self._same(record.array, bad, anyhow=anyhow)
            and (good is None or not self._same(record.array, good, anyhow=anyhow))
            and not any(each is not None and self._same(record.array, each, anyhow=False) for each in given)
            and not (id in CALLED_WRONGLY and record.is_returned)
            and not (key[0] == "slope" and self._is_a_right_helper(record, right))
        ]
        beside = [(name, key[1]) for name in ("da", "delta")]
        beside += [(name, layer) for name in ("z", "a") for layer in range(1, self.trial.layers + 1)]
        others = [value for each in beside if (value := _value(right, each)) is not None]
        own = [record for record in found if not any(self._same(record.array, each, anyhow=False) for each in others)]
        if own:
            return own[0]
        return None if key[0] == "slope" else _second_name(found)

    def _carries_the_mean(self, wrong: Trial, layer: int) -> bool:
        """Whether the errors δ are divided by the number of examples already where they come from."""
        above = _value(wrong, ("delta", layer)) if layer <= self.trial.layers else None
        n = len(self.trial.x)
        return above is not None and n > 1 and any(self._same(r.array, above / n, anyhow=False) for r in self.records)

    def _is_a_right_helper(self, record: Record, right: Trial) -> bool:
        """Whether what a function gives back is right where it is called for another layer: then the call is wrong."""
        beside = [r for r in self.records if r.is_returned and (r.file, r.line) == (record.file, record.line)]
        slopes = [_value(right, ("slope", layer)) for layer in range(1, self.trial.layers + 1)]
        return record.is_returned and any(
            slope is not None and self._same(each.array, slope, anyhow=False) for each in beside for slope in slopes
        )

    def _number_by_number(self, wrong: Trial, right: Trial, key: Key) -> Record | None:
        """The first line that makes all numbers of the wrong quantity, one at a time, as loops do."""
        bad, good = _value(wrong, key), _value(right, key)
        if bad is None or good is None or bad.size < 2 or _is_plain(bad):
            return None
        lines: dict[tuple[str, int], list[Record]] = {}
        for record in self.records:
            if record.array.size == 1:
                lines.setdefault((record.file, record.line), []).append(record)
        for made in lines.values():
            numbers = np.array([record.array.item() for record in made])
            if self._all_in(bad, numbers) and not self._all_in(good, numbers):
                return made[0]
        return None

    def _all_in(self, quantity: FloatArray, numbers: FloatArray) -> bool:
        return all(bool(np.any(np.abs(numbers - q) <= self.close * abs(q))) for q in quantity.ravel())

    def _in_a_helper(self, found: Record, wrong: Trial, right: Trial, key: Key) -> Record | None:
        """Where a function of one number made the numbers of a list, the line that returns them."""
        bad, good = _value(wrong, key), _value(right, key)
        if bad is None or good is None:
            return None
        for record in self.records:
            if record is found:
                return None
            if record.is_returned and record.array.size == 1 and record.line != found.line:
                number = record.array.item()
                if self._holds(bad, number) and not self._holds(good, number):
                    return record
        return None

    def _holds(self, quantity: FloatArray, number: float) -> bool:
        return bool(np.any(np.abs(quantity - number) <= self.close * abs(number)))

    def _same(self, array: FloatArray, quantity: FloatArray, *, anyhow: bool) -> bool:
        """Whether they are the same numbers up to transposition and shape, and `anyhow` up to a factor."""
        if array.size != quantity.size or (anyhow and array.size < 2):
            return False
        theirs = array.ravel()
        for ours in (quantity.ravel(), quantity.T.ravel()):
            if anyhow:
                below = float(ours @ ours)
                ours = ours * (float(theirs @ ours) / below) if below else ours
            if np.any(ours) and np.all(np.abs(theirs - ours) <= self.close * np.abs(ours).max()):
                return True
        return False

    def right_lines(self) -> list[str]:
        """The lines whose numbers are right, in words."""
        told: dict[tuple[int, str], list[str]] = {}
        for record, quantity in self._right():
            told.setdefault((record.line, record.source), []).append(quantity)
        return [f"line {line} has {', '.join(found)}: {source}" for (line, source), found in told.items()]

    def _right(self) -> Iterator[tuple[Record, str]]:
        """The first record of every quantity that is right, and what it is."""
        for name, word in RIGHT:
            for layer in range(1, self.trial.layers + 1):
                value = _value(self.trial, (name, layer))
                record = value is not None and next(
                    (r for r in self.records if self._same(r.array, value, anyhow=False)), None
                )
                if record and value is not None and value.size > 1:
                    yield record, f"{word} of layer {layer}"


def _second_name(found: Sequence[Record]) -> Record | None:
    """What is missing leaves another quantity as it is: where that gets a second name, something is missing."""
    lines: dict[int, Record] = {}
    for record in found:
        if record.line not in lines or lines[record.line].is_returned:
            lines[record.line] = record
    names = list(lines.values())
    if len(names) > 1 and names[1].is_a_name and names[1].array.ndim == names[0].array.ndim:
        return names[1]
    return next((record for record in names if not record.is_returned), None)


def _under(trial: Trial, changes: Sequence[Change]) -> Trial:
    return trial.replacing([(each.replacement.quantity, each.layer, each.replacement.rule) for each in changes])


def _value(trial: Trial, key: Key) -> FloatArray | None:
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(trial.value(*key))
    except IMPOSSIBLE:
        return None
    return value if value.size and np.isfinite(value).all() else None


def _is_plain(array: FloatArray) -> bool:
    """Whether all its numbers are the same: such an array is found anywhere."""
    return array.size > 1 and bool(np.all(array == array.flat[0]))


def traced(outcome: Outcome, trial: Trial) -> Traced:
    """The records that came back from the learner's process."""
    kept = [Record(**record) for record in outcome.trace]
    return Traced(kept, trial, SINGLE_CLOSE if outcome.single else CLOSE, outcome.automatic)
