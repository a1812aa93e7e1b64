"""A start with weights of one sign."""

from __future__ import annotations

from clearprop.diagnosing.change import DRAWN_AS_USUAL
from clearprop.diagnosing.facts import Facts
from clearprop.diagnosing.rule import Evidence, Rule

ONE_SIDED = 1.0
"""The mean of a layer's weights beside their spread; near 0 where they scatter around 0."""
LARGE = 1.5
"""The mean times the number of inputs: what all inputs of 1 together add up to."""


def _evidence(facts: Facts) -> Evidence | None:
    for layer, n_in in zip(facts.start, facts.setup.sizes, strict=False):
        mean = abs(layer.weight_mean)
        if mean > ONE_SIDED * layer.weight_spread > 0 and mean * n_in > LARGE:
            return Evidence(
                "The weights of layer {layer} start around {mean:.3g} with a spread of {spread:.3g}: nearly all have "
                "the same sign, and {inputs} inputs of 1 add up to {sum:.3g}.",
                {
                    "layer": layer.layer,
                    "mean": layer.weight_mean,
                    "spread": layer.weight_spread,
                    "inputs": n_in,
                    "sum": layer.weight_mean * n_in,
                },
            )
    return None


INIT_ALL_POSITIVE_LARGE = Rule(
    id="init-all-positive-large",
    title="The weights start with one sign",
    why="Random numbers between 0 and 1 are all positive. Over many inputs they add up instead of evening out: every "
    "weighted input is large and nearly the same for every example, so that neurons saturate and answer alike.",
    advice="Draw weights around 0 with a spread of about 1/√n_in, initialization='auto'.",
    evidence=_evidence,
    changes=lambda _: [DRAWN_AS_USUAL],
)
