"""Gradients without code: as they are, rounded, from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearprop as cp
from clearprop.checking import check_file


def problem(seed: int = 0, n: int = 4) -> tuple[cp.Network, Any, Any, Any]:
    rng = np.random.default_rng(seed)
    network = cp.Network.of(
        [rng.normal(size=(4, 3)).round(2), rng.normal(size=(2, 4)).round(2)],
        [rng.normal(size=4).round(2), rng.normal(size=2).round(2)],
        activations=["sigmoid", "softmax"],
        cost="cross_entropy",
    )
    x, y = rng.normal(size=(n, 3)).round(2), np.arange(n) % 2
    return network, x, y, cp.gradients(network, x, y)


def checked(network: cp.Network, x: Any, y: Any, weights: Any, biases: Any) -> cp.CheckReport:
    return cp.check_numbers(
        network.weights, network.biases, x, y, weights, biases, activations=["sigmoid", "softmax"], cost="cross_entropy"
    )


@pytest.mark.parametrize("decimals", [3, 4, 6, 15])
@pytest.mark.parametrize("n", [1, 4])
def test_right_numbers_are_right_however_they_are_rounded(decimals: int, n: int) -> None:
    network, x, y, true = problem(n=n)
    rounded = [[array.round(decimals) for array in part] for part in (true.weights, true.biases)]
    report = checked(network, x, y, *rounded)
    assert report.mistakes == (), report


def test_numbers_that_were_rounded_on_the_way_are_right() -> None:
    network, x, y, _ = problem(n=1)
    a1 = (1 / (1 + np.exp(-(x @ network.weights[0].T + network.biases[0]).round(3)))).round(3)
    e = np.exp((a1 @ network.weights[1].T + network.biases[1]).round(3)).round(3)
    delta2 = ((e / e.sum()).round(3) - np.eye(2)[y]).round(3)
    delta1 = (delta2 @ network.weights[1] * a1 * (1 - a1)).round(3)
    report = checked(network, x, y, [(delta1.T @ x).round(3), (delta2.T @ a1).round(3)], [delta1[0], delta2[0]])
    assert report.ok, report
    assert "rounded to 3 decimals" in report.conventions


@pytest.mark.parametrize("decimals", [4, 15])
def test_a_mistake_is_named_by_numbers_alone(decimals: int) -> None:
    network, x, y, true = problem()
    step = network.step(x, y)
    wrong = (step.delta[2].mean(axis=0)[:, None] * np.ones((2, 4))).round(decimals)
    report = checked(network, x, y, [true.weights[0].round(decimals), wrong], [b.round(decimals) for b in true.biases])
    assert [mistake.id for mistake in report.mistakes] == ["dW-missing-input"], report


def test_weights_in_the_other_order_are_a_convention() -> None:
    network, x, y, true = problem()
    report = cp.check_numbers(
        [W.T for W in network.weights],
        network.biases,
        x,
        y,
        [W.T for W in true.weights],
        true.biases,
        activations=["sigmoid", "softmax"],
        cost="cross_entropy",
    )
    assert report.mistakes == ()
    assert "weights as (in, out)" in report.conventions


def document() -> dict[str, Any]:
    network, x, y, true = problem()
    return {
        "weights": [W.tolist() for W in network.weights],
        "biases": [b.tolist() for b in network.biases],
        "x": x.tolist(),
        "y": y.tolist(),
        "weight_gradients": [W.tolist() for W in true.weights],
        "bias_gradients": [b.tolist() for b in true.biases],
        "activations": ["sigmoid", "softmax"],
        "cost": "cross_entropy",
    }


def test_a_file_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text(json.dumps(document()))
    assert check_file(path, None, None).ok
    path.write_text(json.dumps({**document(), "bias_gradients": [[0.0] * 4, [0.0] * 2]}))
    assert [mistake.id for mistake in check_file(path, None, None).mistakes] == ["bias-not-updated"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "expected JSON, got something else"),
        ("[1]", "expected one JSON object, got list."),
        (
            '{"weights": []}',
            "expected the keys weights, biases, x, y, weight_gradients, bias_gradients, got no biases.",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text(text)
    with pytest.raises(cp.DataError) as error:
        check_file(path, None, None)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weight_gradients": [[[0.0]], [[0.0]]]}, "weight_gradients: expected shape (4, 3) for layer 1, got (1, 1)."),
        ({"bias_gradients": [[0.0]]}, "expected 2 each, one for each layer, got 2 and 1."),
        ({"x": "no"}, "x: "),
        ({"weights": "no"}, "weights: expected a list of arrays of numbers"),
    ],
)
def test_numbers_that_do_not_fit_are_told_in_one_sentence(change: Any, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text(json.dumps({**document(), **change}))
    with pytest.raises(cp.ArgumentError) as error:
        check_file(path, None, None)
    assert sentence in str(error.value)
