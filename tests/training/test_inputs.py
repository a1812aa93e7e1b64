"""Inputs are trained on as they come: one array for what is learned from and what is held out, in its own number type,
in memory or in a file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop import Network, Training, train
from clearprop.engines import engine_named
from clearprop.engines.protocol import Data
from clearprop.settings import Settings
from clearprop.targets import encode
from clearprop.training.examples import divide

from .problems import EXAMPLES, Matrix, bits, examples, network_of, same, trained

ROWS, WIDTH = 20_000, 256
LITTLE = 2**21
"""Bytes, 2 MiB: room for a hundred a row (targets, orders, which rows are held out) and for the held-out rows
themselves, less than half of the smallest copy of the inputs (20,000 · 256 bytes, 4.9 MiB)."""
KINDS = ["float32", "uint8"]


def wide(kind: str, rows: int = ROWS) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(0)
    y = np.arange(rows) % 3
    x = rng.integers(256, size=(rows, WIDTH), dtype=np.uint8)
    return (x if kind == "uint8" else x.astype(kind) / np.dtype(kind).type(255)), y


def train_wide(x: Matrix, y: Matrix, **changes: Any) -> Training:
    network = Network.initialize([WIDTH, 4, 3], hidden="tanh", seed=1)
    wanted: dict[str, Any] = {"epochs": 1, "batch_size": 64, "learning_rate": 1e-4, "validation": 0.02, **changes}
    return train(network, x, y, **wanted)


@contextmanager
def largest_memory() -> Iterator[list[int]]:
    """The most bytes that were taken at a time, in a list of one that is filled at the end."""
    found: list[int] = []
    tracemalloc.start()
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["float32", "uint8", "float64"])
def test_held_out_rows_lie_in_the_array_of_the_others(kind: str) -> None:
    x, y = wide(kind, 300)
    network = Network.initialize([WIDTH, 4, 3])
    whole = Data(x, encode(y, 3, network.cost), np.ones(300))
    data, held_out = divide(whole, Settings(validation=0.2), network, None)
    assert held_out is not None
    for part in (data, held_out):
        assert part.x is x
        assert part.targets is whole.targets
        assert part.weight is whole.weight
    assert data.rows is not None
    assert held_out.rows is not None
    assert (len(data), len(held_out)) == (240, 60)
    assert sorted([*data.rows, *held_out.rows]) == list(range(300))


@pytest.mark.parametrize("kind", ["float32", "uint8", "float64"])
def test_an_engine_gets_the_array_that_was_given(monkeypatch: pytest.MonkeyPatch, kind: str, engine: str) -> None:
    x, y = wide(kind, 300)
    got: list[Matrix] = []
    engine_kind = type(engine_named(engine))
    run = engine_kind.run

    def watched(self: Any, data: Any, *rest: Any) -> Any:
        got.append(data.x)
        return run(self, data, *rest)

    monkeypatch.setattr(engine_kind, "run", watched)
    training = train_wide(x, y, engine=engine)
    assert training.x is x
    assert got
    assert all(one is x for one in got)


@pytest.mark.parametrize("validation", [0, 0.02])
@pytest.mark.parametrize("kind", KINDS)
def test_training_on_an_array_takes_less_memory_than_a_copy_of_it(
    tmp_path: Path, kind: str, validation: float, engine: str
) -> None:
    x, y = wide(kind)
    train_wide(*wide(kind, 300), engine=engine)  # compiled code and its tables
    with largest_memory() as taken:
        train_wide(x, y, engine=engine, validation=validation, checkpoint=tmp_path / "run")
    assert taken[0] < LITTLE < x.nbytes / 2


@pytest.mark.parametrize("kind", [*KINDS, "float64"])
def test_training_on_a_file_in_memory_takes_less_memory_than_a_copy_of_it(
    tmp_path: Path, kind: str, plain_engine: str
) -> None:
    x, y = wide(kind)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    train_wide(mapped[:300], y[:300], engine=plain_engine)  # what reads the file is compiled
    with largest_memory() as taken:
        training = train_wide(mapped, y, engine=plain_engine, checkpoint=tmp_path / "run")
    assert taken[0] < LITTLE < x.nbytes / 2  # JAX takes a part of it, which has a test of its own
    assert isinstance(training.x, np.memmap)
    assert same(training, train_wide(x, y, engine=plain_engine))


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_diverges_takes_no_copy_either(kind: str, engine: str) -> None:
    x, y = wide(kind)
    x[7, 5] = 255
    network = Network.initialize([WIDTH, 3], output="identity", cost="squared_error")
    changes: dict[str, Any] = {"engine": engine, "optimizer": "sgd", "learning_rate": 1e9, "validation": 0, "epochs": 9}
    targets = np.eye(3)[y] * 0.5
    train(network, *(part[:300] for part in (x, targets)), **changes)
    with largest_memory() as taken:
        training = train(network, x, targets, **changes)
    assert training.stopped == "diverged"
    assert "(the largest is 255)" in training.message
    assert taken[0] < LITTLE


def test_the_number_type_of_the_same_inputs_changes_nothing(engine: str) -> None:
    """Whole bytes are the same numbers in every type."""
    x, y = wide("uint8", 300)
    as_bytes = train_wide(x, y, engine=engine)
    for kind in ("float32", "float64"):
        other = train_wide(x.astype(kind), y, engine=engine)
        assert bits(other.network) == bits(as_bytes.network)
        assert other.history.without_clocks() == as_bytes.history.without_clocks()


def test_held_out_rows_are_the_same_in_one_array_as_in_two(engine: str) -> None:
    """A share that is held back, against the same rows given apart: in the same order, the same bits."""
    x, y = examples()
    network = network_of()
    whole = Data(x, encode(y, 3, network.cost))
    data, held_out = divide(whole, Settings(validation=0.2), network, None)
    assert held_out is not None
    rest, part = data.rows, held_out.rows
    assert rest is not None
    assert len(rest) == 0.8 * EXAMPLES
    # not shuffled: the order of rows that lie apart would be another
    together = trained(engine=engine, validation=0.2, shuffle=False)
    apart = trained(engine=engine, x=x[rest], y=y[rest], validation=(x[part], y[part]), shuffle=False)
    assert bits(together.network) == bits(apart.network)
    assert together.history.without_clocks() == apart.history.without_clocks()


def test_neither_kind_of_inputs_is_written_to(engine: str) -> None:
    for kind in KINDS:
        x, y = wide(kind, 300)
        x.flags.writeable = False
        before = x.copy()
        train_wide(x, y, engine=engine)
        np.testing.assert_array_equal(x, before)
