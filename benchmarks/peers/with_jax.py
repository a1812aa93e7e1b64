"""JAX: a span of steps is one compiled function, a `lax.scan` over the mini-batches, with donated parameters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from peers.protocol import BETA_1, BETA_2, EPSILON, Digits, Floats, Ints, Options, Parameters, Variant, Work, said

THREADS: dict[int, dict[str, str]] = {1: {"NPROC": "1"}, 2: {}}
"""What keeps XLA's pool to so many threads."""
Layers = list[tuple[Any, Any]]
"""W as (n_in, n_out), b as (n_out,) of each layer; for vectors W as (n_out, n_in)."""


def training_variants(work: Work) -> dict[str, Variant]:
    forms: dict[str, dict[str, Any]] = {
        "gradient by hand": {"gradient": "by hand"},
        "jax.grad": {"gradient": "automatic"},
    }
    unrolled: tuple[int, ...] = (1,) if work.optimizer == "adam" or work.threads == (2,) else (1, 2)
    if work.batch == 1:
        forms, unrolled = {"vectors": {"gradient": "vectors"}, **forms}, (1, 4, 8)
    if work.optimizer == "adam":
        forms |= {f"{name}, optax.adam": {**form, "update": "optax"} for name, form in forms.items()}
    return {
        f"{name}, unroll {unroll}, {said(threads)}": Variant({**form, "unroll": unroll}, THREADS[threads])
        for name, form in forms.items()
        for unroll in unrolled
        for threads in work.threads
    }


def labelling_variants(_: Parameters) -> dict[str, Variant]:
    return {
        "all rows": Variant(),
        "tiles of 1,000": Variant({"tile": 1_000}),
        "tiles of 6,000": Variant({"tile": 6_000}),
    }


def scores(layers: Layers, x: Any) -> Any:
    for W, b in layers[:-1]:
        x = jax.nn.relu(x @ W + b)
    W, b = layers[-1]
    return x @ W + b


def cost(layers: Layers, x: Any, y: Any) -> Any:
    z = scores(layers, x)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0])


def gradient_by_hand(layers: Layers, x: Any, y: Any) -> Layers:
    a = [x]
    for W, b in layers[:-1]:
        a.append(jax.nn.relu(a[-1] @ W + b))
    W, b = layers[-1]
    delta = (jax.nn.softmax(a[-1] @ W + b) - jax.nn.one_hot(y, len(b))) / len(y)
    gradient: Layers = []
    for number in range(len(layers) - 1, -1, -1):
        gradient.insert(0, (a[number].T @ delta, delta.sum(axis=0)))
        if number:
            delta = jnp.where(a[number] > 0, delta @ layers[number][0].T, 0)
    return gradient


def gradient_of_vectors(layers: Layers, x: Any, y: Any) -> Layers:
    """The same for a single example."""
    a = [x[0]]
    for W, b in layers[:-1]:
        a.append(jax.nn.relu(W @ a[-1] + b))
    W, b = layers[-1]
    delta = jax.nn.softmax(W @ a[-1] + b) - jax.nn.one_hot(y[0], len(b))
    gradient: Layers = []
    for number in range(len(layers) - 1, -1, -1):
        gradient.insert(0, (jnp.outer(delta, a[number]), delta))
        if number:
            delta = jnp.where(a[number] > 0, delta @ layers[number][0], 0)
    return gradient


GRADIENTS = {"by hand": gradient_by_hand, "automatic": jax.grad(cost), "vectors": gradient_of_vectors}


def adam_by_hand(layers: Layers, gradient: Layers, memory: Any, rate: Any) -> tuple[Layers, Any]:
    m, s, t = memory
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradient)
    s = jax.tree.map(lambda s, g: BETA_2 * s + (1 - BETA_2) * g * g, s, gradient)
    share_m, share_s = 1 - BETA_1**t, 1 - BETA_2**t

    def moved(p: Any, m: Any, s: Any) -> Any:
        return p - rate * (m / share_m) / (jnp.sqrt(s / share_s) + EPSILON)

    return jax.tree.map(moved, layers, m, s), (m, s, t)


