"""What a check could not see."""

from __future__ import annotations

from collections.abc import Iterable

from clearprop.checking.mistakes.catalogue import ENTRIES
from clearprop.checking.report import Mistake

_UPDATE = 'what an update does with the gradients; check it with kind="step"'
_OTHER_KINDS: dict[str, tuple[str, ...]] = {
    "backprop": (_UPDATE, "the cost; check it with kind=\"cost\""),
    "forward": ("gradients; check them with kind=\"backprop\"",),
    "cost": ("the way forward and the gradients; check them with kind=\"forward\" and kind=\"backprop\"",),
    "step": ("the cost; check it with kind=\"cost\"",),
}  # fmt: skip


def not_seen(kind: str, mistakes: Iterable[Mistake]) -> list[str]:
    """In sentences: what this kind of function does not show, and the mistakes that no numbers show."""
    reasons = dict.fromkeys(entry.unseen for entry in ENTRIES if entry.unseen)
    unseen = [f"{', '.join(entry.id for entry in ENTRIES if entry.unseen == reason)}: {reason}" for reason in reasons]
    after = ["layers below the first that is wrong without a name"] if any(m.id is None for m in mistakes) else []
    return [*after, *_OTHER_KINDS[kind], *unseen]
