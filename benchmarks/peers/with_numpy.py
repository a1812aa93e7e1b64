"""NumPy: every product and every sum goes into a buffer that is kept; or, in the form "sparse", those with the inputs
are SciPy's, which leave out zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from peers.protocol import (
    BETA_1,
    BETA_2,
    EPSILON,
    Digits,
    Floats,
    Ints,
    Options,
    Parameters,
    Variant,
    Work,
    said,
    tiles,
)

THREADS = {threads: {"OPENBLAS_NUM_THREADS": str(threads)} for threads in (1, 2)}


def training_variants(work: Work) -> dict[str, Variant]:
    forms = ("vectors", "rows") if work.batch == 1 else ("rows", "sparse")
    return {
        f"{form}, {said(threads)}": Variant({"form": form}, THREADS[threads])
        for form in forms
        for threads in work.threads
    }


def labelling_variants(_: Parameters) -> dict[str, Variant]:
    return {
        f"tiles of {tile:,}, {said(threads)}": Variant({"tile": tile}, THREADS[threads])
        for tile in (250, 1_000, 6_000)
        for threads in (1, 2)
    } | {"sparse, 2 threads": Variant({"tile": 1_000, "sparse": True}, THREADS[2])}


class Trainer:
    def __init__(self, work: Work, digits: Digits, options: Options) -> None:
        self.work, self.x, self.y = work, digits.x, digits.y
        self.one_by_one = options["form"] == "vectors"
        self.sparse = csr_array(self.x) if options["form"] == "sparse" else None
        count = sum(work.weights) + sum(work.sizes[1:])
        self.all, self.gradient, self.m, self.s, self.spare = (np.zeros(count, np.float32) for _ in range(5))
        self.W, self.b = self._views(self.all)
        self.dW, self.db = self._views(self.gradient)
        self.a, self.delta = ([np.empty((work.batch, size), np.float32) for size in work.sizes] for _ in range(2))
        self.alive = [np.empty((work.batch, size), bool) for size in work.sizes]
        self.per_row = np.empty((work.batch, 1), np.float32)
        self.numbers = np.arange(work.batch)

    def restart(self, start: Parameters) -> None:
        for W, b, given_W, given_b in zip(self.W, self.b, start.weights, start.biases, strict=True):
            W[:], b[:] = given_W.T, given_b
        self.m[:], self.s[:], self.step = 0, 0, 0

    def run(self, order: Ints) -> None:
        batches = order.reshape(-1, self.work.batch)
        rates = self.work.rates(self.step, len(batches)).tolist()
        for rows, rate in zip(batches, rates, strict=True):
            self.step += 1
            if self.one_by_one:
                self._one(int(rows[0]), rate)
            else:
                self._many(rows, rate)

    def parameters(self) -> Parameters:
        return Parameters([W.T.copy() for W in self.W], [b.copy() for b in self.b])

    def classes(self, x: Floats) -> Ints:
        found: Ints = np.concatenate([_scores(self.W, self.b, x[rows]).argmax(axis=1) for rows in tiles(len(x), 1_000)])
        return found

    def _many(self, rows: Ints, rate: float) -> None:
        if self.sparse is None:
            np.take(self.x, rows, axis=0, out=self.a[0], mode="clip")
            x = self.a[0]
        else:
            x = self.sparse[rows]
        self._forward(x)
        delta = self.delta[-1]
        delta[self.numbers, self.y[rows]] -= 1
        # the learning rate is carried by the deltas where it can be: they are smaller than the gradient
        np.multiply(delta, (rate if self.work.optimizer == "sgd" else 1.0) / self.work.batch, out=delta)
        for number in range(len(self.W) - 1, -1, -1):
            delta = self.delta[number + 1]
            _product((self.a[number] if number else x).T, delta, self.dW[number])
            np.add.reduce(delta, axis=0, out=self.db[number])
            if number:
                np.matmul(delta, self.W[number].T, out=self.delta[number])
                np.greater(self.a[number], 0, out=self.alive[number])
                np.multiply(self.delta[number], self.alive[number], out=self.delta[number])
        if self.work.optimizer == "sgd":
            np.subtract(self.all, self.gradient, out=self.all)
        else:
            self._adam(rate)

    def _forward(self, x: Any) -> None:
        a, last = [x, *self.a[1:]], len(self.W) - 1
        for number, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            z = a[number + 1] if number < last else self.delta[-1]
            _product(a[number], W, z)
            np.add(z, b, out=z)
            if number < last:
                np.maximum(z, 0, out=z)
        np.maximum.reduce(z, axis=1, keepdims=True, out=self.per_row)
        np.subtract(z, self.per_row, out=z)
        np.exp(z, out=z)
        np.add.reduce(z, axis=1, keepdims=True, out=self.per_row)
        np.divide(z, self.per_row, out=z)

    def _adam(self, rate: float) -> None:
        g, m, s, spare = self.gradient, self.m, self.s, self.spare
        m *= BETA_1
        np.multiply(g, 1 - BETA_1, out=spare)
        m += spare
        s *= BETA_2
        np.multiply(g, g, out=spare)
        spare *= 1 - BETA_2
        s += spare
        np.divide(s, 1 - BETA_2**self.step, out=spare)
        np.sqrt(spare, out=spare)
        spare += EPSILON
        np.divide(m, spare, out=spare)
        spare *= rate / (1 - BETA_1**self.step)
        self.all -= spare

    def _one(self, row: int, rate: float) -> None:
        """A step of plain descent on one example, with products of matrix and vector."""
        a = [self.x[row], *(buffer[0] for buffer in self.a[1:])]
        last = len(self.W) - 1
        for number, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            np.dot(a[number], W, out=a[number + 1])
            a[number + 1] += b
            if number < last:
                np.maximum(a[number + 1], 0, out=a[number + 1])
        delta = a[-1]
        delta -= delta.max()
        np.exp(delta, out=delta)
        delta *= rate / delta.sum()
        delta[self.y[row]] -= rate
        for number in range(last, -1, -1):
            below = np.dot(self.W[number], delta) if number else delta
            np.multiply(a[number][:, None], delta, out=self.dW[number])
            self.W[number] -= self.dW[number]
            self.b[number] -= delta
            delta = below * (a[number] > 0) if number else below

    def _views(self, flat: Floats) -> tuple[list[Floats], list[Floats]]:
        weights, biases, first = [], [], 0
        for n_in, n_out in zip(self.work.sizes, self.work.sizes[1:], strict=False):
            weights.append(flat[first : first + n_in * n_out].reshape(n_in, n_out))
            biases.append(flat[first + n_in * n_out : first + n_in * n_out + n_out])
            first += n_in * n_out + n_out
        return weights, biases


def _product(A: Any, B: Floats, out: Floats) -> None:
    if isinstance(A, np.ndarray):
        np.matmul(A, B, out=out)
    else:
        out[:] = A @ B


def _scores(weights: list[Floats], biases: list[Floats], a: Floats) -> Floats:
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        a = a @ W
        a += b
        np.maximum(a, 0, out=a)
    return a @ weights[-1] + biases[-1]


class Labeller:
    def __init__(self, parameters: Parameters, options: Options) -> None:
        self.tile, self.sparse = options["tile"], "sparse" in options
        self.W = [np.ascontiguousarray(W.T) for W in parameters.weights]
        self.b = parameters.biases
        self.z = [np.empty((self.tile, len(b)), np.float32) for b in self.b]
        self.vectors = [np.empty(len(b), np.float32) for b in self.b]

    def placed(self, x: Floats) -> Any:
        return csr_array(x) if self.sparse else x

    def many(self, x: Any) -> Ints:
        labels = np.empty(x.shape[0], np.int64)
        for rows in tiles(x.shape[0], self.tile):
            np.argmax(self._scores(x[rows], [z[: rows.stop - rows.start] for z in self.z]), axis=1, out=labels[rows])
        return labels

    def one(self, row: Floats) -> int:
        return int(self._scores(row, self.vectors).argmax())

    def _scores(self, a: Any, buffers: list[Floats]) -> Any:
        for W, b, z in zip(self.W, self.b, buffers, strict=True):
            if isinstance(a, np.ndarray):
                np.dot(a, W, out=z)
            else:
                z[:] = a @ W
            np.add(z, b, out=z)
            if z is not buffers[-1]:
                np.maximum(z, 0, out=z)
            a = z
        return a
