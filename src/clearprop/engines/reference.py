"""The reference engine: the equations one after another, in float64. It is the definition; others are held to it."""

from __future__ import annotations

import math

import numpy as np

from clearprop.arrays import FloatArray, IntArray
from clearprop.engines.one_thread import one_blas_thread
from clearprop.engines.protocol import ALONE, Data, Span, State, Work
from clearprop.equations.schedules import schedule_named
from clearprop.equations.step import TRUE_RULES, Dropout, Rules, Step, Update
from clearprop.targets import predicted_class


class ReferenceEngine:
    """NumPy, as written. Other rules than the true ones make the mistakes that they describe."""

    name = "reference"
    precisions = ("float64",)
    arithmetic, step_overhead = 2e9, 1e6
    library_bytes = 0
    group = ALONE

    def __init__(self, rules: Rules = TRUE_RULES) -> None:
        self.rules = rules

    def start(self, state: State, work: Work) -> None:
        self._state, self._work = state, work

    def run(self, data: Data, order: IntArray, first_step: int, last_step: int) -> Span:
        cost, right = 0.0, 0
        # a training that diverges is told from its cost
        with np.errstate(all="ignore"), one_blas_thread():
            for number in range(first_step, last_step):
                size = self._work.batch_size
                step = self._step(data, order[number * size : (number + 1) * size])
                cost += float(np.sum(step.cost[step.layers]))
                if data.targets.classes:
                    right += int(np.sum(predicted_class(step.a[step.layers]) == predicted_class(step.y)))
                self._take(step)
            return Span(cost, right, _gradient_norm(step))

    def state(self) -> State:
        return self._state

    def forward(self, x: FloatArray) -> FloatArray:
        state, work = self._state, self._work
        step = Step(self.rules, x, None, state.weights, state.biases, work.activations, work.output)
        with one_blas_thread():
            step.forward()
        return np.asarray(step.z[step.layers])

    def _step(self, data: Data, rows: IntArray) -> Step:
        state, work = self._state, self._work
        eta = schedule_named(work.schedule)(work.learning_rate, state.step, work.total_steps)
        step = Step(
            self.rules,
            np.asarray(data.x[rows], dtype=np.float64),
            data.targets.rows(rows),
            state.weights,
            state.biases,
            work.activations,
            work.output,
            example_weight=None if data.weight is None else data.weight[rows],
            dropout=Dropout(work.dropout, work.seed, state.step),
            update=Update(work.optimizer, work.options, eta, state.step + 1, work.l2),
            slots=state.slots,
        )
        step.backward()
        return step

    def _take(self, step: Step) -> None:
        numbers = range(1, step.layers + 1)
        self._state = State(
            weights=tuple(step.new_W[layer] for layer in numbers),
            biases=tuple(step.new_b[layer] for layer in numbers),
            slots=tuple((step.move_W[layer][1], step.move_b[layer][1]) for layer in numbers),
            step=self._state.step + 1,
        )


def _gradient_norm(step: Step) -> float:
    """The length of the gradient of all parameters together."""
    gradients = [quantity[layer] for layer in range(1, step.layers + 1) for quantity in (step.dW, step.db)]
    return math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients))
