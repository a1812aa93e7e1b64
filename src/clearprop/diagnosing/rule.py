"""A rule: how a cause of failing is suspected, and what is changed to prove it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from clearprop.diagnosing.change import Change
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.setup import Setup


@dataclass(frozen=True)
class Evidence:
    """What speaks for a suspicion: a sentence with places for its numbers."""

    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence.format(**self.numbers)


def escaped(text: str) -> str:
    """Text of the user's in the sentence of an Evidence: a brace in it is no place for a number."""
    return text.replace("{", "{{").replace("}", "}}")


def always(_: Setup) -> str:
    """The rule applies to every training."""
    return ""


@dataclass(frozen=True)
class Rule:
    """A cause with a stable id.

    `unfit` says why the rule does not apply to a setup, "" where it does; `evidence` is None where nothing speaks for
    the cause; `changes` are the cures, the mildest first. `why` says what happens, `advice` what to do, for its page.
    `essential` marks what belongs to every comparison, because without the cure nothing at all can be learned; its
    evidence comes from the setup and its data alone.
    """

    id: str
    title: str
    why: str
    advice: str
    evidence: Callable[[Facts], Evidence | None]
    changes: Callable[[Facts], Sequence[Change]]
    unfit: Callable[[Setup], str] = always
    essential: bool = False
