"""Steps too short to arrive."""

from __future__ import annotations

from clearprop.diagnosing.change import Change, set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

FACTORS = (10, 100, 1_000, 10_000, 100_000)
"""What the learning rate is multiplied by; the first that cures is taken."""
MOVED = 0.3
"""How far the weights moved in the whole run, beside their size."""


def _evidence(facts: Facts) -> Evidence | None:
    if facts.moved > MOVED or facts.diverged:
        return None
    return Evidence(
        "In {updates:,} updates the weights moved by {moved:.2%} of their size.",
        {"updates": facts.updates, "moved": facts.moved},
    )


def _raised(facts: Facts, by: int) -> Change:
    rate = facts.setup.settings.learning_rate * by
    return set_to(f"the learning rate times {by:,}", learning_rate=rate)


LR_TOO_LOW = Rule(
    id="lr-too-low",
    title="The learning rate is too low",
    why="Each step goes the right way and hardly anywhere: the cost falls so slowly that the run ends where it began.",
    advice="Multiply the learning rate by 10 until the cost no longer falls steadily, and go one back.",
    evidence=_evidence,
    changes=lambda facts: [_raised(facts, by) for by in FACTORS],
)
