"""Checkpoints: a run that was broken off anywhere goes on and ends with the bits of an undisturbed one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearprop import ModelError, Training, save, storage, train
from clearprop.engines import engine_named
from clearprop.equations.updates import OPTIMIZERS
from clearprop.training import Progress
from clearprop.training.checkpoints import CheckpointFolder
from data.helpers import refusal

from .problems import EXAMPLES, STEPS, bits, examples, network_of, same, short_spans, trained

EPOCHS = 6
SETTINGS: dict[str, dict[str, Any]] = {
    **{name: {"optimizer": name} for name in OPTIMIZERS},
    "dropout": {"dropout": 0.4},
    "cosine": {"schedule": "cosine"},
    "warm-up": {"schedule": "warm-up"},
    "patience": {"patience": 2, "learning_rate": 0.3},
    "patience that is not used up": {"patience": 9, "learning_rate": 0.3},
    "l2": {"l2": 0.02},
    "class weights": {"class_weight": {0: 2.0, 1: 0.5}},
    "sample weights": {"sample_weight": np.linspace(0, 2, EXAMPLES)},
    "all at once": {"optimizer": "adamw", "dropout": 0.2, "l2": 0.01, "patience": 3, "class_weight": "balanced"},
}


def interrupting(at: int) -> Callable[[Progress], None]:
    def interrupt(progress: Progress) -> None:
        if progress.step >= at:
            raise KeyboardInterrupt

    return interrupt


def run(folder: Path | None = None, stop_at: int | None = None, **changes: Any) -> Training:
    """A run, with a checkpoint folder if one is named; broken off after so many steps; resumed where there is one."""
    callbacks = [*changes.pop("callbacks", []), *([] if stop_at is None else [interrupting(stop_at)])]
    resume = folder is not None and folder.exists()
    wanted = {"epochs": EPOCHS, "schedule": "constant", "checkpoint": folder, "checkpoint_seconds": 0.0, **changes}
    return trained(callbacks=callbacks, resume=resume, **wanted)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_resumed_run_ends_with_the_bits_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, plain_engine: str
) -> None:
    short_spans(monkeypatch)
    changes = {**SETTINGS[name], "engine": plain_engine}
    undisturbed = run(**changes)
    rng = np.random.default_rng(list(SETTINGS).index(name))
    places = sorted(rng.choice(np.arange(1, len(undisturbed.history) * STEPS), size=3, replace=False).tolist())
    assert any(place % STEPS for place in places), "at least one in the middle of an epoch"
    for place in places:
        broken_off = run(tmp_path / "run", place, **changes)
        assert (broken_off.stopped, len(broken_off.history)) == ("interrupted", place // STEPS)
    resumed = run(tmp_path / "run", **changes)
    assert same(resumed, undisturbed)


@pytest.mark.parametrize("place", range(1, 2 * STEPS + 1))
def test_a_run_may_be_broken_off_after_any_span(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, engine: str
) -> None:
    short_spans(monkeypatch)
    changes = {"engine": engine, "epochs": 2, "optimizer": "adam", "dropout": 0.2, "patience": 1}
    undisturbed = run(**changes)
    run(tmp_path / "run", place, **changes)
    assert same(run(tmp_path / "run", **changes), undisturbed)


def test_a_run_that_patience_has_stopped_stays_stopped_whatever_comes_in_between(tmp_path: Path, engine: str) -> None:
    x, y = examples(noise=3)
    changes = {"x": x, "y": y, "epochs": 100, "patience": 2, "learning_rate": 0.2}
    undisturbed = run(engine=engine, **changes)
    assert undisturbed.stopped == "patience"
    run(tmp_path / "run", len(undisturbed.history) * STEPS, engine=engine, **changes)
    assert same(run(tmp_path / "run", engine=engine, **changes), undisturbed)


def test_ctrl_c_inside_a_span_goes_on_from_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    short_spans(monkeypatch, 2)
    undisturbed = run(engine=engine, optimizer="momentum", dropout=0.1)
    kind = type(engine_named(engine))
    run_span = kind.run

    def interrupted(self: Any, data: Any, order: Any, first: int, last: int) -> Any:
        run_span(self, data, order, first, last)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind, "run", interrupted)
        assert run(tmp_path / "run", engine=engine, optimizer="momentum", dropout=0.1).stopped == "interrupted"
    run(tmp_path / "run", 10, engine=engine, optimizer="momentum", dropout=0.1)
    with monkeypatch.context() as patch:
        patch.setattr(kind, "run", interrupted)
        run(tmp_path / "run", engine=engine, optimizer="momentum", dropout=0.1)
    assert same(run(tmp_path / "run", engine=engine, optimizer="momentum", dropout=0.1), undisturbed)


def test_a_run_that_a_callback_stopped_can_go_on(tmp_path: Path) -> None:
    undisturbed = run()
    first = trained(epochs=EPOCHS, schedule="constant", checkpoint=tmp_path / "run", callbacks=[lambda p: p.epoch == 2])
    assert first.stopped == "callback"
    assert same(run(tmp_path / "run"), undisturbed)


def test_resuming_a_finished_run_returns_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    finished = run(tmp_path / "run", engine=engine)
    computed: list[int] = []
    monkeypatch.setattr(type(engine_named(engine)), "run", lambda *_: computed.append(1))
    again = run(tmp_path / "run", engine=engine)
    assert same(again, finished)
    assert again.history == finished.history  # clocks and all
    assert not computed


def test_resuming_a_diverged_run_returns_it_at_once(tmp_path: Path, engine: str) -> None:
    x, _ = examples()
    network = network_of((4, 1), output="identity", cost="squared_error")
    settings: dict[str, Any] = {
        "engine": engine,
        "optimizer": "sgd",
        "learning_rate": 1e3,
        "schedule": "constant",
        "epochs": 200,
        "checkpoint": tmp_path / "run",
    }
    diverged = train(network, x, x[:, 0] + 1, **settings)
    assert diverged.stopped == "diverged"
    assert same(train(network, x, x[:, 0] + 1, resume=True, **settings), diverged)


@pytest.mark.parametrize(
    ("engine", "precision", "cost"),
    # float32 has no such inputs, and infinities of either sign add up to NaN
    [("reference", "float64", np.inf), ("cpu", "float64", np.inf), ("cpu", "float32", np.nan)],
)
def test_a_checkpoint_keeps_a_cost_that_json_does_not_know(
    tmp_path: Path, engine: str, precision: str, cost: float
) -> None:
    x, _ = examples()
    network = network_of((4, 1), output="identity", cost="squared_error")
    huge = (x * 1e200, x[:, 0])
    changes = {"network": network, "x": x, "y": x[:, 0], "validation": huge, "engine": engine, "precision": precision}
    undisturbed = run(**changes)
    run(tmp_path / "run", 20, **changes)
    resumed = run(tmp_path / "run", **changes)
    for training in (undisturbed, resumed):
        np.testing.assert_array_equal(training.history["validation_cost"], [cost] * EPOCHS)
    assert bits(resumed.network) == bits(undisturbed.network)
    assert resumed.history["cost"] == undisturbed.history["cost"]


def test_resume_in_an_empty_or_missing_folder_begins_a_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing/deep"):
        training = trained(checkpoint=tmp_path / name, resume=True)
        assert same(training, trained())
        assert names(tmp_path / name) == [f"checkpoint-{4 * STEPS:012d}.safetensors"]


def names(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name != ".lock")


def test_the_last_two_checkpoints_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_spans(monkeypatch)
    for stop, kept in [(1, [1]), (3, [1, 3]), (4, [3, 4]), (11, [4, 11])]:
        # checkpoints of their own would come by the clock
        run(tmp_path / "run", stop, checkpoint_seconds=1e9)
        assert names(tmp_path / "run") == [f"checkpoint-{step:012d}.safetensors" for step in kept]


def test_checkpoints_come_by_the_clock_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_spans(monkeypatch)
    written: list[int] = []
    write = storage.write

    def watched(path: Path, *rest: Any) -> None:
        written.append(int(path.stem.split("-")[1]))
        write(path, *rest)

    monkeypatch.setattr(storage, "write", watched)
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def tick(_: Progress) -> None:
        now[0] += 1.0

    trained(epochs=2, checkpoint=tmp_path / "a", checkpoint_seconds=5.0, callbacks=[tick])
    assert written == [5, 10, 12]


def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    short_spans(monkeypatch)
    undisturbed = run(engine=engine)
    for stop in (8, 15):
        run(tmp_path / "run", stop, engine=engine, checkpoint_seconds=1e9)
    kind = type(engine_named(engine))
    newest = tmp_path / "run" / names(tmp_path / "run")[-1]
    whole = bytearray(newest.read_bytes())
    whole[-3] ^= 4
    for damage in (bytes(whole), bytes(whole[:100]), b""):
        folder = tmp_path / f"copy {len(damage)}"
        shutil.copytree(tmp_path / "run", folder)
        (folder / newest.name).write_bytes(damage)
        starts: list[int] = []
        start = kind.start

        def watched(self: Any, state: Any, work: Any, start: Any = start, starts: list[int] = starts) -> None:
            starts.append(state.step)
            start(self, state, work)

        with monkeypatch.context() as patch:
            patch.setattr(kind, "start", watched)
            assert same(run(folder, engine=engine), undisturbed)
        assert starts == [8]


def test_when_all_checkpoints_are_damaged_the_newest_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_spans(monkeypatch)
    for stop in (8, 15):
        run(tmp_path / "run", stop, checkpoint_seconds=1e9)
    for name in names(tmp_path / "run"):
        path = tmp_path / "run" / name
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    newest = tmp_path / "run" / f"checkpoint-{15:012d}.safetensors"
    assert (
        refusal(run, tmp_path / "run")
        == f"{newest}: the file is damaged: its contents do not match its checksum. Copy it again."
    )


def test_a_crash_before_the_rename_leaves_a_folder_that_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_spans(monkeypatch)
    undisturbed = run()
    folder = tmp_path / "run"
    run(folder, 9)
    before = names(folder)
    # as a killed process leaves it: the temporary file stays
    half = (folder / before[-1]).read_bytes()[:200]
    (folder / f".checkpoint-{20:012d}.safetensors.x1y2.part").write_bytes(half)
    assert same(run(folder), undisturbed)
    assert not [name for name in names(folder) if name.endswith(".part")]


def test_a_failure_while_writing_keeps_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_spans(monkeypatch)
    undisturbed = run()
    folder = tmp_path / "run"
    run(folder, 9, checkpoint_seconds=1e9)

    def fail(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        target = folder / f"checkpoint-{EPOCHS * STEPS:012d}.safetensors"
        assert (
            refusal(run, folder, checkpoint_seconds=1e9)
            == f"{target}: the file cannot be written: no space left on device. Choose another place."
        )
    assert names(folder) == [f"checkpoint-{9:012d}.safetensors"]
    assert same(run(folder), undisturbed)


X, Y = examples()
OTHER_X = X + (np.arange(X.size).reshape(X.shape) == 17) * 1e-12
DIFFERENT: list[tuple[dict[str, Any], str]] = [
    ({"optimizer": "sgd"}, "optimizer sgd instead of adam"),
    ({"learning_rate": 0.06}, "learning_rate 0.06 instead of 0.05"),
    ({"schedule": "cosine"}, "schedule cosine instead of constant"),
    ({"batch_size": 16}, "batch_size 16 instead of 8"),
    ({"epochs": 7}, "epochs 7 instead of 6"),
    ({"validation": 0.3}, "validation 0.3 instead of 0.2"),
    ({"l2": 0.1}, "l2 0.1 instead of 0.0"),
    ({"dropout": 0.1}, "dropout 0.1 instead of 0.0"),
    ({"shuffle": False}, "shuffle False instead of True"),
    ({"patience": 5}, "patience 5 instead of None"),
    ({"seed": 1}, "seed 1 instead of 0"),
    ({"optimizer_options": {"beta_1": 0.8}}, "optimizer_options {'beta_1': 0.8} instead of {}"),
    ({"network": network_of((4, 9, 3))}, "layers [4, 9, 3] instead of [4, 8, 3]"),
    ({"network": network_of(hidden="relu")}, "activations ['relu', 'softmax'] instead of ['tanh', 'softmax']"),
    ({"network": network_of(cost="squared_error")}, "cost squared_error instead of cross_entropy"),
    ({"network": network_of(seed=2)}, "other starting weights"),
    ({"initialization": "he"}, "other starting weights"),
    ({"x": OTHER_X}, "other training data"),
    ({"y": np.roll(Y, 1)}, "other training data"),
    ({"sample_weight": np.ones(EXAMPLES)}, "other training data"),
    ({"class_weight": {0: 2}}, "other training data"),
]


@pytest.mark.parametrize(("changes", "told"), DIFFERENT, ids=[told for _, told in DIFFERENT])
def test_another_run_is_not_resumed_and_the_difference_is_named(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    run(tmp_path / "run", 9)
    before = names(tmp_path / "run")
    assert refusal(run, tmp_path / "run", **changes) == (
        f"{tmp_path / 'run'}: expected the settings and data that the run was started with, got {told}. "
        f"Give the same ones, or choose another folder."
    )
    assert names(tmp_path / "run") == before


def test_other_validation_data_are_named(tmp_path: Path) -> None:
    run(tmp_path / "run", 9, validation=(X, Y))
    message = (
        f"{tmp_path / 'run'}: expected the settings and data that the run was started with, got other validation data. "
        f"Give the same ones, or choose another folder."
    )
    assert refusal(run, tmp_path / "run", validation=(OTHER_X, Y)) == message
    assert refusal(run, tmp_path / "run", validation=None) == message


def test_who_watches_may_change(tmp_path: Path, engine: str) -> None:
    run(tmp_path / "run", 9, engine=engine)
    resumed = run(tmp_path / "run", engine=engine, test=(X, Y))
    assert bits(resumed.network) == bits(run(engine=engine).network)


def test_auto_and_the_engine_that_it_stands_for_are_the_same_run(tmp_path: Path) -> None:
    run(tmp_path / "run", 9, engine="auto")
    assert same(run(tmp_path / "run", engine="cpu"), run(engine="cpu"))


@pytest.mark.parametrize(("first", "then"), [("cpu", "reference"), ("reference", "cpu")])
def test_another_engine_may_go_on_in_the_same_precision(tmp_path: Path, first: str, then: str) -> None:
    # sgd: what rounding makes of a step stays as small as it is
    changes = {"optimizer": "sgd", "dropout": 0.2, "precision": "float64"}
    undisturbed = run(engine=then, **changes)
    run(tmp_path / "run", 9, engine=first, **changes)
    resumed = run(tmp_path / "run", engine=then, **changes)
    assert resumed.stopped == "finished"
    for one, other in zip(resumed.network.weights, undisturbed.network.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_another_precision_is_another_run(tmp_path: Path) -> None:
    run(tmp_path / "run", 9, engine="cpu")
    assert refusal(run, tmp_path / "run", engine="reference") == (
        f"{tmp_path / 'run'}: expected the settings and data that the run was started with, got precision float64 "
        f"instead of float32. Give the same ones, or choose another folder."
    )


def test_as_many_workers_go_on_as_there_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_cores(cores: int) -> None:
        monkeypatch.setattr("clearprop.engines.cpu.workers._cores", lambda: cores)

    monkeypatch.setattr("clearprop.engines.cpu.workers.WORTH", 1)
    short_spans(monkeypatch)
    with_cores(2)
    undisturbed = run(engine="cpu")
    run(tmp_path / "run", 9, engine="cpu")
    with_cores(1)
    made: list[int] = []
    go_on = run(tmp_path / "run", engine="cpu", callbacks=[lambda p: made.append(p.state.workers)])
    assert set(made) == {2}
    assert same(go_on, undisturbed)


def test_a_folder_with_a_run_is_not_begun_anew(tmp_path: Path) -> None:
    run(tmp_path / "run", 9)
    before = {name: (tmp_path / "run" / name).read_bytes() for name in names(tmp_path / "run")}
    assert refusal(trained, checkpoint=tmp_path / "run") == (
        f"{tmp_path / 'run'}: the folder holds the checkpoints of a run. "
        f"Resume it (--resume, resume=True) or choose another folder."
    )
    assert {name: (tmp_path / "run" / name).read_bytes() for name in names(tmp_path / "run")} == before


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = refusal(trained, checkpoint=tmp_path / "file")
    assert message == f"{tmp_path / 'file'}: the folder cannot be made: file exists. Choose another place."


def test_a_model_among_the_checkpoints_is_not_taken_for_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    path = folder / f"checkpoint-{5:012d}.safetensors"
    save(network_of(), path)
    assert refusal(run, folder) == f"{path}: expected a clearprop checkpoint, got a clearprop model."


def test_a_checkpoint_that_lacks_a_part_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(folder, 9)
    path = folder / names(folder)[-1]
    arrays, document = storage.read(path, "checkpoint")
    for lost in ("layers.0.weight", "layers.1.bias.first_moment"):
        kept = {name: array for name, array in arrays.items() if name != lost}
        for other in folder.glob("checkpoint-*"):
            other.unlink()
        storage.write(path, "checkpoint", kept, document)
        with pytest.raises(ModelError) as caught:
            run(folder)
        assert str(caught.value) == f"{folder}: the checkpoint lacks a part of the run. Choose another folder."


def test_a_folder_that_another_training_writes_to_is_refused(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "run")
    with folder.taken():
        assert refusal(trained, checkpoint=folder.folder) == (
            f"{folder.folder}: another training is writing its checkpoints there. "
            f"Wait until it has ended, or choose another folder."
        )
    assert trained(checkpoint=folder.folder).stopped == "finished"


def test_a_checkpoint_of_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr("clearprop.storage.FORMAT", 2)
        trained(checkpoint=tmp_path / "run")
    path = CheckpointFolder(tmp_path / "run").files()[-1]
    assert refusal(trained, checkpoint=tmp_path / "run", resume=True) == (
        f"{path}: expected format 1 or older, got format 2, written by a newer clearprop; update clearprop."
    )
