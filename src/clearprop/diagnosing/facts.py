"""All that the rules look at: the setup, its data, and what can be seen of the unchanged runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import fmean

import numpy as np

from clearprop.diagnosing.laboratory import Arm
from clearprop.diagnosing.looking.answers import AnswerFacts, answer_facts
from clearprop.diagnosing.looking.curvature import curvature
from clearprop.diagnosing.looking.data import DataFacts
from clearprop.diagnosing.looking.layers import LayerFacts, layer_facts
from clearprop.diagnosing.outcome import DIVERGED, Outcome
from clearprop.diagnosing.setup import Setup


@dataclass(frozen=True, eq=False)
class Facts:
    """`control` holds the unchanged runs, `reference` those of our own settings on the same data; the data and the
    start can be looked at before there are any."""

    setup: Setup
    data: DataFacts
    control: Arm
    reference: Arm

    @property
    def first(self) -> Outcome:
        """The unchanged run that is looked at."""
        return self.control.outcomes[0]

    @cached_property
    def start(self) -> tuple[LayerFacts, ...]:
        """The network before its first step, layer by layer; nothing where none can be made."""
        return layer_facts(self.setup, self.setup.network(self.setup.settings.seed)) if self.setup.trainable else ()

    @property
    def weight_sizes(self) -> dict[int, float]:
        """By layer, the root mean square of the first weights times √n_in: about 1 where signals keep their size."""
        return {
            layer.layer: math.hypot(layer.weight_spread, layer.weight_mean) * math.sqrt(n_in)
            for layer, n_in in zip(self.start, self.setup.sizes, strict=False)
        }

    @cached_property
    def end(self) -> tuple[LayerFacts, ...]:
        """The network after its last step."""
        return layer_facts(self.setup, self.first.network) if self.first.network else ()

    @property
    def hidden_at_start(self) -> tuple[LayerFacts, ...]:
        return self.start[:-1]

    @cached_property
    def answers(self) -> AnswerFacts:
        return answer_facts(self.setup, self.first.outputs)

    @cached_property
    def curvature(self) -> float:
        """The largest curvature of the cost at the start."""
        return curvature(self.setup, self.first.start) if self.first.start else 0.0

    @property
    def diverged(self) -> int:
        """How many of the unchanged runs ended with a cost that is not finite."""
        return sum(outcome.stopped == DIVERGED for outcome in self.control.outcomes)

    @property
    def reference_skill(self) -> float:
        return fmean(self.reference.skills)

    @cached_property
    def costs(self) -> list[float]:
        """The cost of each epoch of the unchanged run."""
        return list(self.first.history["cost"])

    @property
    def updates(self) -> int:
        """How many updates an unchanged run makes."""
        settings, rows = self.setup.settings, len(self.setup.learned)
        return settings.epochs_for(rows) * settings.steps_for(rows)

    @cached_property
    def moved(self) -> float:
        """How far all weights moved in the unchanged run, beside the size that they began with, or beside the size that
        is usual (n_out in each layer, for a spread of 1/√n_in) if they began at 0."""
        if self.first.start is None or self.first.network is None:
            return 0.0
        pairs = list(zip(self.first.start.weights, self.first.network.weights, strict=True))
        way = sum(float(np.sum((new.astype(np.float64) - old) ** 2)) for old, new in pairs)
        size = sum(float(np.sum(old.astype(np.float64) ** 2)) for old, _ in pairs)
        return math.sqrt(way / (size or sum(len(old) for old, _ in pairs)))

    @property
    def still_falling(self) -> float:
        """The share of the whole fall of the cost that the last quarter of the epochs brought."""
        costs = self.costs
        if len(costs) < 4 or not costs[0] > costs[-1]:
            return 1.0 if len(costs) < 4 else 0.0
        return (costs[-1 - len(costs) // 4] - costs[-1]) / (costs[0] - costs[-1])

    @property
    def rises(self) -> float:
        """The share of the epochs after which the cost was higher than before."""
        costs = self.costs
        return fmean(b > a for a, b in pairwise(costs)) if len(costs) > 1 else 0.0
