"""What each symbol means, in plain words, told where it first appears."""

from __future__ import annotations

from collections.abc import Iterable

from clearprop.equations.notation import Notation

MEANINGS: dict[str, tuple[tuple[str, ...], str]] = {
    "W": (("l", "j", "k"), "the weight on the way from neuron k of the layer before to neuron j of layer l"),
    "b": (("l", "j"), "the bias of neuron j: what it adds whatever comes in"),
    "a": (("l", "j"), "the activation of neuron j of layer l, what it sends on; layer 0 is the input"),
    "z": (("l", "j"), "the weighted input of neuron j of layer l, before its activation"),
    "y": (("j",), "the target: what output j ought to be"),
    "C": ((), "the cost of this example: how wrong the outputs are"),
    "delta": (("l", "j"), "the error of a neuron: how fast the cost moves when its z is raised"),
    "theta": ((), "any weight or bias"),
    "eta": ((), "the learning rate: how long a step is"),
    "g": ((), "the slope of the cost for this weight or bias"),
    "alpha": ((), "the share of a negative z that leaky relu lets through"),
    "v_new": ((), "the velocity, which remembers earlier gradients; v is the one before"),
    "mu": ((), "the momentum: the share of the velocity that is kept"),
    "m_new": ((), "the running mean of the gradients; m is the one before"),
    "s_new": ((), "the running mean of the squared gradients; s is the one before"),
    "beta_1": ((), "the share of the running mean that is kept"),
    "beta_2": ((), "the share of the running mean of squares that is kept"),
    "t": ((), "the number of this update, from 1"),
    "epsilon": ((), "a tiny number that keeps the division from failing"),
    "lambda_": ((), "the share by which every weight shrinks"),
    "n": ((), "the number of examples in the batch"),
    "lead": (("j", "m"), "how far output j is ahead of output m"),
    "gain": (("l", "j"), "the share of its z that a neuron passed on"),
    "pull": (("k",), "how hard input k pulls at the lead, over all its ways through the network"),
}

WAYS = {
    "sum": "Σ says: add up over all of them",
    "exp": "exp(z) is the number e = 2.71828… to the power of z: the key eˣ of a calculator",
    "ln": "ln is the natural logarithm, the key ln of a calculator: it undoes exp",
    "d": "∂C/∂a is a slope: how many times as far C moves as a, when a alone is moved a little",
    "same": "[j = k] is 1 when j is k, and 0 otherwise",
    "tanh": "tanh is a key of scientific calculators: (e²ᶻ − 1) / (e²ᶻ + 1)",
}


def symbols_told(names: Iterable[str], notation: Notation) -> list[tuple[str, str]]:
    """Each symbol as it is spelled, and what it means."""
    return [(notation.symbol(name, MEANINGS[name][0]), MEANINGS[name][1]) for name in names if name in MEANINGS]


def ways_told(ways: Iterable[str], notation: Notation) -> list[str]:
    """What the signs between the symbols mean; code has signs of its own."""
    return [] if notation.is_code else [WAYS[way] for way in ways if way in WAYS]
