"""Layer and Network: what goes in, what stays frozen, what is refused, and what the equations make of them."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from clearprop import Model, Network, gradients, network
from clearprop.equations.activations import ACTIVATIONS
from clearprop.errors import ArgumentError
from clearprop.network import Layer, as_inputs, require_finite, require_same_length, seed_of

X = np.random.default_rng(0).normal(size=(5, 4))
CLASSES = [0, 2, 1, 1, 0]


def small(**options: Any) -> Network:
    return Network.initialize([4, 3, 3], **{"hidden": "tanh", "seed": 1, "precision": "float64"} | options)


def test_a_network_tells_its_shape() -> None:
    found = Network.initialize([784, 16, 12, 10], hidden=["relu", "tanh"], seed=0)
    assert found.sizes == (784, 16, 12, 10)
    assert [weight.shape for weight in found.weights] == [(16, 784), (12, 16), (10, 12)]
    assert [bias.shape for bias in found.biases] == [(16,), (12,), (10,)]
    assert [layer.activation for layer in found.layers] == ["relu", "tanh", "softmax"]
    assert found.activations == tuple(ACTIVATIONS[name] for name in ("relu", "tanh", "softmax"))
    assert found.parameter_count == 784 * 16 + 16 + 16 * 12 + 12 + 12 * 10 + 10
    assert found.precision == "float32"
    assert found.output_pair.matching
    assert repr(found) == "Network 784-16-12-10 (relu, tanh, softmax), cross_entropy, 12,894 parameters"


def test_a_network_of_given_numbers_answers_what_one_computes_by_hand() -> None:
    weights, biases = [[[1.0, -2.0], [0.5, 0.5]], [[1, 1]]], [[0.0, -1.0], [0.5]]
    given = Network.of(weights, biases, activations=["relu", "sigmoid"], cost="binary_cross_entropy")
    # x = (3, 1): z = (1, 1), a = (1, 1), z = 2.5
    a = 1 / (1 + np.exp(-2.5))
    np.testing.assert_allclose(given.probabilities([[3, 1]]), [[a]], rtol=1e-15)
    assert given.predict([[3, 1]]).tolist() == [1]
    assert given.cost_of([[3, 1]], [0]) == pytest.approx(-np.log(1 - a))
    assert given.precision == "float64"


def test_one_output_unit_predicts_class_1_from_a_half_upwards() -> None:
    one = Network.of([[[1.0]]], [[0.0]], activations=["sigmoid"], cost="binary_cross_entropy")
    assert one.predict([[-1e-9], [0.0], [1e-9]]).tolist() == [0, 1, 1]


def test_the_prediction_is_the_largest_output() -> None:
    found = small()
    a = found.probabilities(X)
    assert a.shape == (5, 3)
    assert a.dtype == np.float64
    np.testing.assert_allclose(a.sum(axis=1), 1)
    np.testing.assert_array_equal(found.predict(X), a.argmax(axis=1))


def test_the_cost_is_the_mean_over_the_examples_in_nats() -> None:
    found = small()
    a = found.probabilities(X)
    assert found.cost_of(X, CLASSES) == pytest.approx(-np.mean(np.log(a[np.arange(5), CLASSES])))
    each = [found.cost_of(X[i : i + 1], CLASSES[i : i + 1]) for i in range(5)]
    assert found.cost_of(X, CLASSES) == pytest.approx(np.mean(each))


def test_a_network_computes_in_float64_whatever_its_precision() -> None:
    half = small(precision="float32")
    same = half.with_parameters(
        [weight.astype(np.float64) for weight in half.weights], [bias.astype(np.float64) for bias in half.biases]
    )
    np.testing.assert_array_equal(half.probabilities(X.astype(np.float32)), same.probabilities(X.astype(np.float32)))
    assert gradients(half, X, CLASSES).weights[0].dtype == np.float64


def test_no_examples_have_no_answers() -> None:
    assert small().probabilities(np.zeros((0, 4))).shape == (0, 3)
    assert small().predict(np.zeros((0, 4))).shape == (0,)


def test_numbers_of_every_kind_are_inputs() -> None:
    found = small()
    whole = np.array([[1, 2, 3, 4]])
    for x in (whole, whole.tolist(), whole.astype(np.float32), whole.astype(np.uint8), np.asfortranarray(whole)):
        np.testing.assert_array_equal(found.probabilities(x), found.probabilities(whole.astype(float)))


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    one, same, other = small(seed=3), small(seed=3), small(seed=4)
    for mine, theirs in zip(one.weights, same.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.any(one.weights[0] == other.weights[0])


def test_the_largest_seed_and_numpys_whole_numbers_are_seeds() -> None:
    assert small(seed=2**64 - 1).sizes == (4, 3, 3)
    np.testing.assert_array_equal(small(seed=np.int64(3)).weights[0], small(seed=3).weights[0])


@pytest.mark.parametrize("initialization", ["auto", "normal"])
def test_float32_is_the_rounding_of_the_draw_in_float64(initialization: str) -> None:
    precise = small(initialization=initialization)
    rounded = small(initialization=initialization, precision="float32")
    for one, other in zip((*precise.weights, *precise.biases), (*rounded.weights, *rounded.biases), strict=True):
        assert other.dtype == np.float32
        np.testing.assert_array_equal(one.astype(np.float32), other)


def test_a_network_can_start_afresh_with_its_own_shape() -> None:
    found = small(hidden="gelu", output="sigmoid", cost="binary_cross_entropy", precision="float32")
    again = found.initialized("normal", 9)
    assert repr(again) == repr(found)
    assert again.precision == "float32"
    wanted = Network.initialize(
        [4, 3, 3],
        hidden="gelu",
        output="sigmoid",
        cost="binary_cross_entropy",
        initialization="normal",
        seed=9,
    )
    np.testing.assert_array_equal(again.weights[1], wanted.weights[1])
    np.testing.assert_array_equal(again.biases[1], wanted.biases[1])


def test_a_network_and_its_numbers_are_frozen() -> None:
    found = small()
    with pytest.raises(FrozenInstanceError):
        found.cost = "squared_error"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        found.layers[0].activation = "relu"  # type: ignore[misc]
    for array in (*found.weights, *found.biases):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_a_network_keeps_a_copy_of_the_numbers_that_it_was_given() -> None:
    weight, bias = np.ones((2, 3)), np.zeros(2)
    layer = Layer(weight, bias, "sigmoid")
    given = Network.of([weight], [bias], activations=["sigmoid"], cost="squared_error")
    weight[:], bias[:] = 7, 7
    for copy in (layer, given.layers[0]):
        np.testing.assert_array_equal(copy.weight, np.ones((2, 3)))
        np.testing.assert_array_equal(copy.bias, np.zeros(2))
    assert weight.flags.writeable


def test_other_parameters_make_another_network() -> None:
    found = small()
    other = found.with_parameters([2 * weight for weight in found.weights], found.biases)
    np.testing.assert_array_equal(other.weights[1], 2 * found.weights[1])
    assert other.cost == found.cost
    assert [layer.activation for layer in other.layers] == [layer.activation for layer in found.layers]


def test_whole_numbers_become_float64_and_float32_stays() -> None:
    assert Layer(np.ones((2, 3), int), [0, 1], "relu").weight.dtype == np.float64
    assert Layer(np.ones((2, 3), np.float32), np.zeros(2, np.float32), "relu").bias.dtype == np.float32
    assert Layer(np.ones((2, 3), np.float16), np.zeros(2), "relu").weight.dtype == np.float64


def test_gradients_have_the_shapes_of_what_they_are_slopes_of() -> None:
    found = small()
    mean, each = gradients(found, X, CLASSES), gradients(found, X, CLASSES, per_example=True)
    assert [g.shape for g in mean.weights] == [(3, 4), (3, 3)]
    assert [g.shape for g in mean.biases] == [(3,), (3,)]
    assert [g.shape for g in mean.inputs] == [(4,), (3,)]
    assert mean.outputs.shape == (3,)
    assert [g.shape for g in each.weights] == [(5, 3, 4), (5, 3, 3)]
    assert [g.shape for g in each.inputs] == [(5, 4), (5, 3)]
    assert each.outputs.shape == (5, 3)


def test_a_step_holds_what_the_network_answers() -> None:
    step = small().step(X, CLASSES)
    np.testing.assert_array_equal(step.forward(), small().probabilities(X))
    assert step.y.tolist() == np.eye(3)[CLASSES].tolist()


KNOWN = "identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax"
NUMBERS = "weights and biases: expected arrays of numbers, got something else"
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "an unknown activation": (
        lambda: Network.initialize([2, 3, 2], hidden="rellu"),
        f"activation: expected one of {KNOWN}, got 'rellu'. Did you mean 'relu'?",
    ),
    "an unknown activation, though no layer is hidden": (
        lambda: Network.initialize([2, 2], hidden="rellu"),
        f"activation: expected one of {KNOWN}, got 'rellu'. Did you mean 'relu'?",
    ),
    "an unknown activation of a layer": (
        lambda: Layer(np.ones((1, 1)), np.ones(1), "sigmoide"),
        f"activation: expected one of {KNOWN}, got 'sigmoide'. Did you mean 'sigmoid'?",
    ),
    "a cost that is unknown": (
        lambda: Network.initialize([2, 2], cost="mse"),
        "cost: expected one of squared_error, half_squared_error, cross_entropy, binary_cross_entropy, got 'mse'.",
    ),
    "a cost and an output that cannot go together": (
        lambda: Network.initialize([2, 2], output="relu"),
        "cost 'cross_entropy' takes the logarithm of the outputs, which must lie between 0 and 1: "
        "expected output 'sigmoid' or 'softmax', got 'relu'. Choose one of the two, or cost 'squared_error'.",
    ),
    "softmax with one unit": (
        lambda: Network.initialize([2, 3, 1]),
        "output 'softmax' with one unit always answers 1, whatever the weights: expected at least 2 units, got 1. "
        "Choose output 'sigmoid', or one unit for each class.",
    ),
    "a layer without neurons": (
        lambda: Network.initialize([2, 0, 2]),
        "layers: expected whole numbers of at least 1, got 0 in [2, 0, 2].",
    ),
    "a layer with half a neuron": (
        lambda: Network.initialize([2, 1.5, 2]),  # type: ignore[list-item]
        "layers: expected whole numbers of at least 1, got 1.5 in [2, 1.5, 2].",
    ),
    "a truth instead of a size": (
        lambda: Network.initialize([2, True]),
        "layers: expected whole numbers of at least 1, got True in [2, True].",
    ),
    "inputs without outputs": (
        lambda: Network.initialize([3]),
        "layers: expected at least inputs and outputs, e.g. [784, 16, 10], got [3].",
    ),
    "one number for the layers": (
        lambda: Network.initialize(3),  # type: ignore[arg-type]
        "layers: expected at least inputs and outputs, e.g. [784, 16, 10], got 3.",
    ),
    "text for the layers": (
        lambda: Network.initialize("784,10"),  # type: ignore[arg-type]
        "layers: expected at least inputs and outputs, e.g. [784, 16, 10], got '784,10'.",
    ),
    "no hidden activation": (
        lambda: Network.initialize([2, 3, 2], hidden=None),  # type: ignore[arg-type]
        f"activation: expected one of {KNOWN}, got None.",
    ),
    "too few hidden activations": (
        lambda: Network.initialize([2, 3, 3, 2], hidden=["relu"]),
        "hidden: expected one activation for each of 2 hidden layers, got 1.",
    ),
    "an unknown precision": (
        lambda: Network.initialize([2, 2], precision="float16"),
        "precision: expected one of float32, float64, got 'float16'.",
    ),
    "a negative seed": (
        lambda: Network.initialize([2, 2], seed=-1),
        "seed: expected a whole number from 0 to 2**64 - 1, got -1.",
    ),
    "too large a seed": (lambda: seed_of(2**64), f"seed: expected a whole number from 0 to 2**64 - 1, got {2**64}."),
    "half a seed": (lambda: seed_of(0.5), "seed: expected a whole number from 0 to 2**64 - 1, got 0.5."),
    "no seed": (lambda: seed_of(None), "seed: expected a whole number from 0 to 2**64 - 1, got None."),
    "a truth for a seed": (lambda: seed_of(True), "seed: expected a whole number from 0 to 2**64 - 1, got True."),
    "no layers": (lambda: Network((), "squared_error"), "layers: expected at least one layer of weights, got none."),
    "fewer biases than weights": (
        lambda: Network.of([[[1.0]], [[1.0]]], [[0.0]], activations=["relu", "relu"]),
        "expected as many weights as biases and activations, got 2 weights, 1 biases, 2 activations.",
    ),
    "words for weights": (
        lambda: Network.of([[["a"]]], [[0.0]], activations=["sigmoid"]),
        f"{NUMBERS} (could not convert string to float: 'a').",
    ),
    "a flat weight": (
        lambda: Network.of([[1.0, 2.0]], [[0.0]], activations=["sigmoid"]),
        "layer 1: expected a weight of shape (neurons, inputs), got (2,).",
    ),
    "an empty weight": (
        lambda: Network.of([np.ones((2, 0))], [[0.0, 0.0]], activations=["sigmoid"]),
        "layer 1: expected a weight of shape (neurons, inputs), got (2, 0).",
    ),
    "a bias of another length": (
        lambda: Network.of([np.ones((2, 3))], [np.ones(3)], activations=["sigmoid"]),
        "layer 1: expected a bias of shape (2,), one for each row of the weight, got (3,).",
    ),
    "a weight that does not take what the layer before gives": (
        lambda: Network.of([np.ones((2, 3)), np.ones((2, 3))], [np.ones(2)] * 2, activations=["relu", "softmax"]),
        "layer 2: expected a weight of shape (2, 2), because layer 1 has 2 neurons, got (2, 3).",
    ),
    "one flat example": (
        lambda: small().predict(X[0]),
        "x: expected shape (n, 4), got (4,). One row an example; for one example write x[None, :].",
    ),
    "pictures that are not flat": (
        lambda: small().predict(np.ones((5, 2, 2))),
        "x: expected shape (n, 4), got (5, 2, 2). One row an example: write x.reshape(len(x), -1).",
    ),
    "columns that are too few": (
        lambda: small().predict(np.ones((5, 3))),
        "x: expected shape (n, 4), got (5, 3). One row an example.",
    ),
    "a flat row of another length": (
        lambda: small().predict(np.ones(3)),
        "x: expected shape (n, 4), got (3,). One row an example.",
    ),
    "words": (
        lambda: small().predict([["a", "b", "c", "d"]]),
        "x: expected numbers of shape (n, 4), got something else (could not convert string to float: 'a').",
    ),
    "complex numbers": (
        lambda: small().predict(np.ones((2, 4)) * 1j),
        "x: expected numbers of shape (n, 4), got something else (complex128 has no order of size; give real numbers, "
        "such as abs(…)).",
    ),
    "complex weights": (
        lambda: Network.of([[[1j, 2.0]]], [[0.0]], activations=["sigmoid"], cost="binary_cross_entropy"),
        "weights and biases: expected arrays of numbers, got something else (complex128 has no order of size; give "
        "real numbers, such as abs(…)).",
    ),
    "days": (
        lambda: small().predict(np.full((2, 4), "2024-02-29", dtype="datetime64[D]")),
        "x: expected numbers of shape (n, 4), got something else (datetime64[D] is a time; write it as a number).",
    ),
    "a masked array": (
        lambda: small().predict(np.ma.masked_array(np.ones((2, 4)), mask=True)),
        "x: expected numbers of shape (n, 4), got something else (a masked array hides some of its numbers; write "
        ".filled(…)).",
    ),
    "NaN": (
        lambda: small().predict([[1, 2, 3, 4], [1, 2, np.nan, 4]]),
        "x: expected finite numbers, got nan in row 1, column 2. Replace it or leave the row out.",
    ),
    "infinity of both signs": (
        lambda: small().predict([[1, np.inf, 3, -np.inf]]),
        "x: expected finite numbers, got inf in row 0, column 1. Replace it or leave the row out.",
    ),
    "infinity": (
        lambda: small().predict([[1, 2, 3, -np.inf]]),
        "x: expected finite numbers, got -inf in row 0, column 3. Replace it or leave the row out.",
    ),
    "fewer targets than examples": (
        lambda: small().cost_of(X, [0, 1]),
        "y: expected 5 targets, one for each example, got 2.",
    ),
    "labels from 1": (
        lambda: small().cost_of(X, [1, 2, 3, 1, 1]),
        "y: expected class indices 0 to 2 for 3 output units, got 1 to 3. Count classes from 0: write y - 1.",
    ),
    "labels as real numbers": (
        lambda: small().cost_of(X, [0.0, 1.0, 2.0, 1.0, 0.0]),
        "y: expected shape (n, 3), got float64 of shape (5,). For class indices write y.astype(int).",
    ),
    "gradients of a model": (
        lambda: gradients(Model(small()), X, CLASSES),  # type: ignore[arg-type]
        "network: expected a Network, got Model; write .network behind it.",
    ),
    "gradients of the examples first": (
        lambda: gradients(X, CLASSES, small()),  # type: ignore[arg-type]
        "network: expected a Network, got ndarray; make one with cp.Network.initialize.",
    ),
    "gradients of no examples": (
        lambda: gradients(small(), np.zeros((0, 4)), np.zeros(0, int)),
        "x: expected at least one example, got none.",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_at_once_with_the_reason(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        call()
    assert str(error.value) == message


def test_infinity_and_overflow_of_a_sum_are_told_apart() -> None:
    require_finite(np.array([[1e308, 1e308]]), "x")
    assert as_inputs([[1e308, 1e308]], 2).tolist() == [[1e308, 1e308]]


def test_as_many_targets_as_examples_are_taken() -> None:
    require_same_length(X, CLASSES)


PICTURES = np.ones((5, 2, 2))
BAD = np.array([[1, 2, 3, 4], [1, 2, np.nan, 4]])
ADVICE: dict[str, Callable[[], Any]] = {
    "x[None, :]": lambda: small().predict(X[0][None, :]),
    "x.reshape(len(x), -1)": lambda: small().predict(PICTURES.reshape(len(PICTURES), -1)),
    "replace it": lambda: small().predict(np.nan_to_num(BAD)),
    "leave the row out": lambda: small().predict(BAD[np.isfinite(BAD).all(axis=1)]),
    "y - 1": lambda: small().cost_of(X, np.array([1, 2, 3, 1, 1]) - 1),
    "y.astype(int)": lambda: small().cost_of(X, np.array([0.0, 1.0, 2.0, 1.0, 0.0]).astype(int)),
    "output 'sigmoid'": lambda: Network.initialize([2, 3, 1], output="sigmoid"),
    "one unit for each class": lambda: Network.initialize([2, 3, 2]),
    "cost 'squared_error'": lambda: Network.initialize([2, 2], output="relu", cost="squared_error"),
    "[784, 16, 10]": lambda: Network.initialize([784, 16, 10]),
    "write .network behind it": lambda: gradients(Model(small()).network, X, CLASSES),
    "the activation that was meant": lambda: Network.initialize([2, 3, 2], hidden="relu"),
}


@pytest.mark.parametrize("call", ADVICE.values(), ids=ADVICE.keys())
def test_the_advice_of_a_refusal_works(call: Callable[[], Any]) -> None:
    assert call() is not None


def test_the_examples_of_the_docstrings_run() -> None:
    assert doctest.testmod(network).failed == 0
    assert doctest.testmod(network).attempted >= 5
