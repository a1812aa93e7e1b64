"""Pictures of a training."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from clearprop import MissingExtraError, Network, Training, train
from data.helpers import refusal

X = np.random.default_rng(0).standard_normal((40, 2))


def trained(**changes: Any) -> Training:
    network = Network.initialize([2, 3, 2], seed=0)
    return train(network, X, (X[:, 0] > 0).astype(int), **{"epochs": 4, **changes})


def curves_of(training: Training) -> dict[str, dict[str, list[float]]]:
    """By panel and curve, what the picture shows."""
    figure = training.plot()
    figure.canvas.draw()
    for axes in figure.axes:
        assert axes.get_xlabel() == "epoch"
        assert [text.get_text() for text in axes.get_legend().get_texts()] == [
            line.get_label() for line in axes.get_lines()
        ]
        for line in axes.get_lines():
            assert list(line.get_xdata()) == training.history["epoch"]
    return {
        axes.get_ylabel(): {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()}
        for axes in figure.axes
    }


def test_cost_and_accuracy_are_shown_on_training_and_validation_data() -> None:
    training = trained(validation=0.25)
    history = training.history
    assert curves_of(training) == {
        "cost": {"training": history["cost"], "validation": history["validation_cost"]},
        "accuracy": {"training": history["accuracy"], "validation": history["validation_accuracy"]},
    }


def test_what_was_not_measured_is_not_shown() -> None:
    training = trained(validation=0)
    assert curves_of(training) == {
        "cost": {"training": training.history["cost"]},
        "accuracy": {"training": training.history["accuracy"]},
    }
    network = Network.initialize([2, 1], output="identity", cost="squared_error")
    real = train(network, X, X[:, 0], epochs=3)
    assert curves_of(real) == {
        "cost": {"training": real.history["cost"], "validation": real.history["validation_cost"]}
    }


def test_a_training_that_ended_in_its_first_epoch_has_an_empty_picture() -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    training = trained(epochs=1, batch_size=1, callbacks=[interrupt], learning_rate=1e-9)
    empty = Network.of([[[1.0, 1.0]]], [[0.0]], activations=["identity"], cost="squared_error")
    diverged = train(empty, X * 1e200, X[:, 0])
    assert len(diverged.history) == 0
    assert curves_of(diverged) == {"cost": {"training": []}}
    assert training.stopped == "interrupted"


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    training = trained()
    real_import = builtins.__import__

    def without_matplotlib(name: str, *arguments: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real_import(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(MissingExtraError):
        training.plot()
    assert refusal(training.plot) == "plot: expected matplotlib, got none; type: pip install 'clearprop[plot]'"


def test_a_picture_opens_no_window_and_keeps_no_state() -> None:
    import matplotlib

    before = matplotlib.get_backend(auto_select=False)
    trained().plot()
    assert matplotlib.get_backend(auto_select=False) == before
