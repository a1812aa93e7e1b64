"""Steps that overshoot."""

from __future__ import annotations

from clearprop.diagnosing.change import Change, set_to
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

DIVISORS = (10, 100, 1_000, 10_000)
"""What the learning rate is divided by; the first that cures is taken."""
RISES = 0.35
"""The share of the epochs after which the cost was higher than before."""
SWING = 0.3
"""How far the first step may move the weights of a layer, beside their size."""


def _evidence(facts: Facts) -> Evidence | None:
    settings = facts.setup.settings
    if facts.diverged:
        return Evidence(
            "The cost stopped being finite in {runs} of {all} runs.",
            {"runs": facts.diverged, "all": len(facts.control.outcomes)},
        )
    curvature = facts.curvature if settings.optimizer == "sgd" else 0.0
    if settings.learning_rate * curvature > 2:
        return Evidence(
            "The largest curvature of the cost at the start is {curvature:.3g}: above a learning rate of {limit:.3g} "
            "steps overshoot, and yours is {rate:g}.",
            {"curvature": curvature, "limit": 2 / curvature, "rate": settings.learning_rate},
        )
    swing = max((layer.update for layer in facts.start), default=0.0)
    if swing > SWING:
        return Evidence("The first step moves the weights of a layer by {swing:.0%} of their size.", {"swing": swing})
    if facts.rises > RISES:
        return Evidence("After {rises:.0%} of the epochs the cost was higher than before.", {"rises": facts.rises})
    return None


def _divided(facts: Facts, by: int) -> Change:
    rate = facts.setup.settings.learning_rate / by
    return set_to(f"the learning rate divided by {by:,}", learning_rate=rate)


LR_TOO_HIGH = Rule(
    id="lr-too-high",
    title="The learning rate is too high",
    why="The gradient says where the cost falls at the very place, not how far. A step that is too long lands on the "
    "other side, higher than before; the next is longer still, until numbers no longer fit, or neurons are thrown so "
    "far out that they are flat or dead.",
    advice="Divide the learning rate by 10 until the cost falls steadily.",
    evidence=_evidence,
    changes=lambda facts: [_divided(facts, by) for by in DIVISORS],
)
