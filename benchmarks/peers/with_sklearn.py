"""scikit-learn: MLPClassifier.partial_fit on the rows of a span, which makes one pass in mini-batches."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from peers.protocol import BETA_1, BETA_2, EPSILON, Digits, Floats, Ints, Options, Parameters, Variant, Work, said
from peers.with_numpy import THREADS


def training_variants(work: Work) -> dict[str, Variant]:
    return {f"partial_fit, {said(threads)}": Variant({}, THREADS[threads]) for threads in work.threads}


class Trainer:
    def __init__(self, work: Work, digits: Digits, _: Options) -> None:
        warnings.simplefilter("ignore", ConvergenceWarning)
        self.work, self.digits = work, digits
        self.model = MLPClassifier(
            work.sizes[1:-1],
            activation="relu",
            solver=work.optimizer,
            alpha=0.0,
            batch_size=work.batch,
            learning_rate_init=work.learning_rate,
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=False,  # the rows come in the order of the epoch
            beta_1=BETA_1,
            beta_2=BETA_2,
            epsilon=EPSILON,
        )

    def restart(self, start: Parameters) -> None:
        self.model.__dict__.pop("_optimizer", None)
        first = slice(0, self.work.batch)
        if not hasattr(self.model, "coefs_"):
            self.model.partial_fit(self.digits.x[first], self.digits.y[first], classes=np.arange(self.work.sizes[-1]))
        self.model.coefs_ = [W.T.copy() for W in start.weights]
        self.model.intercepts_ = [b.copy() for b in start.biases]
        self.model.__dict__.pop("_optimizer", None)
        self.step = 0

    def run(self, order: Ints) -> None:
        steps = len(order) // self.work.batch
        # it knows no cosine: the mean over the span stands for it
        rate = float(self.work.rates(self.step, steps).mean())
        self.model.learning_rate_init = rate
        if hasattr(self.model, "_optimizer"):
            self.model._optimizer.learning_rate_init = self.model._optimizer.learning_rate = rate
        self.model.partial_fit(self.digits.x[order], self.digits.y[order])
        self.step += steps

    def parameters(self) -> Parameters:
        return Parameters([W.T.copy() for W in self.model.coefs_], [b.copy() for b in self.model.intercepts_])

    def classes(self, x: Floats) -> Ints:
        found: Ints = self.model.predict(x)
        return found
