"""What all writers of explanations share: which of their methods writes what, what they have told before, and sentences
with quantities and figures in them, whatever these are set in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from clearprop.equations.notation import Notation
from clearprop.explaining.explanation import Block, Chain, Derivation, Group, Note, Nudge, Picture, Table, quantity
from clearprop.explaining.figures import rounded, spelled
from clearprop.explaining.glossary import symbols_told, ways_told
from clearprop.explaining.putting_in import Key

Piece = TypeVar("Piece")


@dataclass
class Teller:
    """Spells quantities, figures and sentences in one notation; `words` and `math` say what they are set in."""

    notation: Notation
    digits: int

    def words(self, text: str) -> str:
        return text

    def math(self, formula: str) -> str:
        return formula

    def quantity(self, key: Key) -> str:
        return self.math(quantity(key, self.notation))

    def figure(self, value: float) -> str:
        return self.math(spelled(value, self.notation, self.digits))

    def head(self, heading: Key | str) -> str:
        return self.words(heading) if isinstance(heading, str) else self.quantity(heading)

    def cell(self, value: float | str) -> str:
        return self.words(value) if isinstance(value, str) else self.figure(value)

    def sentence(self, text: str, quantities: tuple[Key, ...] = (), figures: tuple[float, ...] = ()) -> str:
        """Words with quantities and figures in their places, `{0}`, `{1}`, …"""
        parts = [*map(self.quantity, quantities), *map(self.figure, figures)]
        # what words are set in may have braces of its own: they are set between the places
        marks = [f"\x00{number}\x00" for number in range(len(parts))]
        told = self.words(text.format(*marks))
        for mark, part in zip(marks, parts, strict=True):
            told = told.replace(mark, part)
        return told

    def nudged(self, nudge: Nudge) -> str:
        """What really happened: `raise z₁ by 0.001, and a₁ rises by 0.000196; so a₁ moves 0.196 times as far.`"""
        moves = []
        for key, moved in nudge.moved:
            how = f"{'rises' if moved > 0 else 'falls'} by {self.figure(rounded(abs(moved), self.digits))}"
            moves.append(f"{self.quantity(key)} {how if moved else 'does not move'}")
        told = f"raise {self.quantity(nudge.raised)} by {self.figure(nudge.by)}, and {' and '.join(moves)}"
        if not nudge.rate:
            return f"{told}."
        rate = self.figure(rounded(nudge.rate, self.digits))
        return f"{told}; so {self.quantity(nudge.moved[0][0])} moves {rate} times as far."


@dataclass
class Renderer(Teller, ABC, Generic[Piece]):
    """Writes the blocks of an explanation one after another, and remembers what it has told."""

    told: set[str] = field(default_factory=set)

    def block(self, block: Block) -> Iterator[Piece]:
        match block:
            case Group():
                yield from self.group(block)
            case Note():
                yield self.note(block)
            case Table():
                yield from self.table(block)
            case Derivation():
                yield from self.derivation(block)
            case Chain():
                yield from self.chain(block)
            case Picture():
                yield from self.picture(block)

    @abstractmethod
    def group(self, group: Group) -> Iterator[Piece]: ...

    @abstractmethod
    def note(self, note: Note) -> Piece: ...

    @abstractmethod
    def table(self, table: Table) -> Iterator[Piece]: ...

    @abstractmethod
    def derivation(self, derivation: Derivation) -> Iterator[Piece]: ...

    @abstractmethod
    def chain(self, chain: Chain) -> Iterator[Piece]: ...

    @abstractmethod
    def picture(self, picture: Picture) -> Iterator[Piece]: ...

    def new_symbols(self, group: Group) -> tuple[list[tuple[str, str]], list[str]]:
        """The symbols of an equation that were not told before, each with its meaning, and what its signs mean."""
        formula = group.equation.formula
        names = [name for name in sorted(formula.left_symbols | formula.symbols) if name not in self.told]
        ways = [way for way in sorted(formula.calls) if f"{way}()" not in self.told]
        self.told.update(names, (f"{way}()" for way in ways))
        return symbols_told(names, self.notation), ways_told(ways, self.notation)
