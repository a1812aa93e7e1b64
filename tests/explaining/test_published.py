"""Worked examples with known numbers: one that was published, one that a script computes to 50 digits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import clearprop as cp
from clearprop.explaining import Explanation

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "explaining.json"

MAZUR = {
    "z.1.1": "0.3775",
    "a.1.1": "0.593269992",
    "a.1.2": "0.596884378",
    "z.2.1": "1.105905967",
    "a.2.1": "0.75136507",
    "a.2.2": "0.772928465",
    "C": "0.298371109",
    "dC/da.2.1": "0.74136507",
    "da/dz.2.1.3.1": "0.186815602",
    "delta.2.1": "0.138498562",
    "dC/dW.2.1.1": "0.082167041",
    "dC/da.1.1": "0.036350306",
    "da/dz.1.1.2.1": "0.241300709",
    "dC/dW.1.1.1": "0.000438568",
    "new_W.2.1.1": "0.35891648",
    "new_W.2.1.2": "0.408666186",
    "new_W.2.2.1": "0.511301270",
    "new_W.2.2.2": "0.561370121",
    "new_W.1.1.1": "0.149780716",
    "new_W.1.1.2": "0.19956143",
    "new_W.1.2.1": "0.24975114",
    "new_W.1.2.2": "0.29950229",
}
"""The figures of M. Mazur, "A Step by Step Backpropagation Example", 17 March 2015, mattmazur.com, as printed there.

The page leaves the biases as they are, so theirs are not among them."""


@pytest.fixture(scope="module")
def mazur() -> Explanation:
    network = cp.Network.of(
        [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
        [[0.35, 0.35], [0.60, 0.60]],
        activations=["sigmoid", "sigmoid"],
        cost="half_squared_error",
    )
    return cp.explain(network, [0.05, 0.10], [0.01, 0.99], learning_rate=0.5, digits=9)


@pytest.mark.parametrize("name", MAZUR)
def test_the_published_example_is_reproduced_figure_by_figure(mazur: Explanation, name: str) -> None:
    step = next(step for step in mazur.steps if step.id == name)
    decimals = len(MAZUR[name].partition(".")[2])
    # the page cuts or rounds its last digit, and goes on with what it has printed
    assert step.result == pytest.approx(float(MAZUR[name]), abs=1.01 * 10.0**-decimals)


def test_the_published_example_reads_line_by_line(mazur: Explanation) -> None:
    text = mazur.to_text(width=200)
    for line in (
        "z⁽¹⁾₁ = 0.15 · 0.05 + 0.2 · 0.1 + 0.35 = 0.3775",
        "a⁽¹⁾₁ = 1 / (1 + exp(−0.3775)) = 0.593269992",
        "z⁽²⁾₁ = 0.4 · 0.593269992 + 0.45 · 0.596884378 + 0.6 = 1.10590597",
        "C = ((0.751365070 − 0.01)² + (0.772928465 − 0.99)²) / 2 = 0.298371109",
        "∂C/∂w⁽²⁾₁,₁ = 0.138498562 · 0.593269992 = 0.0821670406",
        "new w⁽²⁾₁,₁ = 0.4 − 0.5 · 0.0821670406 = 0.358916480",
    ):
        assert f"    {line}\n" in text


@pytest.mark.parametrize("name", sorted(json.loads(GOLDEN.read_text())["numbers"]))
def test_softmax_with_cross_entropy_agrees_with_50_digits(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    given = golden["given"]
    network = cp.Network.of(given["W"], given["b"], activations=["sigmoid", "softmax"], cost="cross_entropy")
    explanation = cp.explain(network, given["x"], given["y"], learning_rate=given["learning rate"])
    step = next(step for step in explanation.steps if step.id == name)
    assert step.result == pytest.approx(golden["numbers"][name], rel=2e-15)
