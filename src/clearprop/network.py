"""Layer and Network: weights, biases, activations and a cost, frozen, and what the equations make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, IntArray, is_finite, real_numbers
from clearprop.equations.activations import Activation, activation_named
from clearprop.equations.initializations import initialization_named
from clearprop.equations.outputs import OutputPair, output_pair
from clearprop.equations.step import TRUE_RULES, Rules, Step
from clearprop.errors import ArgumentError
from clearprop.targets import encode, predicted_class

PRECISIONS = ("float32", "float64")
KEPT = (*PRECISIONS, "uint8")
"""Number types of inputs that are used as they come."""

HIDDEN, OUTPUT, COST, INITIALIZATION = "relu", "softmax", "cross_entropy", "auto"
"""Defaults of every network, on the command line too."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: weight (n_out, n_in), row j the weights into neuron j; bias (n_out,); the activation's name."""

    weight: FloatArray
    bias: FloatArray
    activation: str

    def __post_init__(self) -> None:
        activation_named(self.activation)
        for name in ("weight", "bias"):
            array = np.array(getattr(self, name), order="C")  # a copy: nobody changes a frozen layer from outside
            if array.dtype not in (np.float32, np.float64):
                array = array.astype(np.float64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)


@dataclass(frozen=True, eq=False)
class Network:
    """A fully connected network: its layers, first to last, and the cost that it is trained on.

    >>> network = Network.initialize([2, 3, 2], hidden="sigmoid", output="softmax", cost="cross_entropy", seed=0)
    >>> network
    Network 2-3-2 (sigmoid, softmax), cross_entropy, 17 parameters
    >>> network.probabilities([[0.5, -1.0]]).shape
    (1, 2)
    """

    layers: tuple[Layer, ...]
    cost: str

    def __post_init__(self) -> None:
        if not self.layers:
            raise ArgumentError("layers: expected at least one layer of weights, got none.")
        for number, layer in enumerate(self.layers, 1):
            _require_shapes(number, layer, self.layers[number - 2] if number > 1 else None)
        output_pair(self.cost, self.layers[-1].activation)
        if self.layers[-1].activation == "softmax" and len(self.layers[-1].bias) == 1:
            raise ArgumentError(
                "output 'softmax' with one unit always answers 1, whatever the weights: expected at least 2 units, "
                "got 1. Choose output 'sigmoid', or one unit for each class."
            )

    @staticmethod
    def of(
        weights: Sequence[Any],
        biases: Sequence[Any],
        *,
        activations: Sequence[str],
        cost: str = "cross_entropy",
    ) -> Network:
        """A network with given numbers: weights (n_out, n_in), biases (n_out,), one activation a layer."""
        if not len(weights) == len(biases) == len(activations):
            raise ArgumentError(
                f"expected as many weights as biases and activations, "
                f"got {len(weights)} weights, {len(biases)} biases, {len(activations)} activations."
            )
        layers = zip(map(_numbers, weights), map(_numbers, biases), activations, strict=True)
        return Network(tuple(Layer(*layer) for layer in layers), cost)

    @staticmethod
    def initialize(
        layers: Sequence[int],
        *,
        hidden: str | Sequence[str] = HIDDEN,
        output: str = OUTPUT,
        cost: str = COST,
        initialization: str = INITIALIZATION,
        seed: int = 0,
        precision: str = "float32",
    ) -> Network:
        """A network with random weights: `layers` are the sizes, input first, e.g. [784, 16, 16, 10].

        `hidden` is the activation of all hidden layers, or one for each. Weights are drawn in float64 from `seed`,
        then rounded to `precision`.
        """
        sizes = _sizes(layers)
        activations = [*_hidden_activations(hidden, len(sizes) - 2), activation_named(output).name]
        output_pair(cost, output)
        dtype = np.dtype(_precision(precision))
        rng = np.random.default_rng(seed_of(seed))
        drawn = []
        for n_in, n_out, activation in zip(sizes, sizes[1:], activations, strict=False):
            spread = initialization_named(initialization, activation)
            weight = rng.standard_normal((n_out, n_in)) * spread(n_in, n_out)
            bias = rng.standard_normal(n_out) if spread.name == "normal" else np.zeros(n_out)
            drawn.append(Layer(weight.astype(dtype), bias.astype(dtype), activation))
        return Network(tuple(drawn), cost)

    def initialized(self, initialization: str, seed: int) -> Network:
        """A network of the same shape with fresh random weights."""
        hidden, output = [layer.activation for layer in self.layers[:-1]], self.layers[-1].activation
        return Network.initialize(
            self.sizes,
            hidden=hidden,
            output=output,
            cost=self.cost,
            initialization=initialization,
            seed=seed,
            precision=self.precision,
        )

    def with_parameters(self, weights: Sequence[FloatArray], biases: Sequence[FloatArray]) -> Network:
        """The same network with other numbers in it."""
        layers = zip(self.layers, weights, biases, strict=True)
        return Network(tuple(replace(layer, weight=W, bias=b) for layer, W, b in layers), self.cost)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Neurons by layer, the inputs first."""
        return (self.layers[0].weight.shape[1], *(len(layer.bias) for layer in self.layers))

    @property
    def weights(self) -> list[FloatArray]:
        return [layer.weight for layer in self.layers]

    @property
    def biases(self) -> list[FloatArray]:
        return [layer.bias for layer in self.layers]

    @cached_property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of every layer, as equations."""
        return tuple(activation_named(layer.activation) for layer in self.layers)

    @cached_property
    def output_pair(self) -> OutputPair:
        """The cost together with the activation of the output layer."""
        return output_pair(self.cost, self.layers[-1].activation)

    @property
    def precision(self) -> str:
        return str(self.layers[0].weight.dtype)

    @property
    def parameter_count(self) -> int:
        return sum(layer.weight.size + layer.bias.size for layer in self.layers)

    def step(self, x: Any, y: Any = None, *, rules: Rules = TRUE_RULES) -> Step:
        """Forward pass, costs and gradients of these examples in float64, each computed when asked for."""
        inputs = as_inputs(x, self.sizes[0])
        targets: FloatArray | None = None
        if y is not None:
            encoded = encode(y, self.sizes[-1], self.cost)
            require_same_length(inputs, encoded)
            targets = encoded.rows()
        weights, biases = ([array.astype(np.float64) for array in arrays] for arrays in (self.weights, self.biases))
        return Step(
            rules, inputs.astype(np.float64, copy=False), targets, weights, biases, self.activations, self.output_pair
        )

    def probabilities(self, x: Any) -> FloatArray:
        """The activations of the output layer, (n, units), for x (n, inputs), in float64."""
        return np.asarray(self.step(x).forward())

    def predict(self, x: Any) -> IntArray:
        """The class index of each row of x: the largest output; for one output unit, 1 when a ≥ 0.5."""
        classes: IntArray = predicted_class(self.probabilities(x))
        return classes

    def cost_of(self, x: Any, y: Any) -> float:
        """The cost C: the mean over the examples, in nats for the cross-entropies."""
        step = self.step(x, y)
        step.forward()
        return float(np.mean(step.cost[step.layers]))

    def __repr__(self) -> str:
        sizes, activations = (
            "-".join(map(str, self.sizes)),
            ", ".join(layer.activation for layer in self.layers),
        )
        return f"Network {sizes} ({activations}), {self.cost}, {self.parameter_count:,} parameters"


