"""The program of docs/network-from-elsewhere.md makes the same network, which is then looked at as it stands."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "network-from-elsewhere.md").read_text(encoding="utf-8")
X = np.random.default_rng(0).standard_normal((300, 4))
TWO = (X[:, 0] * X[:, 1] > 0).astype(int)
THREE = np.digitize(X[:, 0] + X[:, 2], [-0.7, 0.7])


def program(**names: Any) -> dict[str, Any]:
    """What the programs of the page make of these names."""
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[: 2 if names else 1]:
        exec(code, names)  # noqa: S102 # the code of our own page
    return names


def fitted(model: Any, y: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (MLPClassifier((8, 5), activation="tanh", max_iter=5, random_state=0), THREE),
        (MLPClassifier((8,), activation="logistic", max_iter=5, random_state=0), TWO),
        (MLPRegressor(hidden_layer_sizes=(8,), max_iter=5, random_state=0), X[:, 0] * X[:, 1]),
    ],
    ids=["softmax", "one sigmoid", "real numbers"],
)
def test_the_network_answers_what_theirs_answers(model: Any, y: np.ndarray) -> None:
    answers = program()["network_of"](fitted(model, y)).probabilities(X)
    theirs = model.predict(X)[:, None] if y.dtype.kind == "f" else model.predict_proba(X)[:, -answers.shape[1] :]
    np.testing.assert_allclose(answers, theirs, atol=1e-12)


def test_a_network_that_came_to_nothing_is_seen_as_it_stands_and_cured() -> None:
    dead = fitted(MLPClassifier((16,), max_iter=3, random_state=0), TWO)
    dead.intercepts_[0] -= 30.0
    diagnosis = program(x=X, y=TWO, model=dead)["diagnosis"]
    seen = {symptom.id: symptom.sentence for symptom in diagnosis.symptoms}
    assert seen["dead-neurons"] == "At the start, 100% of the neurons of hidden layer 1 are off for every example."
    assert "constant-answer-at-the-start" in seen
    assert ("dead-relu",) in [cure.causes for cure in diagnosis.cures]
    assert "The network that was given has a skill of 0.00 before the first step." in diagnosis.remarks


def test_a_network_that_learned_has_no_symptoms_and_its_skill_is_told() -> None:
    model = fitted(MLPClassifier((32,), max_iter=300, learning_rate_init=0.01, random_state=0), TWO)
    diagnosis = program(x=X, y=TWO, model=model)["diagnosis"]
    assert diagnosis.settings_are_fine
    assert diagnosis.symptoms == ()
    (skill,) = re.findall(r"given has a skill of (\S+) before", " ".join(diagnosis.remarks))
    assert float(skill) > 0.9
