"""Settings: one table of defaults, every refusal in a whole sentence, "auto" epochs."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np
import pytest

from clearprop import train
from clearprop.cli.train import train_command
from clearprop.equations.updates import OPTIMIZERS
from clearprop.settings import DEFAULTS, MEANING, Settings
from data.helpers import refusal

REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"optimizer": "adan"},
        "optimizer: expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, got 'adan'. Did you mean 'adam'?",
    ),
    ({"optimizer": None}, "optimizer: expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, got None."),
    (
        {"schedule": "cosin"},
        "schedule: expected one of constant, step, cosine, warm-up, got 'cosin'. Did you mean 'cosine'?",
    ),
    ({"learning_rate": 0}, "learning_rate: expected a number above 0, got 0."),
    ({"learning_rate": -0.1}, "learning_rate: expected a number above 0, got -0.1."),
    ({"learning_rate": float("nan")}, "learning_rate: expected a number above 0, got nan."),
    ({"learning_rate": float("inf")}, "learning_rate: expected a number above 0, got inf."),
    ({"learning_rate": "0.1"}, "learning_rate: expected a number above 0, got '0.1'."),
    ({"learning_rate": True}, "learning_rate: expected a number above 0, got True."),
    ({"batch_size": 0}, "batch_size: expected a whole number of at least 1, got 0."),
    ({"batch_size": 3.0}, "batch_size: expected a whole number of at least 1, got 3.0."),
    ({"batch_size": True}, "batch_size: expected a whole number of at least 1, got True."),
    ({"epochs": 0}, "epochs: expected a whole number of at least 1 or 'auto', got 0."),
    ({"epochs": "many"}, "epochs: expected a whole number of at least 1 or 'auto', got 'many'."),
    ({"validation": 1}, "validation: expected a share from 0 up to but not including 1, got 1."),
    ({"validation": -0.1}, "validation: expected a share from 0 up to but not including 1, got -0.1."),
    ({"l2": -1}, "l2: expected a number of at least 0, got -1."),
    ({"dropout": 1.0}, "dropout: expected a share from 0 up to but not including 1, got 1.0."),
    ({"dropout": -0.5}, "dropout: expected a share from 0 up to but not including 1, got -0.5."),
    ({"shuffle": "no"}, "shuffle: expected True or False, got 'no'."),
    ({"patience": 0}, "patience: expected a whole number of at least 1 or None, got 0."),
    ({"seed": -1}, "seed: expected a whole number from 0 to 2**64 - 1, got -1."),
    ({"seed": 2**64}, "seed: expected a whole number from 0 to 2**64 - 1, got 18446744073709551616."),
    ({"seed": 1.0}, "seed: expected a whole number from 0 to 2**64 - 1, got 1.0."),
    ({"precision": "float16"}, "precision: expected one of float32, float64, bfloat16, got 'float16'."),
    (
        {"optimizer_options": {"momentun": 0.5}, "optimizer": "momentum"},
        "optimizer_options: expected one of momentum for 'momentum', got 'momentun'. Did you mean 'momentum'?",
    ),
    (
        {"optimizer_options": {"beta_1": 0.5}, "optimizer": "sgd"},
        "optimizer_options: expected no options for 'sgd', got 'beta_1'.",
    ),
    (
        {"optimizer_options": {"beta_1": 1.0}},
        "optimizer_options: expected beta_1 from 0 to below 1, got 1.0.",
    ),
    (
        {"optimizer_options": [0.9]},
        "optimizer_options: expected names with numbers, such as {'momentum': 0.9}, got [0.9].",
    ),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=[f"{given}" for given, _ in REFUSED])
def test_a_setting_that_cannot_be_used_is_refused_in_a_sentence(given: dict[str, Any], message: str) -> None:
    assert refusal(Settings, **given) == message


def test_options_that_are_no_shares_may_exceed_1() -> None:
    options = {"epsilon": 10.0, "decay": 2}
    assert Settings(optimizer="adamw", optimizer_options=options).all_optimizer_options() == {
        "beta_1": 0.9,
        "beta_2": 0.999,
        **options,
    }


def test_cp_train_has_the_defaults_of_the_table() -> None:
    parameters = inspect.signature(train).parameters
    shared = set(parameters) & set(MEANING)
    assert {name: parameters[name].default for name in shared - {"optimizer_options"}} == {
        name: getattr(DEFAULTS, name) for name in shared - {"optimizer_options"}
    }
    assert shared == set(MEANING)
    assert parameters["optimizer_options"].default is None


def test_the_command_line_has_the_defaults_of_the_table() -> None:
    parameters = inspect.signature(train_command).parameters
    shared = set(parameters) & set(MEANING)
    assert shared == set(MEANING) - {"shuffle", "optimizer_options"}
    assert parameters["epochs"].default == str(DEFAULTS.epochs)
    assert {name: parameters[name].default for name in shared - {"epochs"}} == {
        name: getattr(DEFAULTS, name) for name in shared - {"epochs"}
    }


def test_the_optimizer_s_meaning_names_them_all() -> None:
    assert MEANING["optimizer"] == f"Update rule: {', '.join(OPTIMIZERS)}."


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs"),
    [
        (1, 32, 4_000),  # one update an epoch
        (32, 32, 4_000),
        (33, 32, 2_000),  # the smaller second batch is an update too
        (6_400, 32, 20),  # 200 updates an epoch: both limits at once
        (6_368, 32, 21),  # 199 updates an epoch
        (60_000, 32, 20),
    ],
)
def test_auto_makes_at_least_20_epochs_and_at_least_4_000_updates(examples: int, batch_size: int, epochs: int) -> None:
    settings = Settings(batch_size=batch_size)
    assert settings.epochs_for(examples) == epochs
    assert epochs >= 20
    assert epochs * settings.steps_for(examples) >= 4_000
    assert epochs == 20 or (epochs - 1) * settings.steps_for(examples) < 4_000


def test_named_epochs_are_made_whatever_the_number_of_examples() -> None:
    assert Settings(epochs=3).epochs_for(10) == Settings(epochs=3).epochs_for(10**6) == 3


def test_numbers_of_numpy_are_taken_and_recorded_as_python_s() -> None:
    given = Settings(
        learning_rate=np.float32(0.5),  # type: ignore[arg-type]
        batch_size=np.int64(8),  # type: ignore[arg-type]
        epochs=np.int32(3),  # type: ignore[arg-type]
        seed=np.uint64(7),  # type: ignore[arg-type]
        shuffle=np.bool_(False),  # type: ignore[arg-type]
        optimizer_options={"beta_1": np.float64(0.5)},
    )
    assert given == Settings(
        learning_rate=0.5, batch_size=8, epochs=3, seed=7, shuffle=False, optimizer_options={"beta_1": 0.5}
    )
    assert json.loads(json.dumps(given.document())) == given.document()
