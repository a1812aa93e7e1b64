"""The JAX engine in its surroundings: the same bits again, data that fit and data that do not, several devices, other
engines before and after it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.jax import examples
from clearprop.engines.jax.engine import JaxEngine
from clearprop.engines.protocol import Engine, State
from clearprop.engines.reference import ReferenceEngine
from clearprop.network import PRECISIONS

from ..problems import Problem, distance, parameters, problem, trained

GIVEN = problem([37, 19, 5], optimizer="adam", dropout=0.2, schedule="cosine", weighted=True, l2=0.01)
STEPS = 13


def bits(state: State) -> list[bytes]:
    slots = [array for layer in state.slots for part in layer for array in part.values()]
    return [np.ascontiguousarray(array).tobytes() for array in (*parameters(state), *slots)]


def trained_bits(given: Problem = GIVEN, precision: str = "float32") -> list[bytes]:
    return bits(trained(JaxEngine(), given, precision, STEPS)[1])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_same_training_gives_the_same_bits(precision: str) -> None:
    first = trained_bits(precision=precision)
    assert all(trained_bits(precision=precision) == first for _ in range(3))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_neither_what_is_given_nor_a_state_that_was_handed_over_changes_afterwards(precision: str) -> None:
    beginning, engine = GIVEN.state(precision), JaxEngine()
    given = [*bits(beginning), GIVEN.data.x.tobytes(), GIVEN.data.targets.values.tobytes(), GIVEN.order.tobytes()]
    engine.start(beginning, GIVEN.work)
    engine.run(GIVEN.data, GIVEN.order, 0, STEPS)
    middle = engine.state()
    kept = bits(middle)
    engine.run(GIVEN.data, GIVEN.order, STEPS, 2 * STEPS)
    assert bits(middle) == kept
    assert bits(engine.state()) != kept
    assert given == [
        *bits(beginning),
        GIVEN.data.x.tobytes(),
        GIVEN.data.targets.values.tobytes(),
        GIVEN.order.tobytes(),
    ]


def test_inputs_of_any_number_type_and_from_a_file_give_the_same_bits(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, GIVEN.data.x.shape).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    kinds = [x, x.astype(np.float32), np.asfortranarray(x.astype(np.float64)), mapped]
    first, *others = (trained_bits(replace(GIVEN, data=replace(GIVEN.data, x=inputs))) for inputs in kinds)
    assert all(other == first for other in others)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_data_that_do_not_fit_on_the_device_come_in_parts_and_change_nothing(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, state = trained(JaxEngine(), GIVEN, precision, STEPS)
    monkeypatch.setattr(examples.Shelf, "fits", lambda *_: False)
    monkeypatch.setattr(examples, "PART", 5 * GIVEN.work.batch_size * GIVEN.data.x[0].nbytes)
    parts, other = trained(JaxEngine(), GIVEN, precision, STEPS)
    assert bits(other) == bits(state)
    assert parts == whole


def test_a_part_is_no_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "PART", 5 * GIVEN.work.batch_size * GIVEN.data.x[0].nbytes)
    engine = JaxEngine()
    engine.start(GIVEN.state("float32"), GIVEN.work)
    order = GIVEN.order[: 13 * GIVEN.work.batch_size - 3]
    batches = examples.batches_of(GIVEN.work, GIVEN.data, order, 0, 13, 0, "float32")
    parts = list(examples.Shelf("float32", 0).parts(GIVEN.data, batches))
    assert [len(batches.count) for _, batches in parts] == [5, 4, 4]
    assert all(sent.x.nbytes <= examples.PART for sent, _ in parts)
    sent_rows = np.concatenate([np.asarray(sent.x)[np.asarray(batches.rows).ravel()] for sent, batches in parts])
    np.testing.assert_array_equal(sent_rows[: 13 * 8 - 3], GIVEN.data.x[order])


def test_data_fit_if_there_is_room_for_them_and_stay_in_their_file_if_they_lie_in_one(tmp_path: Path) -> None:
    x = GIVEN.data.x.astype(np.float64)
    np.save(tmp_path / "x.npy", x)
    data = replace(GIVEN.data, x=x)
    assert examples.Shelf("float32", x.size * 4).fits(data)
    assert not examples.Shelf("float32", x.size * 4 - 1).fits(data)
    assert not examples.Shelf("float64", x.size * 4).fits(data)
    assert examples.Shelf("float64", x.size).fits(replace(data, x=x.astype(np.uint8)))
    assert not examples.Shelf("float32", np.inf).fits(replace(data, x=np.load(tmp_path / "x.npy", mmap_mode="r")))


def test_data_lie_on_the_device_as_long_as_somebody_has_them_and_no_more_than_two_at_once() -> None:
    engine = JaxEngine()
    engine.start(GIVEN.state("float32"), GIVEN.work)
    shelf = engine._shelf
    one, two, three = (replace(GIVEN.data) for _ in range(3))
    engine.run(one, GIVEN.order, 0, 1)
    lying = shelf.take(one)
    engine.run(two, GIVEN.order, 0, 1)
    assert shelf.take(one) is lying
    engine.run(three, GIVEN.order, 0, 1)
    assert set(shelf._lying) == {id(two), id(three)}
    del two
    gc.collect()
    assert set(shelf._lying) == {id(three)}


def test_the_forward_pass_gives_the_scores_of_the_reference() -> None:
    ours, exact = JaxEngine(), ReferenceEngine()
    ours.start(GIVEN.state("float64"), GIVEN.work)
    exact.start(GIVEN.state("float64"), GIVEN.work)
    rows = np.random.default_rng(0).standard_normal((300, 37))
    for count in (0, 1, 255, 256, 257):
        np.testing.assert_allclose(ours.forward(rows[:count]), exact.forward(rows[:count]), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("first", "second"), [(JaxEngine, CpuEngine), (CpuEngine, JaxEngine)])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_training_goes_on_on_another_engine(
    first: type[JaxEngine | CpuEngine], second: type[JaxEngine | CpuEngine], precision: str
) -> None:
    class Both:
        """The first engine for one step, then the second."""

        def start(self, state: State, work: Any) -> None:
            self.engine: Engine = first()
            self.engine.start(state, work)
            self.work = work

        def run(self, data: Any, order: Any, first_step: int, last_step: int) -> Any:
            seen = self.engine.run(data, order, first_step, 1)
            other: Engine = second()
            other.start(self.engine.state(), self.work)
            self.engine = other
            rest = other.run(data, order, 1, last_step)
            return replace(rest, cost=seen.cost + rest.cost, right=seen.right + rest.right)

        def state(self) -> State:
            return self.engine.state()

    assert distance(Both(), GIVEN, precision) <= 1  # type: ignore[arg-type]


def test_the_number_of_workers_of_another_engine_is_kept_for_it() -> None:
    engine = JaxEngine()
    engine.start(replace(GIVEN.state("float32"), workers=3), GIVEN.work)
    assert engine.state().workers == 3


SEVERAL_DEVICES = """
import jax
from clearprop.engines.jax.engine import JaxEngine
from engines.jax.test_engine import GIVEN, cut, shared
from engines.problems import distance
assert len(jax.devices()) == 3
for precision in ("float32", "float64"):
    print(distance(JaxEngine(), cut(GIVEN, 2, 5), precision, steps=2))  # 8 and 3 rows over three devices
print(shared())
"""


def cut(given: Problem, steps: int, missing: int) -> Problem:
    return replace(given, order=given.order[: steps * given.work.batch_size - missing])


def shared() -> bool:
    """Whether data in parts give the same bits on several devices."""
    whole = trained_bits()
    examples.Shelf.fits = lambda *_: False  # type: ignore[method-assign]
    examples.PART = 5 * GIVEN.work.batch_size * GIVEN.data.x[0].nbytes
    return trained_bits() == whole


def test_several_devices_share_a_mini_batch_that_they_do_not_divide() -> None:
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": "3", "PYTHONPATH": str(tests)}
    ran = subprocess.run(
        [sys.executable, "-c", SEVERAL_DEVICES],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    single, double, same = ran.stdout.split()
    assert float(single) <= 1
    assert float(double) <= 1
    assert same == "True"


def test_narrow_layers_too_are_multiplied_in_bfloat16() -> None:
    # there are processors whose own products of bfloat16 are only made for some sizes
    given = problem([64, 8, 10])
    given = replace(given, work=replace(given.work, products="bfloat16"))
    _, state = trained(JaxEngine(), given, "float32", STEPS)
    assert all(np.isfinite(array).all() for array in parameters(state))
