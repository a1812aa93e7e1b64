"""The settings of a training: one table of names, defaults, limits and what each means.

`cp.train`, the command line and its help read this table, and a training keeps one as its record.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from clearprop.arrays import plain
from clearprop.equations.schedules import SCHEDULES, schedule_named
from clearprop.equations.updates import OPTIMIZERS, Optimizer, optimizer_named
from clearprop.errors import ArgumentError, nearest
from clearprop.network import PRECISIONS, seed_of

LEAST_EPOCHS = 20
LEAST_UPDATES = 4_000
"""Epochs "auto" makes at least so many epochs and at least so many updates."""

TRAINED_IN = (*PRECISIONS, "bfloat16")
"""Precisions of a training; bfloat16 is one of products alone."""


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """How a network is trained. ArgumentError for a value that cannot be used."""

    optimizer: str = _setting("adam", f"Update rule: {', '.join(OPTIMIZERS)}.")
    learning_rate: float = _setting(0.001, "Learning rate η.")
    schedule: str = _setting("cosine", f"Course of the learning rate: {', '.join(SCHEDULES)}.")
    batch_size: int = _setting(32, "Examples in a mini-batch.")
    epochs: int | str = _setting(
        "auto", "Passes over the training data; auto: at least 20, and at least 4,000 updates."
    )
    validation: float = _setting(0.1, "Share of the training data that is held back to watch the training.")
    l2: float = _setting(0.0, "Penalty λ on large weights: λ/2 times the sum of their squares is added to the cost.")
    dropout: float = _setting(0.0, "Share of the hidden neurons that each step switches off.")
    shuffle: bool = _setting(True, "Whether each epoch goes through the examples in a new order.")
    patience: int | None = _setting(None, "Stop after so many epochs without a better validation cost; keep the best.")
    seed: int = _setting(0, "Seed of everything random.")
    engine: str = _setting("auto", "Who computes: auto, cpu, jax, reference.")
    precision: str | None = _setting(
        None,
        "float32, float64, or bfloat16 for products of such numbers with weights in float32 (engine jax); what the "
        "engine computes in unless named.",
    )
    optimizer_options: Mapping[str, float] = field(
        default_factory=dict, metadata={"meaning": "Options of the update rule, such as momentum or beta_1."}
    )

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            object.__setattr__(self, name, plain(value))
        schedule_named(self.schedule)
        self.all_optimizer_options()
        seed_of(self.seed)
        _require_number(self, "learning_rate", "a number above 0", lambda value: value > 0)
        _require_number(self, "l2", "a number of at least 0", lambda value: value >= 0)
        _require_number(self, "dropout", "a share from 0 up to but not including 1", lambda value: 0 <= value < 1)
        _require_number(self, "validation", "a share from 0 up to but not including 1", lambda value: 0 <= value < 1)
        _require_whole(self, "batch_size")
        if self.epochs != "auto":
            _require_whole(self, "epochs", " or 'auto'")
        if self.patience is not None:
            _require_whole(self, "patience", " or None")
        if not isinstance(self.shuffle, bool):
            raise ArgumentError(f"shuffle: expected True or False, got {self.shuffle!r}.")
        if self.precision not in (None, *TRAINED_IN):
            raise ArgumentError(f"precision: expected one of {', '.join(TRAINED_IN)}, got {self.precision!r}.")

    @property
    def rule(self) -> Optimizer:
        return optimizer_named(self.optimizer)

    def all_optimizer_options(self) -> dict[str, float]:
        """The options of the update rule: its defaults, and what was asked for in their place."""
        if not isinstance(self.optimizer_options, Mapping):
            raise ArgumentError(
                f"optimizer_options: expected names with numbers, such as {{'momentum': 0.9}}, "
                f"got {self.optimizer_options!r}."
            )
        known = dict(self.rule.options)
        for name, value in self.optimizer_options.items():
            if name not in known:
                raise ArgumentError(
                    f"optimizer_options: expected {_listed(known)} for {self.optimizer!r}, "
                    f"got {name!r}.{nearest(name, known)}"
                )
            if not _is_number(value) or not 0 <= value < (math.inf if name in ("epsilon", "decay") else 1):
                raise ArgumentError(f"optimizer_options: expected {name} from 0 to below 1, got {value!r}.")
        return {**known, **self.optimizer_options}

    def epochs_for(self, examples: int) -> int:
        """How many epochs to make over so many training examples."""
        if self.epochs != "auto":
            return int(self.epochs)
        return max(LEAST_EPOCHS, math.ceil(LEAST_UPDATES / self.steps_for(examples)))

    def steps_for(self, examples: int) -> int:
        """Updates in one epoch; the last mini-batch may be smaller."""
        return math.ceil(examples / self.batch_size)

    def document(self) -> dict[str, Any]:
        """The settings as JSON."""
        return asdict(self)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _require_number(settings: Settings, name: str, expected: str, allowed: Any) -> None:
    value = getattr(settings, name)
    if not _is_number(value) or not allowed(value):
        raise ArgumentError(f"{name}: expected {expected}, got {value!r}.")


def _require_whole(settings: Settings, name: str, otherwise: str = "") -> None:
    value = getattr(settings, name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"{name}: expected a whole number of at least 1{otherwise}, got {value!r}.")


def _listed(names: Mapping[str, Any]) -> str:
    return f"one of {', '.join(names)}" if names else "no options"


DEFAULTS = Settings()
MEANING = {setting.name: setting.metadata["meaning"] for setting in fields(Settings)}
