"""Mistakes in the update: what becomes of a parameter, given its gradient."""

from __future__ import annotations

import numpy as np

from clearprop.arrays import Array
from clearprop.checking.mistakes.replacement import Replacement, replacement
from clearprop.equations.step import Step

W, B = "W_new[l, j, k] = ", "b_new[l, j] = "
DW, DB = "d(C_mean, W[l, j, k])", "d(C_mean, b[l, j])"


def _eta(step: Step) -> Array:
    return step.update.learning_rate


NEW_WEIGHTS: tuple[Replacement, ...] = (
    replacement("assign-not-increment", "new_W", f"{W}-eta * {DW}", lambda s, l: -_eta(s) * s.given_W[l]),
    replacement("sign-ascent", "new_W", f"{W}W[l, j, k] + eta * {DW}", lambda s, l: s.W[l] + _eta(s) * s.given_W[l]),
    replacement("lr-undefined", "new_W", f"{W}W[l, j, k] - {DW}", lambda s, l: s.W[l] - s.given_W[l]),
    replacement(
        "lr-undefined", "new_W", f"{W}W[l, j, k] - eta ** 2 * {DW}", lambda s, l: s.W[l] - _eta(s) ** 2 * s.given_W[l]
    ),
    replacement(
        "integer-parameters",
        "new_W",
        f"{W}truncated(W[l, j, k] - eta * {DW})",
        lambda s, l: np.trunc(s.W[l] - _eta(s) * s.given_W[l]),
    ),
    replacement(
        "integer-parameters",
        "new_W",
        f"{W}truncated(W[l, j, k]) - eta * {DW}",
        lambda s, l: np.trunc(s.W[l]) - _eta(s) * s.given_W[l],
    ),
    replacement(
        "update-wrong-variable", "new_W", f"{W}{DW} - eta * W[l, j, k]", lambda s, l: s.given_W[l] - _eta(s) * s.W[l]
    ),
)
NEW_BIASES: tuple[Replacement, ...] = (
    replacement("assign-not-increment", "new_b", f"{B}-eta * {DB}", lambda s, l: -_eta(s) * s.given_b[l]),
    replacement("sign-ascent", "new_b", f"{B}b[l, j] + eta * {DB}", lambda s, l: s.b[l] + _eta(s) * s.given_b[l]),
    replacement("lr-undefined", "new_b", f"{B}b[l, j] - {DB}", lambda s, l: s.b[l] - s.given_b[l]),
    replacement(
        "lr-undefined", "new_b", f"{B}b[l, j] - eta ** 2 * {DB}", lambda s, l: s.b[l] - _eta(s) ** 2 * s.given_b[l]
    ),
    replacement(
        "integer-parameters",
        "new_b",
        f"{B}truncated(b[l, j] - eta * {DB})",
        lambda s, l: np.trunc(s.b[l] - _eta(s) * s.given_b[l]),
    ),
    replacement(
        "integer-parameters",
        "new_b",
        f"{B}truncated(b[l, j]) - eta * {DB}",
        lambda s, l: np.trunc(s.b[l]) - _eta(s) * s.given_b[l],
    ),
    replacement(
        "update-wrong-variable", "new_b", f"{B}{DB} - eta * b[l, j]", lambda s, l: s.given_b[l] - _eta(s) * s.b[l]
    ),
)
