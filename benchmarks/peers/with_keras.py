"""Keras 3 on JAX: `fit`, and its documented other way, the stateless calls in a training loop of one's own."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax import lax

from peers.protocol import BETA_1, BETA_2, EPSILON, Digits, Floats, Ints, Options, Parameters, Variant, Work, said
from peers.with_jax import THREADS


def training_variants(work: Work) -> dict[str, Variant]:
    stateless = {
        f"stateless calls in lax.scan, {said(threads)}": Variant({"form": "stateless"}, THREADS[threads])
        for threads in work.threads
    }
    return {**stateless, "fit, 10 steps an execution": Variant({"form": "fit", "together": 10})}


class Rates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc] # Keras tells mypy nothing of it
    """The learning rates of a work, as Keras asks for them."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def __call__(self, step: Any) -> Any:
        t = jnp.asarray(step, jnp.float32) / (self.work.cosine or 1)
        return self.work.learning_rate * (1 + jnp.cos(jnp.pi * t)) / 2

    def get_config(self) -> dict[str, Any]:
        return {}


class Trainer:
    def __init__(self, work: Work, digits: Digits, options: Options) -> None:
        self.work, self.digits, self.options = work, digits, options
        hidden = [keras.layers.Dense(size, activation="relu") for size in work.sizes[1:-1]]
        self.model = keras.Sequential([keras.Input((work.sizes[0],)), *hidden, keras.layers.Dense(work.sizes[-1])])
        self.cost = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.span = jax.jit(self._span, donate_argnums=(0, 1))
        if options["form"] == "stateless":
            self.x, self.y = jnp.asarray(digits.x), jnp.asarray(digits.y, dtype=jnp.int32)

    def restart(self, start: Parameters) -> None:
        self.model.set_weights([a for W, b in zip(start.weights, start.biases, strict=True) for a in (W.T, b)])
        if not hasattr(self, "optimizer"):
            self._make_optimizer()
        for variable in self.optimizer.variables:
            if variable.path != f"{self.optimizer.name}/learning_rate":
                variable.assign(jnp.zeros_like(variable.value))
        self.theta = [jnp.array(v.value) for v in self.model.trainable_variables]
        self.memory = [jnp.array(v.value) for v in self.optimizer.variables]

    def run(self, order: Ints) -> None:
        if self.options["form"] == "stateless":
            batches = order.astype(np.int32).reshape(-1, self.work.batch)
            self.theta, self.memory = self.span(self.theta, self.memory, self.x, self.y, batches)
            jax.block_until_ready(self.theta)
        else:
            x, y = self.digits.x[order], self.digits.y[order]
            self.model.fit(x, y, batch_size=self.work.batch, epochs=1, shuffle=False, verbose=0)

    def parameters(self) -> Parameters:
        fitted = self.options["form"] == "fit"
        arrays = self.model.get_weights() if fitted else [np.asarray(a) for a in self.theta]
        return Parameters([W.T for W in arrays[::2]], arrays[1::2])

    def classes(self, x: Floats) -> Ints:
        if self.options["form"] == "stateless":
            for variable, value in zip(self.model.trainable_variables, self.theta, strict=True):
                variable.assign(value)
        found: Ints = np.argmax(self.model.predict(x, batch_size=len(x), verbose=0), axis=1)
        return found

    def _make_optimizer(self) -> None:
        work = self.work
        rate = Rates(work) if work.cosine else work.learning_rate
        if work.optimizer == "sgd":
            self.optimizer = keras.optimizers.SGD(rate)
        else:
            self.optimizer = keras.optimizers.Adam(rate, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
        self.optimizer.build(self.model.trainable_variables)
        together = self.options.get("together", 1)
        self.model.compile(self.optimizer, self.cost, jit_compile=True, steps_per_execution=together)

    def _span(self, theta: Any, memory: Any, x: Any, y: Any, batches: Any) -> tuple[Any, Any]:
        def cost(theta: Any, rows: Any) -> Any:
            z, _ = self.model.stateless_call(theta, self.model.non_trainable_variables, x[rows], training=True)
            return self.cost(y[rows], z)

        def step(carry: tuple[Any, Any], rows: Any) -> tuple[tuple[Any, Any], None]:
            theta, memory = carry
            return self.optimizer.stateless_apply(memory, jax.grad(cost)(theta, rows), theta), None

        return lax.scan(step, (theta, memory), batches)[0]