def sgd_by_hand(layers: Layers, gradient: Layers, memory: Any, rate: Any) -> tuple[Layers, Any]:
    return jax.tree.map(lambda p, g: p - rate * g, layers, gradient), memory


class Trainer:
    def __init__(self, work: Work, digits: Digits, options: Options) -> None:
        self.work = work
        self.x, self.y = jnp.asarray(digits.x), jnp.asarray(digits.y, dtype=jnp.int32)
        self.options: Options = {"update": "by hand", **options}
        self.turned = options["gradient"] == "vectors"
        # the learning rate is applied outside: optax's update for a rate of 1
        self.optax = optax.adam(1.0, b1=BETA_1, b2=BETA_2, eps=EPSILON)
        self.span = jax.jit(self._span, donate_argnums=(0, 1))
        self.label = jax.jit(self._classes)

    def restart(self, start: Parameters) -> None:
        weights = start.weights if self.turned else [W.T for W in start.weights]
        self.layers = [(jnp.array(W), jnp.array(b)) for W, b in zip(weights, start.biases, strict=True)]
        self.memory, self.step = self._empty_memory(), 0

    def run(self, order: Ints) -> None:
        batches = order.astype(np.int32).reshape(-1, self.work.batch)
        rates = self.work.rates(self.step, len(batches))
        self.layers, self.memory = self.span(self.layers, self.memory, self.x, self.y, batches, rates)
        self.step += len(batches)
        jax.block_until_ready(self.layers)

    def parameters(self) -> Parameters:
        weights = [np.asarray(W) if self.turned else np.asarray(W).T for W, _ in self.layers]
        return Parameters(weights, [np.asarray(b) for _, b in self.layers])

    def classes(self, x: Floats) -> Ints:
        return np.asarray(self.label(self.layers, x))

    def _classes(self, layers: Layers, x: Any) -> Any:
        return jnp.argmax(scores([(W.T, b) for W, b in layers] if self.turned else layers, x), axis=1)

    def _empty_memory(self) -> Any:
        if self.work.optimizer == "sgd":
            return ()
        if self.options["update"] == "optax":
            return self.optax.init(self.layers)
        first, second = (jax.tree.map(jnp.zeros_like, self.layers) for _ in range(2))
        return first, second, jnp.float32(0)

    def _span(self, layers: Layers, memory: Any, x: Any, y: Any, batches: Any, rates: Any) -> tuple[Layers, Any]:
        def step(carry: tuple[Layers, Any], batch: Any) -> tuple[tuple[Layers, Any], None]:
            layers, memory = carry
            rows, rate = batch
            gradient = GRADIENTS[self.options["gradient"]](layers, x[rows], y[rows])
            return self._update(layers, gradient, memory, rate), None

        return lax.scan(step, (layers, memory), (batches, rates), unroll=self.options["unroll"])[0]

    def _update(self, layers: Layers, gradient: Layers, memory: Any, rate: Any) -> tuple[Layers, Any]:
        if self.work.optimizer == "sgd":
            return sgd_by_hand(layers, gradient, memory, rate)
        if self.options["update"] == "by hand":
            return adam_by_hand(layers, gradient, memory, rate)
        move, memory = self.optax.update(gradient, memory, layers)
        return jax.tree.map(lambda p, m: p + rate * m, layers, move), memory


class Labeller:
    def __init__(self, parameters: Parameters, options: Options) -> None:
        layers = [(jnp.array(W.T), jnp.array(b)) for W, b in zip(parameters.weights, parameters.biases, strict=True)]
        tile = options.get("tile")

        def label(x: Any) -> Any:
            if tile is None:
                return jnp.argmax(scores(layers, x), axis=1)
            pieces = x.reshape(-1, tile, x.shape[1])
            return lax.map(lambda piece: jnp.argmax(scores(layers, piece), axis=1), pieces).reshape(-1)

        self.label, self.label_one = jax.jit(label), jax.jit(lambda x: jnp.argmax(scores(layers, x)))

    def placed(self, x: Floats) -> Any:
        return jnp.asarray(x)

    def many(self, x: Any) -> Ints:
        return np.asarray(self.label(x))

    def one(self, row: Floats) -> int:
        return int(self.label_one(row))
