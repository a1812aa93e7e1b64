"""What keeps a network from learning its examples by heart: L2 and dropout."""

from __future__ import annotations

from clearprop.arrays import Array
from clearprop.equations.activations import NIELSEN
from clearprop.equations.equation import equation

SRIVASTAVA = "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting"


@equation(
    "C_penalty = lambda_ / 2 * sum(j, sum(k, W[l, j, k] ** 2))",
    "Large weights cost something of their own: half of λ times the sum of their squares. Biases are free.",
    source=f"{NIELSEN}, chapter 3 (its λ/n is our λ)",
)
def l2_cost(W: Array, l2: float) -> Array:
    return l2 / 2 * W.__array_namespace__().sum(W**2)


@equation(
    "d(C_penalty, W[l, j, k]) = lambda_ * W[l, j, k]",
    "Every weight is pulled towards 0, the harder the larger it is.",
    source=f"{NIELSEN}, chapter 3",
)
def l2_gradient(W: Array, l2: float) -> Array:
    return l2 * W  # (n_out, n_in)


@equation(
    "keep[l, j] = 1 / (1 - p) if draw[j] > p else 0",
    "Switch a random share p of the layer off for this step, and raise the others so that the sum stays as large.",
    source=f"{SRIVASTAVA} (inverted: scaled while training, so that labelling needs nothing)",
)
def dropout_keep(draw: Array, p: float) -> Array:
    xp = draw.__array_namespace__()
    return xp.where(draw >= xp.asarray(round(p * 0xFFFFFFFF), dtype=xp.uint32), 1 / (1 - p), 0.0)


def dropout_draw(like: Array, seed: int, step: Array, layer: int, first_row: Array = 0) -> Array:
    """Random 32-bit integers, (n, units) for `like` of that shape: a hash of where each stands.

    The same on every array library and engine, whatever computes which rows: `seed` in 0..2⁶⁴−1, `step` counts
    the updates of the run from 0, `layer` counts from 1, `first_row` is the first row's place in the whole batch.
    """
    xp = like.__array_namespace__()
    rows, units = like.shape

    def word(value: Array) -> Array:
        return xp.reshape(xp.asarray(value, dtype=xp.uint32), (1, 1))

    h = word(seed & 0xFFFFFFFF)
    for value in (seed >> 32, step, layer):
        h = _mix(h ^ _mix(word(value) + word(0x9E3779B9)))
    row = xp.arange(rows, dtype=xp.uint32)[:, None] + word(first_row)
    h = _mix(h ^ _mix(row + word(0x85EBCA6B)))
    return _mix(h ^ _mix(xp.arange(units, dtype=xp.uint32)[None, :] + word(0xC2B2AE35)))


def _mix(h: Array) -> Array:
    """Scrambles 32-bit integers one to one (the constants of C. Wellons' hash prospector, lowbias32)."""
    xp = h.__array_namespace__()
    first, second = (xp.reshape(xp.asarray(c, dtype=xp.uint32), (1, 1)) for c in (0x7FEB352D, 0x846CA68B))
    h = (h ^ (h >> 16)) * first
    h = (h ^ (h >> 15)) * second
    return h ^ (h >> 16)