@dataclass(frozen=True)
class Gradients:
    """The slopes of the cost, lists with the first layer first.

    `weights[l]` and `biases[l]` have the shapes of the parameters, `inputs[l]` that of what layer l takes in:
    inputs[0] is ∂C/∂x, inputs[1] is ∂C/∂a of the first hidden layer; `outputs` is ∂C/∂a of the output layer.
    Each is the mean of ∂C₀/∂… over the examples, or has a leading axis with one entry an example.
    """

    weights: list[FloatArray]
    biases: list[FloatArray]
    inputs: list[FloatArray]
    outputs: FloatArray


def gradients(network: Network, x: Any, y: Any, *, per_example: bool = False) -> Gradients:
    """The gradients of the cost for every weight, bias and activation, in float64, by backpropagation.

    >>> network = Network.of([[[1.0, 1.0]]], [[0.0]], activations=["identity"], cost="half_squared_error")
    >>> gradients(network, [[1.0, 2.0]], [[2.0]]).weights[0].tolist()
    [[1.0, 2.0]]
    """
    require_network(network)
    step = network.step(x, y)
    if len(step.x) == 0:
        raise ArgumentError("x: expected at least one example, got none.")
    step.backward()
    numbers = range(1, step.layers + 1)
    slopes = [step.da[layer] for layer in range(step.layers + 1)]
    if per_example:
        weights, biases = (
            [step.dW_each[layer] for layer in numbers],
            [step.db_each[layer] for layer in numbers],
        )
        return Gradients(weights, biases, slopes[:-1], slopes[-1])
    slopes = [slope.mean(axis=0) for slope in slopes]
    return Gradients(
        [step.dW[layer] for layer in numbers], [step.db[layer] for layer in numbers], slopes[:-1], slopes[-1]
    )


