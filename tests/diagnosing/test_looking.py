"""What can be seen without an experiment is measured right."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clearprop as cp
from clearprop.diagnosing.looking.answers import answer_facts
from clearprop.diagnosing.looking.blow_up import birth
from clearprop.diagnosing.looking.curvature import curvature
from clearprop.diagnosing.looking.data import data_facts, range_of
from clearprop.diagnosing.looking.layers import layer_facts
from clearprop.equations.activations import ACTIVATIONS

from .problems import once, setup


def test_the_columns_and_rows_of_the_data_are_counted() -> None:
    x = np.array([[1.0, 5.0, 2.0, 2.0], [1.0, np.nan, 3.0, 3.0], [1.0, -7.0, 4.0, 4.0]])
    facts = data_facts(setup(x=x, y=[0, 0, 1], layers=[4, 2]))
    assert (facts.missing, facts.constant_columns, facts.duplicate_columns) == (1, 1, 1)
    assert (facts.largest, facts.runs) == (7.0, 2)
    assert facts.shares == {0: pytest.approx(2 / 3), 1: pytest.approx(1 / 3)}


def test_equal_inputs_with_other_labels_bound_what_can_be_answered_right() -> None:
    x = [[0.0, 0.0, 0.0]] * 3 + [[1.0, 1.0, 1.0]] * 2
    facts = data_facts(setup(x=x, y=[0, 1, 1, 0, 0]))
    assert facts.contradicting.tolist() == [True, True, True, False, False]
    assert facts.best_accuracy == 4 / 5


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_leaves_the_range_that_is_said(name: str) -> None:
    low, high = range_of(name)
    a = ACTIVATIONS[name](np.linspace(-30, 30, 61)[:, None] * np.array([[1.0, -1.0]]))
    assert low <= a.min()
    assert a.max() <= high


def test_the_curvature_of_a_parabola_is_its_second_derivative() -> None:
    """C = ½ mean (wx + b − y)²: the second derivative in (w, b) is [[mean x², mean x], [mean x, 1]]."""
    x = np.array([[1.0], [2.0], [4.0]])
    network = cp.Network.of([[[0.3]]], [[0.1]], activations=["identity"], cost="half_squared_error")
    parabola = setup(x=x, y=np.array([[1.0], [0.0], [2.0]]), layers=None, network=network)
    largest = np.linalg.eigvalsh([[np.mean(x**2), np.mean(x)], [np.mean(x), 1.0]])[-1]
    assert curvature(parabola, network) == pytest.approx(largest, rel=1e-6)


def test_gradients_of_opposite_examples_cancel_and_equal_ones_do_not() -> None:
    network = cp.Network.of([[[0.0]]], [[0.0]], activations=["identity"], cost="half_squared_error")
    for y, cancels in (([[1.0], [-1.0]], 1.0), ([[1.0], [1.0]], 0.0)):
        (facts,) = layer_facts(setup(x=[[1.0], [1.0]], y=np.array(y), layers=None, network=network), network)
        assert facts.cancels == pytest.approx(cancels)


def test_neurons_that_are_alike_dead_and_saturated_are_counted() -> None:
    def facts(activation: str, weight: float, bias: list[float]) -> object:
        network = cp.Network.of(
            [np.full((4, 3), weight), np.ones((2, 4))], [bias, [0, 0]], activations=[activation, "softmax"]
        )
        return layer_facts(setup(layers=None, network=network), network)[0]

    assert facts("relu", 0.0, [-1.0, -1.0, -1.0, 1.0]).dead == 0.75
    assert facts("sigmoid", 0.0, [50.0, -50.0, 0.0, 0.0]).saturated == 0.5
    assert facts("tanh", -0.0, [0.0] * 4).alike == 0.75


def test_the_first_number_that_does_not_fit_is_found_where_it_is_born() -> None:
    network = cp.Network.of([[[1e30]], [[1e30]]], [[0.0], [0.0]], activations=["identity"] * 2, cost="squared_error")
    place = birth(setup(x=[[1.0], [2.0]], y=np.array([[0.0], [1.0]]), layers=None, network=network), 0)
    assert place is not None
    assert (place.update, place.quantity, place.layer) == (1, "weighted input z", 2)


def test_a_training_whose_numbers_all_fit_has_no_such_place() -> None:
    assert birth(setup(), 0) is None


@pytest.mark.parametrize(
    ("biases", "constant"),
    [([0.0, 0.0], "0.5"), ([math.log(3), 0.0], "the share of each class"), ([9.0, 0.0], "class 0")],
)
def test_which_constant_is_answered_is_told(biases: list[float], constant: str) -> None:
    y = [0] * 30 + [1] * 10
    network = cp.Network.of([np.zeros((2, 3))], [biases], activations=["softmax"])
    silent = setup(y=y, layers=None, network=network, learning_rate=1e-12, epochs=1)
    facts = answer_facts(silent, once(silent).outcomes[0].outputs)
    assert facts.constant == constant
