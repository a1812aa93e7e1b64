"""The CPU engine in its surroundings: the same bits again, forks, threads, interrupts, failing and too many workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numba
import numpy as np
import pytest

from clearprop import Network, labeller, train
from clearprop.engines.cpu import engine
from clearprop.engines.cpu import workers as deciding
from clearprop.engines.cpu.engine import CpuEngine
from clearprop.engines.cpu.meeting import (
    ALL_DONE,
    CALLED_OFF,
    FILLED_IN,
    call_off,
    finish_part,
    new_meeting,
    take_part,
)
from clearprop.engines.cpu.plan import rows_together
from clearprop.engines.cpu.workers import side_by_side, workers_for
from clearprop.engines.protocol import State
from clearprop.engines.reference import ReferenceEngine
from clearprop.network import PRECISIONS

from ..problems import Problem, parameters, problem, trained
from ..problems import distance as distance_of
from .problems import WAYS, passing

GIVEN = problem([37, 19, 11, 5], optimizer="adam", dropout=0.2, schedule="cosine", weighted=True, l2=0.01)


def bits(state: State) -> list[bytes]:
    slots = [array for layer in state.slots for part in layer for array in part.values()]
    return [np.ascontiguousarray(array).tobytes() for array in (*parameters(state), *slots)]


def trained_bits(given: Problem = GIVEN, workers: int = 2, precision: str = "float32", steps: int = 40) -> list[bytes]:
    return bits(trained(CpuEngine(workers), given, precision, steps)[1])


@pytest.fixture(params=WAYS)
def later_layers(request: pytest.FixtureRequest) -> Iterator[None]:
    with passing(request.param):
        yield


@pytest.mark.usefixtures("later_layers")
@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_same_number_of_workers_gives_the_same_bits(precision: str, workers: int) -> None:
    first = trained_bits(workers=workers, precision=precision)
    assert all(trained_bits(workers=workers, precision=precision) == first for _ in range(3))


@pytest.mark.usefixtures("later_layers")
@pytest.mark.parametrize(
    ("optimizer", "batch_size", "workers"), [("sgd", 8, 3), ("adam", 8, 3), ("sgd", 1, 1), ("sgd", 1, 2)]
)
def test_a_training_taken_up_in_the_middle_ends_with_the_same_bits(
    optimizer: str, batch_size: int, workers: int
) -> None:
    given = problem([37, 19, 11, 5], optimizer=optimizer, batch_size=batch_size, dropout=0.2, schedule="cosine", l2=0.1)
    whole = CpuEngine(workers)
    whole.start(given.state("float32"), given.work)
    whole.run(given.data, given.order, 0, 15)
    middle = whole.state()
    whole.run(given.data, given.order, 15, 40)
    resumed = CpuEngine()
    resumed.start(middle, given.work)
    assert resumed.workers == workers
    resumed.run(given.data, given.order, 15, 40)
    assert bits(resumed.state()) == bits(whole.state())


def test_a_state_is_not_changed_by_later_steps() -> None:
    engine = CpuEngine(2)
    engine.start(GIVEN.state("float32"), GIVEN.work)
    engine.run(GIVEN.data, GIVEN.order, 0, 3)
    state = engine.state()
    kept = bits(state)
    engine.run(GIVEN.data, GIVEN.order, 3, 9)
    assert bits(state) == kept
    assert bits(engine.state()) != kept


@pytest.mark.parametrize("number", ["uint8", "float32", "float64"])
def test_inputs_of_any_number_type_and_from_a_file_give_the_same_bits(number: str, tmp_path: Any) -> None:
    x = np.random.default_rng(0).integers(0, 256, GIVEN.data.x.shape).astype(number)
    np.save(tmp_path / "x.npy", x)
    expected = trained_bits(replace(GIVEN, data=replace(GIVEN.data, x=x.astype(np.float32))))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for inputs in (x, np.asfortranarray(x), mapped):
        assert trained_bits(replace(GIVEN, data=replace(GIVEN.data, x=inputs))) == expected


def test_the_forward_pass_gives_the_scores_of_the_reference() -> None:
    ours, exact = CpuEngine(2), ReferenceEngine()
    ours.start(GIVEN.state("float64"), GIVEN.work)
    exact.start(GIVEN.state("float64"), GIVEN.work)
    rows = np.random.default_rng(0).standard_normal((1000, 37))
    for count in (0, 1, 2, 255, 256, 257, 1000):
        np.testing.assert_allclose(ours.forward(rows[:count]), exact.forward(rows[:count]), rtol=1e-11, atol=1e-12)


def _in_a_child(queue: Any) -> None:
    queue.put(trained_bits())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # pytest-xdist has threads
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_it_works_in_a_forked_child_whose_parent_has_trained() -> None:
    expected = trained_bits()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=_in_a_child, args=[queue]) for _ in range(2)]
    for child in children:
        child.start()
    answers = [queue.get(timeout=60) for _ in children]
    for child in children:
        child.join()
    assert answers == [expected, expected]


def test_it_works_in_several_threads_at_once() -> None:
    expected = trained_bits()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: trained_bits(), range(8))) == [expected] * 8


def test_several_threads_may_label_with_one_labeller() -> None:
    label = labeller(Network.initialize([20, 64, 64, 10], seed=0))
    rows = [np.random.default_rng(seed).standard_normal((2000, 20)) for seed in range(4)]
    expected = [label(x).tolist() for x in rows]

    def again(number: int) -> None:
        for _ in range(30):
            assert label(rows[number]).tolist() == expected[number]
            assert [label(row) for row in rows[number][:20]] == expected[number][:20]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(again, range(4)))


def test_it_works_under_joblib() -> None:
    import joblib

    expected = trained_bits()
    assert joblib.Parallel(n_jobs=2)(joblib.delayed(trained_bits)() for _ in range(4)) == [expected] * 4


@pytest.mark.usefixtures("later_layers")
def test_more_workers_than_cores_and_examples_end_too() -> None:
    workers = 4 * (os.cpu_count() or 1)
    assert trained_bits(workers=workers) == trained_bits(workers=workers)
    ours = trained(CpuEngine(workers), GIVEN, "float64", 40)[1]
    exact = trained(ReferenceEngine(), GIVEN, "float64", 40)[1]
    for one, other in zip(parameters(ours), parameters(exact), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


@pytest.mark.usefixtures("later_layers")
@pytest.mark.parametrize(("batch_size", "workers", "which"), [(8, 3, 0), (8, 3, 1), (8, 3, 2), (1, 2, 0), (1, 2, 1)])
def test_an_exception_in_one_worker_ends_all(
    batch_size: int, workers: int, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, engine = problem([37, 19, 11, 5], batch_size=batch_size), CpuEngine(workers)
    engine.start(given.state("float32"), given.work)
    engine.run(given.data, given.order, 0, 1)
    loop = engine._loop

    def failing(*arguments: Any) -> Any:
        if arguments[4] == which:
            raise ZeroDivisionError("this worker fails")
        return loop(*arguments)

    monkeypatch.setattr(engine, "_loop", failing)
    with pytest.raises(ZeroDivisionError, match="this worker fails"):
        engine.run(given.data, given.order, 1, 40)
    assert threading.active_count() < 20


def test_who_waits_is_told_that_another_has_failed() -> None:
    meeting = new_meeting(2)
    assert take_part(meeting, 0, 1, 2) == 1  # and never finishes it
    answers: list[int] = []

    def other() -> None:
        while not answers or answers[-1] >= 0:
            answers.append(take_part(meeting, 0, 0, 2))
            if answers[-1] >= 0:
                finish_part(meeting)

    waiting = threading.Thread(target=other)
    waiting.start()
    time.sleep(0.05)
    assert waiting.is_alive()
    call_off(meeting)
    waiting.join(10)
    assert answers == [0, CALLED_OFF]


def test_the_part_of_a_worker_that_does_not_come_is_taken_from_it() -> None:
    meeting, taken = new_meeting(3), []
    for phase in range(4):
        while (part := take_part(meeting, phase, 1, 3)) >= 0:
            taken.append((phase, part))
            finish_part(meeting)
        assert part == ALL_DONE
    assert taken == [(phase, part) for phase in range(4) for part in (1, 2, 0)]
    assert take_part(meeting, 2, 0, 3) == ALL_DONE  # who comes late finds nothing to do


@numba.njit
def _make_all_parts(meeting: Any, phases: int, forgets: bool) -> None:
    for phase in range(phases):
        if forgets:
            meeting[FILLED_IN] = -1
        while take_part(meeting, phase, 0, 2) >= 0:
            finish_part(meeting)


def test_a_worker_that_did_not_come_is_not_waited_for_in_the_next_phase() -> None:
    def seconds(forgets: bool) -> float:
        began = time.perf_counter()
        _make_all_parts(new_meeting(2), 2_000, forgets)
        return time.perf_counter() - began

    for forgets in (False, True):
        seconds(forgets)  # the first compiles
    assert min(seconds(False) for _ in range(5)) < 0.5 * min(seconds(True) for _ in range(5))


def test_a_worker_that_comes_again_is_waited_for_again() -> None:
    meeting = new_meeting(2)
    assert [take_part(meeting, 0, 0, 2), take_part(meeting, 0, 0, 2)] == [0, 1]
    finish_part(meeting)
    finish_part(meeting)
    assert take_part(meeting, 1, 1, 2) == 1  # here it is
    assert take_part(meeting, 1, 0, 2) == 0
    finish_part(meeting)
    finish_part(meeting)
    assert meeting[FILLED_IN] == 1  # so it has its time in the third


def test_workers_that_cannot_be_started_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    called_off: list[bool] = []

    def no_more(_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        side_by_side(3, lambda _: None, lambda: called_off.append(True))
    assert called_off == [True]


def test_workers_that_were_started_are_done_when_the_next_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started, called_off, done = threading.Thread.start, [], threading.Event(), []

    def only_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    def until_called_off(worker: int) -> None:
        assert called_off.wait(10)
        time.sleep(0.05)
        done.append(worker)

    monkeypatch.setattr(threading.Thread, "start", only_one)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        side_by_side(3, until_called_off, called_off.set)
    assert done == [1]


def test_nobody_is_at_work_any_longer_when_an_interrupt_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    join, called_off, done = threading.Thread.join, threading.Event(), []

    def interrupted(thread: threading.Thread) -> None:
        if not called_off.is_set():
            raise KeyboardInterrupt
        join(thread)

    def until_called_off(worker: int) -> None:
        if worker > 0:  # the first is this thread, which waits for the others
            assert called_off.wait(10)
            time.sleep(0.05)
            done.append(worker)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        side_by_side(3, until_called_off, called_off.set)
    assert sorted(done) == [1, 2]


@pytest.mark.skipif(os.name != "posix", reason="the signal is one of POSIX systems")
def test_ctrl_c_ends_a_training_after_the_span_that_runs() -> None:
    x = np.random.default_rng(0).random((2000, 64), np.float32)
    y = np.random.default_rng(0).integers(3, size=2000)
    began = threading.Event()
    network = Network.initialize([64, 256, 3])
    killer = threading.Thread(target=lambda: (began.wait(), time.sleep(0.2), os.kill(os.getpid(), signal.SIGINT)))
    killer.start()
    training = train(network, x, y, epochs=100_000, engine="cpu", callbacks=[lambda _: began.set()])
    killer.join()
    assert training.stopped == "interrupted"
    assert np.isfinite(training.network.layers[0].weight).all()
    assert len(training.history) > 0


def test_where_workers_cannot_wait_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SEVERAL", False)
    ours = CpuEngine(2)
    ours.start(replace(GIVEN.state("float32"), workers=3), GIVEN.work)
    assert ours.workers == 1


def test_a_network_has_as_many_workers_as_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert workers_for([4, 8, 3], 32) == 1
    assert workers_for([784, 2048, 10], 512) == 8
    assert workers_for([784, 2048, 10], 3) <= 3
    assert workers_for([784, 16, 10], 1, single=True) == 2
    assert workers_for([30, 16, 10], 1, single=True) == 1
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {5}, raising=False)
    assert workers_for([784, 2048, 10], 512) == 1


@pytest.mark.parametrize(
    ("sizes", "rows"), [([784, 128, 10], 256), ([784, 256, 10], 512), ([784, 2048, 10], 2048), ([4, 8, 3], 8192)]
)
def test_more_rows_pass_together_where_there_are_more_weights_or_rows_are_short(sizes: list[int], rows: int) -> None:
    assert rows_together(sizes) == rows


@pytest.mark.parametrize(
    ("n_in", "n_out", "rows", "workers", "by_its_neurons"),
    [
        (512, 300, 256, 2, True),
        (512, 300, 300, 2, False),  # then a worker has no more to lay out of W than of the rows
        (512, 10, 5, 2, False),
        (128, 128, 64, 2, False),
        (512, 300, 256, 1, False),
    ],
)
def test_wide_layers_are_shared_out_by_neurons(
    n_in: int, n_out: int, rows: int, workers: int, by_its_neurons: bool
) -> None:
    training = problem([3, n_in, n_out, 3], batch_size=rows, examples=2 * rows)
    with patch.object(deciding, "WORTH_SHARING", 0):
        ours = CpuEngine(workers)
        ours.start(training.state("float32"), training.work)
    assert (ours._layers["multiply_neurons"][0] != 0).tolist() == [False, by_its_neurons, False]
    assert distance_of(ours, training, "float32", 2) <= 1
