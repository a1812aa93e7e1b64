"""The JAX engine: the equations compiled by JAX, on all devices of all processes."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import Any

import jax
import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.engines.jax.devices import (
    all_devices,
    by_rows,
    computing_in,
    everywhere,
    fetched,
    kind,
    own_places,
    room,
)
from clearprop.engines.jax.examples import Shelf, batches_of, on_devices
from clearprop.engines.jax.group import group_of_processes
from clearprop.engines.jax.steps import Program, Seen, outputs_program, span_program
from clearprop.engines.jax.steps import State as OnDevices
from clearprop.engines.protocol import Data, Group, Span, State, Work

LEAST_ROWS = 256
"""Rows that a device takes through the forward pass at least: fewer are filled up, so that little is compiled."""
ARITHMETIC = {"cpu": 1e11}
OF_OTHERS = 2e13
"""Floating-point operations that a device does in a second, roughly."""
LIBRARY_BYTES = 192 << 20
"""What JAX, its compiler and the parts that are on their way take, as measured on CPUs."""
DISPATCH = 2e-5
MEETING = 1e-3
"""Seconds that a step takes besides its arithmetic, roughly: alone, and where processes bring their gradients
together."""


class JaxEngine:
    """The equations under `jax.jit`, in float32 unless something else is wanted: float64, or bfloat16 for products of
    bfloat16 numbers, added up in float32, with weights in float32. The same devices give the same bits."""

    name = "jax"
    precisions = ("float32", "float64", "bfloat16")
    library_bytes = LIBRARY_BYTES

    @cached_property
    def group(self) -> Group:
        return group_of_processes()

    @property
    def arithmetic(self) -> float:
        return ARITHMETIC.get(kind(), OF_OTHERS) * all_devices().size

    @property
    def step_overhead(self) -> float:
        return self.arithmetic * (DISPATCH if self.group.count == 1 else MEETING)

    def start(self, state: State, work: Work) -> None:
        self._work, self._step, self._workers = work, state.step, state.workers
        self._precision = str(state.weights[0].dtype)
        self._program = Program(
            activations=work.activations,
            output=work.output,
            optimizer=work.optimizer,
            options=tuple(work.options.items()),
            l2=work.l2,
            dropout=work.dropout,
            seed=work.seed if work.dropout else 0,
            products=work.products or self._precision,
        )
        self._shelf = Shelf(self._precision, float(self.group.of_first(lambda: room())))
        with self._computing():
            self._state: OnDevices = jax.tree.map(everywhere, OnDevices(state.weights, state.biases, state.slots))

    def run(self, data: Data, order: IntArray, first_step: int, last_step: int) -> Span:
        batches = batches_of(self._work, data, order, first_step, last_step, self._step, self._precision)
        held = self._shelf.fits(data)
        ended = last_step * self._work.batch_size >= data.examples_of(order)
        program = replace(self._program, held=held, classes=bool(data.targets.classes), measures=ended)
        with self._computing():
            seen: list[Seen] = []
            # computing goes on by itself: the next part is sent in the meantime, and no more than that one
            for part in [(self._shelf.take(data), on_devices(batches))] if held else self._shelf.parts(data, batches):
                self._state, now = span_program(program)(self._state, *part)
                jax.block_until_ready(seen[-1:])
                seen.append(now)
            self._step += len(batches.count)
            cost, right = (
                np.concatenate([fetched(one) for one in each])
                for each in ([p.cost for p in seen], [p.right for p in seen])
            )
            return Span(
                float(np.sum(cost, dtype=np.float64)), int(np.sum(right)), math.sqrt(float(fetched(seen[-1].squares)))
            )

    def state(self) -> State:
        with self._computing():
            weights, biases, slots = jax.tree.map(fetched, self._state)
        return State(weights, biases, slots, self._step, self._workers)

    def forward(self, x: FloatArray) -> FloatArray:
        devices = all_devices().size
        # powers of two: sets of different lengths share what is compiled
        share = 2 ** math.ceil(math.log2(max(LEAST_ROWS, len(x) / devices)))
        filled = np.zeros((share * devices, x.shape[1]), x.dtype if x.dtype == np.uint8 else self._precision)
        filled[: len(x)] = x
        ours = own_places()
        with self._computing():
            rows = by_rows(filled[ours[0] * share : (ours[-1] + 1) * share])
            z = outputs_program(self._program)(self._state.weights, self._state.biases, rows)
            return np.asarray(fetched(z)[: len(x)])

    def _computing(self) -> Any:
        return computing_in(self._precision, self._program.products)
