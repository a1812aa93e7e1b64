"""What `check` found: mistakes with their proof, conventions, and what was not checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from clearprop.checking.writing import html_of, lines_of
from clearprop.reports import fragment, page, plain_text

WRONG, HARMLESS = "wrong", "harmless"
WIDTH = 100


@dataclass(frozen=True)
class Mistake:
    """One finding.

    `id` is the mistake's name in the catalogue, or None where the numbers are only located; a name is given only where
    our own pass with that one change gives the same numbers. `severity` is "wrong", or "harmless" for what leaves the
    training as it is. `layers` count from 1; `also` are other names that give the same numbers; `evidence` holds the
    differences that prove it.
    """

    id: str | None
    severity: str
    layers: tuple[int, ...]
    quantity: str
    message: str
    fix: str
    file: str | None = None
    line: int | None = None
    source: str | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """The result of a check. `ok` says that nothing is wrong; harmless remarks may still be there."""

    title: str
    mistakes: tuple[Mistake, ...]
    conventions: tuple[str, ...]
    not_checked: tuple[str, ...]
    right: tuple[str, ...] = ()
    """What is right, in sentences."""
    printed: str = ""
    """What the learner's code printed."""

    @property
    def ok(self) -> bool:
        return not any(mistake.severity == WRONG for mistake in self.mistakes)

    def to_text(self, width: int = WIDTH) -> str:
        return plain_text(lines_of(self), width)

    def to_html(self) -> str:
        """A page of its own, without a script."""
        return page(self.title, html_of(self))

    def to_json(self) -> dict[str, Any]:
        """Everything as one object that JSON can hold."""
        document = asdict(self)
        return {"ok": self.ok, **{name: _listed(value) for name, value in document.items()}}

    def _repr_html_(self) -> str:
        return fragment(html_of(self))

    def __repr__(self) -> str:
        return self.to_text().rstrip()


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(part) for name, part in value.items()}
    return [_listed(part) for part in value] if isinstance(value, (list, tuple)) else value
