"""Why one output came out ahead of another: its lead, as an exact sum of what each neuron and each input gave to it.

A lead is the difference of two weighted inputs of the last layer, j ahead of m.
"""

from __future__ import annotations

from clearprop.arrays import Array
from clearprop.equations.equation import equation


@equation(
    "lead[j, m] = sum(k, (W[l, j, k] - W[l, m, k]) * a[l - 1, k]) + (b[l, j] - b[l, m])",
    "How far z of output j is ahead of z of output m: each neuron of the layer before speaks for one of the two by as"
    " much as its weights to them differ, times how active it is.",
    source="difference of two weighted inputs",
)
def lead(a: Array, W_j: Array, W_m: Array, b_j: Array, b_m: Array) -> Array:
    return a.__array_namespace__().sum((W_j - W_m) * a, axis=-1) + (b_j - b_m)


@equation(
    "gain[l, j] = (a[l, j] - start[l, j]) / z[l, j]",
    "How much of its z a neuron has passed on, beyond what it gives when z is 0.",
    source="Shrikumar, Greenside and Kundaje 2017, Learning important features through propagating activation"
    " differences (its rescale rule, with z = 0 to compare with)",
)
def gain(a: Array, start: Array, z: Array) -> Array:
    xp = z.__array_namespace__()
    return (a - start) / xp.where(z == 0, xp.ones_like(z), z)  # of z = 0 nothing is passed on: 0/1


@equation(
    "lead[j, m] = sum(k, pull[k] * a[0, k]) + constant",
    "The same lead: each input speaks for one of the two by its value times the pull that its ways through the network"
    " add up to.",
    source="the gains of all layers, multiplied along every way",
)
def input_lead(pull: Array, a: Array, constant: Array) -> Array:
    return a.__array_namespace__().sum(pull * a, axis=-1) + constant
