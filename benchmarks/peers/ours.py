"""clearprop: training through its engine, labelling through `cp.labeller`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import clearprop as cp
from clearprop.engines import engine_named
from clearprop.engines.protocol import Data, fresh_state
from clearprop.engines.protocol import Work as EngineWork
from clearprop.equations.updates import optimizer_named
from clearprop.targets import encode
from clearprop.training import Progress
from peers.protocol import BETA_1, BETA_2, EPSILON, Digits, Floats, Ints, Options, Parameters, Variant, Work

ADAM = {"beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON}


def training_variants(_: Work) -> dict[str, Variant]:
    return {"engine auto": Variant({"engine": "auto"})}


def labelling_variants(_: Parameters) -> dict[str, Variant]:
    return {"cp.labeller": Variant()}


def network_of(start: Parameters, hidden: str) -> cp.Network:
    activations = [hidden] * (len(start.weights) - 1) + ["softmax"]
    return cp.Network.of(start.weights, start.biases, activations=activations)


class Trainer:
    def __init__(self, work: Work, digits: Digits, options: Options) -> None:
        self.work, self.digits = work, digits
        self.engine = engine_named(options["engine"])
        self.precision = "float32" if "float32" in self.engine.precisions else self.engine.precisions[0]
        self.data = Data(digits.x, encode(digits.y, work.sizes[-1], "cross_entropy"))

    def restart(self, start: Parameters) -> None:
        network, rule = network_of(start, self.work.hidden), optimizer_named(self.work.optimizer)
        work = EngineWork(
            activations=network.activations,
            output=network.output_pair,
            optimizer=rule,
            options=ADAM if self.work.optimizer == "adam" else dict(rule.options),
            learning_rate=self.work.learning_rate,
            schedule="cosine" if self.work.cosine else "constant",
            total_steps=self.work.cosine or 10**9,
            batch_size=self.work.batch,
            l2=0.0,
            dropout=0.0,
            seed=0,
        )
        self.engine.start(fresh_state(network, rule, self.precision), work)

    def run(self, order: Ints) -> None:
        self.engine.run(self.data, order, 0, len(order) // self.work.batch)

    def parameters(self) -> Parameters:
        state = self.engine.state()
        return Parameters(*([a.astype(np.float32) for a in arrays] for arrays in (state.weights, state.biases)))

    def reach(self, start: Parameters, test: Digits, seed: int, reached: Callable[[float], bool]) -> None:
        """The same through `cp.train`, which looks at the test images after every epoch."""

        def look(progress: Progress) -> bool:
            return progress.ended is not None and reached(float(progress.ended.validation_accuracy or 0))

        work = self.work
        cp.train(
            network_of(start, work.hidden),
            self.digits.x,
            self.digits.y,
            optimizer=work.optimizer,
            learning_rate=work.learning_rate,
            schedule="cosine",
            batch_size=work.batch,
            epochs=work.cosine // work.span,
            validation=(test.x, test.y),
            seed=seed,
            precision=self.precision,
            callbacks=[look],
        )

    def classes(self, x: Floats) -> Ints:
        return np.argmax(self.engine.forward(x), axis=1)


class Labeller:
    def __init__(self, parameters: Parameters, _: Options) -> None:
        self.label: Any = cp.labeller(network_of(parameters, "relu"))

    def placed(self, x: Floats) -> Floats:
        return x

    def many(self, x: Floats) -> Ints:
        labels: Ints = self.label(x)
        return labels

    def one(self, row: Floats) -> int:
        return int(self.label(row))
