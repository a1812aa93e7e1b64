"""`diagnose`: what is asked, checked and examined."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray, is_finite, plain, real_numbers
from clearprop.diagnosing.change import changed
from clearprop.diagnosing.diagnosis import Diagnosis
from clearprop.diagnosing.guess import guesses_of
from clearprop.diagnosing.laboratory import Laboratory, Report
from clearprop.diagnosing.sampling import sampled
from clearprop.diagnosing.search import Search
from clearprop.diagnosing.setup import Setup
from clearprop.diagnosing.shape import Shape, shape_from, shape_of
from clearprop.diagnosing.verdict import diagnosis_of
from clearprop.engines import engine_named
from clearprop.errors import ArgumentError
from clearprop.network import (
    COST,
    HIDDEN,
    INITIALIZATION,
    OUTPUT,
    Network,
    as_inputs,
    require_network,
    require_same_length,
)
from clearprop.settings import DEFAULTS, Settings
from clearprop.targets import Targets, encode
from clearprop.training import Training
from clearprop.training.examples import example_weights

BUDGET = 60.0
"""Seconds after which no further experiment is begun."""


def diagnose(
    x: Any,
    y: Any = None,
    *,
    layers: Sequence[int] | None = None,
    network: Network | None = None,
    hidden: str | Sequence[str] = HIDDEN,
    output: str = OUTPUT,
    cost: str = COST,
    initialization: str = INITIALIZATION,
    optimizer: str = DEFAULTS.optimizer,
    learning_rate: float = DEFAULTS.learning_rate,
    schedule: str = DEFAULTS.schedule,
    batch_size: int = DEFAULTS.batch_size,
    epochs: int | str = DEFAULTS.epochs,
    validation: float = DEFAULTS.validation,
    test: tuple[Any, Any] | None = None,
    l2: float = DEFAULTS.l2,
    dropout: float = DEFAULTS.dropout,
    shuffle: bool = DEFAULTS.shuffle,
    class_weight: Mapping[Any, float] | str | None = None,
    sample_weight: Any = None,
    patience: int | None = DEFAULTS.patience,
    seed: int = DEFAULTS.seed,
    engine: str = DEFAULTS.engine,
    precision: str | None = DEFAULTS.precision,
    optimizer_options: Mapping[str, float] | None = None,
    suspect: str | Sequence[str] = (),
    budget: float = BUDGET,
    report: Report | None = None,
) -> Diagnosis:
    """Why does this training fail? Suspects are put to the test: one thing is changed, the seeds stay the same, and the
    unchanged training runs beside it.

    x (n, inputs) and y are what `train` takes; here x may hold NaN. `layers` are all sizes, input first; or `network`
    is a network with given numbers to start from. x may also be a `Training`: then everything else comes from it.
    `suspect` is a guess of yours, or a list of them: "averaging", or settings such as "learning_rate=0.1" and
    "output=softmax,cost=cross_entropy". After `budget` seconds no further experiment is begun. `report` is told in
    words what is being done.

    The experiments use a sample of at most 5,000 rows and make at most about a second's work for each run; where there
    are 100 rows or more, a fifth of them is not trained on, and the outcome is judged by those. Ctrl-C ends it with
    what is known. Raises ArgumentError for what cannot be used.
    """
    if isinstance(x, Training):
        if isinstance(x.x, str):
            raise ArgumentError(
                "training: expected one on arrays, got one whose rows were streamed from files; diagnose a part of the "
                "rows that fits in memory: clearprop diagnose FILE, or cp.diagnose(x, y, …)."
            )
        settings, network, x, y = x.settings, x.start, x.x, x.y
    else:
        settings = Settings(
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            batch_size=batch_size,
            epochs=epochs,
            validation=plain(validation),
            l2=l2,
            dropout=dropout,
            shuffle=shuffle,
            patience=patience,
            seed=seed,
            engine=engine,
            precision=precision,
            optimizer_options={} if optimizer_options is None else optimizer_options,
        )
    if network is not None:
        require_network(network)
        shape = shape_of(network)
    elif layers is not None:
        shape = shape_from(layers, hidden, output, cost, initialization)
    else:
        raise ArgumentError("diagnose: expected layers=[inputs, …, outputs] or network=…, got neither.")
    setup = setup_from(x, y, shape, settings, test=test, class_weight=class_weight, sample_weight=sample_weight)
    return examine(setup, suspect=suspect, budget=budget, report=report)


def examine(
    setup: Setup, *, suspect: str | Sequence[str] = (), budget: float = BUDGET, report: Report | None = None
) -> Diagnosis:
    """`diagnose` with all that is examined in one piece."""
    guesses = guesses_of(suspect)
    for guess in guesses:
        changed(setup, [guess.change]).network(0)  # says what is wrong with a guess before anything is run
    deadline = time.monotonic() + _seconds(budget)
    with Laboratory(report or (lambda _: None)) as laboratory:
        return diagnosis_of(Search(setup, laboratory, guesses, deadline).go())


def setup_from(
    x: Any,
    y: Any,
    shape: Shape,
    settings: Settings,
    *,
    test: tuple[Any, Any] | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    sample_weight: Any = None,
) -> Setup:
    """What is examined, from what a training is given. ArgumentError for what cannot be used."""
    engine_named(settings.engine)
    inputs = _inputs(x, shape.sizes[0], "x")
    targets = encode(y, shape.sizes[-1], shape.cost)
    require_same_length(inputs, targets)
    if not len(inputs):
        raise ArgumentError("x: expected at least one example, got none.")
    example_weights(targets, class_weight, sample_weight)
    return sampled(
        inputs,
        targets,
        None if test is None else _test(test, shape, targets, may_miss=not is_finite(inputs)),
        shape,
        settings,
        class_weight=_by_index(class_weight, targets),
        sample_weight=None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64),
    )


def _by_index(class_weight: Mapping[Any, float] | str | None, targets: Targets) -> Mapping[Any, float] | str | None:
    """The weights of classes by their indices, which is what the experiments know of classes."""
    if not isinstance(class_weight, Mapping) or targets.classes is None:
        return class_weight
    return {index: class_weight[name] for index, name in enumerate(targets.classes) if name in class_weight}


def _inputs(x: Any, width: int, name: str) -> FloatArray:
    """x as numbers (n, width); NaN and infinity may be what is wrong, and stay."""
    try:
        array = real_numbers(x, ("float64",))
    except (TypeError, ValueError):
        return as_inputs(x, width, name)  # which says what is wrong
    as_inputs(array if is_finite(array) else np.where(np.isfinite(array), array, 0.0), width, name)
    return array


def _test(test: Any, shape: Shape, like: Targets, *, may_miss: bool) -> tuple[FloatArray, Targets]:
    """The test rows; they may lack numbers where the training rows do."""
    if not isinstance(test, tuple) or len(test) != 2:
        raise ArgumentError(f"test: expected a pair (x, y), got {type(test).__name__}.")
    x = (_inputs if may_miss else as_inputs)(test[0], shape.sizes[0], "test x")
    y = encode(test[1], shape.sizes[-1], shape.cost, "test y", like.classes)
    require_same_length(x, y, "test y")
    if (y.classes is None) != (like.classes is None):
        raise ArgumentError("test y: expected targets of the kind of the training data's, got others.")
    return x, y


def _seconds(budget: Any) -> float:
    if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget > 0:
        raise ArgumentError(f"budget: expected a number of seconds above 0, got {budget!r}.")
    return float(budget)