def require_network(network: Any) -> None:
    """ArgumentError for what is no network."""
    if isinstance(network, Network):
        return
    held = isinstance(getattr(network, "network", None), Network)  # a model or a training
    hint = "write .network behind it" if held else "make one with cp.Network.initialize"
    raise ArgumentError(f"network: expected a Network, got {type(network).__name__}; {hint}.")


def as_inputs(x: Any, width: int, name: str = "x") -> FloatArray:
    """x as an array (n, width) of float64, float32 or uint8 as it comes, or else float64; ArgumentError for another
    shape, for text, and for NaN or infinity."""
    array = as_rows(x, width, name)
    require_finite(array, name)
    return array


def as_rows(x: Any, width: int, name: str = "x") -> FloatArray:
    """The same without a look at the numbers themselves."""
    try:
        array = real_numbers(x, KEPT)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name}: expected numbers of shape (n, {width}), got something else ({error}).") from None
    if array.ndim == 1 and len(array) == width:
        raise ArgumentError(
            f"{name}: expected shape (n, {width}), got {array.shape}. "
            f"One row an example; for one example write {name}[None, :]."
        )
    if array.ndim > 2 and int(np.prod(array.shape[1:])) == width:
        raise ArgumentError(
            f"{name}: expected shape (n, {width}), got {array.shape}. "
            f"One row an example: write {name}.reshape(len({name}), -1)."
        )
    if array.ndim != 2 or array.shape[1] != width:
        raise ArgumentError(f"{name}: expected shape (n, {width}), got {array.shape}. One row an example.")
    return array


def require_finite(array: FloatArray, name: str) -> None:
    """ArgumentError naming the first row that holds NaN or infinity."""
    if not is_finite(array):
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ArgumentError(
            f"{name}: expected finite numbers, got {array[row, column]} in row {row}, column {column}. "
            f"Replace it or leave the row out."
        )


def require_same_length(x: Any, y: Any, name: str = "y") -> None:
    """ArgumentError unless there are as many targets as examples."""
    if len(x) != len(y):
        raise ArgumentError(f"{name}: expected {len(x)} targets, one for each example, got {len(y)}.")


def seed_of(seed: Any) -> int:
    """A seed: a whole number from 0 to 2⁶⁴ − 1."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise ArgumentError(f"seed: expected a whole number from 0 to 2**64 - 1, got {seed!r}.")
    return int(seed)


def _precision(precision: str) -> str:
    if precision not in PRECISIONS:
        raise ArgumentError(f"precision: expected one of {', '.join(PRECISIONS)}, got {precision!r}.")
    return precision


def _numbers(values: Any) -> FloatArray:
    try:
        return real_numbers(values, (np.float32, np.float64))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"weights and biases: expected arrays of numbers, got something else ({error}).") from None


def _sizes(layers: Sequence[int]) -> list[int]:
    sizes = list(layers) if isinstance(layers, Iterable) and not isinstance(layers, str) else []
    if len(sizes) < 2:
        raise ArgumentError(f"layers: expected at least inputs and outputs, e.g. [784, 16, 10], got {layers!r}.")
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
            raise ArgumentError(f"layers: expected whole numbers of at least 1, got {size!r} in {sizes}.")
    return [int(size) for size in sizes]


def _hidden_activations(hidden: str | Sequence[str], count: int) -> list[str]:
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        return [activation_named(hidden).name] * count
    names = list(hidden)
    if len(names) != count:
        raise ArgumentError(f"hidden: expected one activation for each of {count} hidden layers, got {len(names)}.")
    return [activation_named(name).name for name in names]


def _require_shapes(number: int, layer: Layer, before: Layer | None) -> None:
    weight, bias = layer.weight, layer.bias
    if weight.ndim != 2 or 0 in weight.shape:
        raise ArgumentError(f"layer {number}: expected a weight of shape (neurons, inputs), got {weight.shape}.")
    if bias.shape != (len(weight),):
        raise ArgumentError(
            f"layer {number}: expected a bias of shape ({len(weight)},), one for each row of the weight, "
            f"got {bias.shape}."
        )
    if before is not None and weight.shape[1] != len(before.bias):
        raise ArgumentError(
            f"layer {number}: expected a weight of shape ({len(weight)}, {len(before.bias)}), "
            f"because layer {number - 1} has {len(before.bias)} neurons, got {weight.shape}."
        )
