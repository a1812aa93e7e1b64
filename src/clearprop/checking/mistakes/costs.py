"""Mistakes in the cost, made of right outputs a and targets y."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import Replacement, of_activation, of_cost, replacement
from clearprop.equations.activations import softmax
from clearprop.equations.costs import COSTS
from clearprop.equations.step import Step

C = "C = "
SQUARED, CROSS, BINARY = ("squared_error", "half_squared_error"), "cross_entropy", "binary_cross_entropy"


def _out(step: Step) -> Array:
    return step.a[step.layers]


def _table(step: Step) -> Array:
    """All differences of an output and a target, of whichever examples: (m, m)."""
    return _out(step)[:, :1] - step.y[:, 0][None, :]


def _one_output(step: Step, layer: int) -> bool:
    return step.y.shape[1] == 1 and len(step.x) > 1


def _other(name: str) -> Replacement:
    """The cost may be the cross-entropy that belongs to the other output activation."""
    return replacement(
        "softmax-loss-pair-mismatch",
        "cost",
        COSTS[name].value.formula.source,
        lambda s, l: COSTS[name](_out(s), s.y),
        lambda s, l: s.output.cost_function.name != name and not (name == CROSS and _half_is_missing(s, l)),
    )


def _half_is_missing(step: Step, layer: int) -> bool:
    """Whether the cross-entropy would be half of the right cost, which is no other pair's."""
    return step.output.cost_function.name == BINARY and step.output.activation.name == "sigmoid"


Cost = Callable[[Array, Array], Array]
"""A cost of each example as it is written down: of outputs a and targets y."""

WRITTEN: tuple[tuple[tuple[str, ...], str, Cost], ...] = (
    (
        (BINARY,),
        "-sum(j, y[j] * ln(a[l, j]) + (y[j] - 1) * ln(1 - a[l, j]))",
        lambda a, y: -(y * np.log(a) + (y - 1) * np.log(1 - a)).sum(axis=-1),
    ),
    (
        (BINARY,),
        "-sum(j, y[j] * ln(a[l, j]) - (1 - y[j]) * ln(1 - a[l, j]))",
        lambda a, y: -(y * np.log(a) - (1 - y) * np.log(1 - a)).sum(axis=-1),
    ),
    (
        (BINARY, CROSS),
        "-sum(j, y[j] * ln(a[l, j]) + (1 - y[j]) * ln(a[l, j]))",
        lambda a, y: -np.log(a).sum(axis=-1),
    ),
    (
        (BINARY,),
        "-sum(j, y[j] * ln(1 - a[l, j]) + (1 - y[j]) * ln(a[l, j]))",
        lambda a, y: -(y * np.log(1 - a) + (1 - y) * np.log(a)).sum(axis=-1),
    ),
    (
        (BINARY, CROSS),
        "-sum(j, (1 - y[j]) * ln(1 - a[l, j]))",
        lambda a, y: -((1 - y) * np.log(1 - a)).sum(axis=-1),
    ),
    ((CROSS,), "sum(j, y[j] * ln(a[l, j]))", lambda a, y: (y * np.log(a)).sum(axis=-1)),
    (
        (BINARY,),
        "sum(j, y[j] * ln(a[l, j]) + (1 - y[j]) * ln(1 - a[l, j]))",
        lambda a, y: (y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=-1),
    ),
    (
        (CROSS,),
        "-sum(j, a[l, j] * ln(y[j] + 1 / 100000000))",
        lambda a, y: -(a * np.log(y + 1e-8)).sum(axis=-1),
    ),
    (SQUARED, "sum(j, a[l, j] - y[j]) ** 2", lambda a, y: (a - y).sum(axis=-1) ** 2),
    (SQUARED, "sum(j, a[l, j] ** 2 - y[j] ** 2)", lambda a, y: (a**2 - y**2).sum(axis=-1)),
)
"""Wrong costs by those that were meant: a sign, a bracket, a and y in each other's place."""


def _written(cost: Cost, step: Step, layer: int) -> Array:
    return cost(_out(step), step.y)


WRONG_COSTS: tuple[Replacement, ...] = (
    replacement("cost-is-delta", "cost", f"{C}sum(j, a[l, j] - y[j])", lambda s, l: (_out(s) - s.y).sum(axis=-1)),
    replacement("cost-is-delta", "cost", f"{C}sum(j, y[j] - a[l, j])", lambda s, l: (s.y - _out(s)).sum(axis=-1)),
    *(
        replacement("cost-formula", "cost", C + formula, partial(_written, cost), of_cost(*costs))
        for costs, formula, cost in WRITTEN
    ),
    replacement(
        "cost-formula", "cost", f"{C}-sum(j, y[j] * ln(a[l, j]))", partial(_written, COSTS[CROSS]), _half_is_missing
    ),
    replacement(
        "softmax-twice",
        "cost",
        f"{C}-sum(j, y[j] * ln(exp(a[l, j]) / sum(k, exp(a[l, k]))))",
        lambda s, l: -(s.y * np.log(softmax(_out(s)))).sum(axis=-1),
        of_activation("softmax"),
    ),
    _other(CROSS),
    _other(BINARY),
    replacement(
        "cost-sum-wrong",
        "cost",
        f"{C}last_term",
        lambda s, l: s.output.cost_function(_out(s)[:, -1:], s.y[:, -1:]),
        lambda s, l: s.y.shape[1] > 1,
    ),
    replacement(
        "shape-broadcast",
        "cost",
        f"{C}sum(i, (a[l, 0] - y[i, 0]) ** 2) / n",
        lambda s, l: (_table(s) ** 2).mean(axis=1),
        lambda s, l: _one_output(s, l) and s.output.cost_function.name in SQUARED,
    ),
    replacement(
        "shape-broadcast",
        "cost",
        f"{C}sum(i, (a[l, 0] - y[i, 0]) ** 2)",
        lambda s, l: (_table(s) ** 2).sum(axis=1),
        lambda s, l: _one_output(s, l) and s.output.cost_function.name in SQUARED,
    ),
)
"""What stands in the place of C₀, (n,)."""
