"""The set: sick trainings with one cause or two, and healthy ones. Every second case is held back while thresholds are
chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .bases import Arguments, Base
from .healthy import healthy
from .pairs import PAIRS
from .sickening import Sicken, both
from .single import SINGLE


@dataclass(frozen=True, eq=False)
class Case:
    """Arguments of `cp.diagnose`; the causes that make it sick, none of a healthy one.

    `cured` are the arguments without the causes; `halves`, of a case with two causes, those with one of them alone.
    """

    id: str
    causes: tuple[str, ...]
    data: str
    arguments: Arguments
    cured: Arguments
    halves: tuple[Arguments, ...]
    held_back: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of all layers."""
        network = self.arguments.get("network")
        return tuple(self.arguments["layers"]) if network is None else network.sizes


def cases() -> Iterator[Case]:
    """All of them, in a fixed order."""
    for cause, makings in SINGLE.items():
        for number, (base, sicken, *cure) in enumerate(makings):
            yield _case(f"{cause}-{number + 1}", base, {cause: sicken}, number, *cure)
    for number, (base, sickenings) in enumerate(PAIRS):
        yield _case(f"pair-{'+'.join(sickenings)}", base, sickenings, number)
    for number, (name, base) in enumerate(healthy()):
        yield _case(f"healthy-{name}", base, {}, number)


def _case(name: str, base: Base, sickenings: dict[str, Sicken], number: int, *cure: Sicken) -> Case:
    healthy = base.arguments
    return Case(
        id=name,
        causes=tuple(sickenings),
        data=base.data,
        arguments=both(*sickenings.values())(healthy),
        cured=both(*cure)(healthy),
        halves=tuple(sicken(healthy) for sicken in sickenings.values()) if len(sickenings) > 1 else (),
        held_back=number % 2 == 1,
    )
