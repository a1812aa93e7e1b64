"""All replacements, table by table."""

from __future__ import annotations

from clearprop.checking.mistakes.costs import WRONG_COSTS
from clearprop.checking.mistakes.errors_down import DELTAS, HANDED_DOWN
from clearprop.checking.mistakes.forward import ACTIVATED, LAYER_LEFT_OUT, WEIGHTED_INPUTS
from clearprop.checking.mistakes.parameters import BIAS_GRADIENTS, WEIGHT_GRADIENTS
from clearprop.checking.mistakes.replacement import Replacement
from clearprop.checking.mistakes.scales import BETWEEN_LAYERS, FACTORS
from clearprop.checking.mistakes.slopes import SLOPES
from clearprop.checking.mistakes.updates import NEW_BIASES, NEW_WEIGHTS

REPLACEMENTS: tuple[Replacement, ...] = (
    *SLOPES,
    *DELTAS,
    *HANDED_DOWN,
    *WEIGHT_GRADIENTS,
    *BIAS_GRADIENTS,
    *WEIGHTED_INPUTS,
    *ACTIVATED,
    LAYER_LEFT_OUT,
    *FACTORS,
    *BETWEEN_LAYERS,
    *WRONG_COSTS,
    *NEW_WEIGHTS,
    *NEW_BIASES,
)
