"""Numbers that add up: the text, read again, gives every printed result from the printed numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

import clearprop as cp
from equations.random_networks import random_problem

from .rereading import computed_lines, wrong_lines, wrong_nudges

OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
PARTS = 10
EACH = 52
WIDE = 10**6


def text_of(seed: int, digits: int) -> str:
    """An explanation of a random network: every cost, output and activation, every optimizer, one example or more."""
    problem = random_problem(seed)
    explanation = cp.explain(
        problem.network,
        problem.x,
        problem.y,
        example=seed % len(problem.x),
        optimizer=OPTIMIZERS[seed % len(OPTIMIZERS)],
        learning_rate=0.05,
        terms=1 + seed % 3,
        digits=digits,
    )
    return explanation.to_text(width=WIDE)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_line_of_520_explanations_follows_from_its_numbers(part: int) -> None:
    lines = 0
    for seed in range(part * EACH, (part + 1) * EACH):
        digits = 3 + seed % 6
        text = text_of(seed, digits)
        assert wrong_lines(text, digits) == []
        assert wrong_nudges(text, digits) == []
        lines += len(list(computed_lines(text)))
    assert lines > 20 * EACH


@pytest.mark.parametrize("scale", [1.0, 30.0, 300.0, 1e4])
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_lines_follow_where_neurons_are_saturated(output: str, scale: float) -> None:
    cost = "cross_entropy" if output == "softmax" else "binary_cross_entropy"
    network = cp.Network.initialize([4, 6, 3], hidden="tanh", output=output, cost=cost, precision="float64", seed=3)
    loud = network.with_parameters([W * scale for W in network.weights], network.biases)
    for target in range(3):
        text = cp.explain(loud, np.array([1.0, -0.5, 0.25, 2.0]), target).to_text(width=WIDE)
        assert wrong_lines(text, 5) == []


def test_a_wide_network_adds_up() -> None:
    network = cp.Network.initialize([300, 200, 150, 12], precision="float32", seed=1)
    x = np.random.default_rng(0).normal(size=300)
    for terms in (1, 3, 20):
        text = cp.explain(network, x, 5, terms=terms).to_text(width=WIDE)
        assert wrong_lines(text, 5) == []
        assert "(the other 297 terms together)" in text or terms != 3


def test_a_line_with_one_wrong_digit_is_found() -> None:
    text = text_of(4, 5)
    lines = list(computed_lines(text))
    found = 0
    for line in lines:
        head, last = line.rsplit(" = ", 1)
        digit = re.search(r"[1-8](?=\D*$)|[1-8](?=\d?$)", last)
        if digit is None or " = " not in head:
            continue
        spoiled = f"    {head} = {last[: digit.start()]}{int(digit[0]) + 1}{last[digit.end() :]}0"
        found += wrong_lines(spoiled, 5) != []
    assert found > len(lines) / 3


def test_wrapped_text_says_the_same_as_text_in_one_piece() -> None:
    network = random_problem(8).network
    explanation = cp.explain(network, np.ones(network.sizes[0]), np.full(network.sizes[-1], 0.0))
    whole, wrapped = explanation.to_text(width=WIDE), explanation.to_text(width=60)
    assert whole.split() == wrapped.split()
