"""Several processes that train on files: each reads its own part, and all of them make the steps of one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearprop.data import Limit, Stream, open_source, stream
from clearprop.engines.protocol import Data, fresh_state
from clearprop.engines.reference import ReferenceEngine
from clearprop.settings import Settings
from clearprop.sharing import Share
from clearprop.targets import Targets
from clearprop.training.run import Run
from clearprop.training.supply import Streamed, Stretch

from .shared_training import ROWS_OF_A_PIECE, SETTINGS, STOPPED_AT, network, trained

ROWS = 1_003
"""Of which 901 or so are trained on: no mini-batch, block or share comes out even."""


def written(folder: Path, rows: int = ROWS) -> str:
    for file, share in enumerate(np.array_split(np.arange(rows), 2)):
        rng = np.random.default_rng(file)
        y = rng.integers(3, size=len(share))
        x = rng.standard_normal((len(share), 4)) + 2 * np.eye(3, 4)[y]
        table = pa.table({**{f"x{i}": x[:, i] for i in range(4)}, "kind": np.array(["ant", "bee", "cat"])[y]})
        pq.write_table(table, folder / f"{file}.parquet", row_group_size=ROWS_OF_A_PIECE)
    return f"{folder}/*.parquet"


def supplies(rows: Stream, count: int, **settings: Any) -> list[Streamed]:
    wanted = Settings(**{"batch_size": 16, **settings})
    return [Streamed(rows, network(), wanted, "float64", share=Share(index, count)) for index in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
@pytest.mark.parametrize(("batch", "block", "rows"), [(16, 24, 1003), (2, 3, 67), (7, 10, 1003), (16, 500, 1003)])
def test_all_processes_make_the_same_steps_and_each_row_comes_once(
    tmp_path: Path, count: int, batch: int, block: int, rows: int
) -> None:
    found = stream(open_source(written(tmp_path, rows)), Limit(1 << 30, block))
    shares = supplies(found, count, batch_size=batch)
    sizes = np.zeros(shares[0]._settings.steps_for(rows), int)
    seen = []
    for supply in shares:
        assert len(supply) == rows
        for stretch in supply.stretches(0, 0):
            total = len(stretch.order) if stretch.data.total is None else stretch.data.total
            assert stretch.last - stretch.first == -(-total // batch)
            places = np.minimum(np.arange(stretch.last - stretch.first + 1) * batch, total)
            sizes[stretch.first : stretch.last] += np.diff(stretch.data.share.of(places))
            assert stretch.data.share.of(total) == len(stretch.order) == len(stretch.data)
            seen.append(stretch.data.x)
    assert sizes.tolist() == [batch] * (rows // batch) + [rows % batch] * (rows % batch > 0)
    assert len(np.unique(np.concatenate(seen), axis=0)) == sum(map(len, seen)) == rows


def together(stretches: tuple[Stretch, ...]) -> tuple[Data, np.ndarray[Any, Any]]:
    """The shares of a stretch in one: place g of its order is place g // n of that of process g mod n."""
    starts = np.cumsum([0, *(len(stretch.data) for stretch in stretches)])
    order = np.zeros(starts[-1], np.int64)
    for process, stretch in enumerate(stretches):
        order[process :: len(stretches)] = stretch.order + starts[process]
    targets = stretches[0].data.targets
    values = np.concatenate([stretch.data.targets.values for stretch in stretches])
    x = np.concatenate([stretch.data.x for stretch in stretches])
    return Data(x, Targets(targets.units, values, targets.classes)), order


def by_the_reference(rows: Stream, count: int) -> list[np.ndarray[Any, Any]]:
    """The weights after the trainings of `shared_training`, whose shares one process puts together."""
    settings = Settings(**{name: value for name, value in SETTINGS.items() if name != "shuffle_rows"})
    shares, engine = supplies(rows, count, **settings.document()), ReferenceEngine()
    run = Run(network(), lambda *_: shares[0], Settings(**{**settings.document(), "engine": "reference"}), [])
    engine.start(fresh_state(network(), settings.rule, "float64"), run._work())
    for epoch in range(settings.epochs_for(len(rows))):
        for parts in zip(*(supply.stretches(epoch, 0) for supply in shares), strict=True):
            engine.run(*together(parts), 0, parts[0].last - parts[0].first)
    state = engine.state()
    return [*state.weights, *state.biases]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def two(files: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two processes saw that trained together."""
    folder, tests, address = tmp_path_factory.mktemp("two"), Path(__file__).parents[1], f"127.0.0.1:{free_port()}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "training.shared_training", address, str(index), "2", files, folder / f"{index}"],
            cwd=tests,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), os.environ.get("PYTHONPATH", "")])},
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]
    for process in processes:
        _, told = process.communicate(timeout=300)
        assert process.returncode == 0, told
    return [{**json.loads((folder / f"{index}").read_text()), "half": folder / "half"} for index in range(2)]


def test_two_processes_end_with_the_same_weights_the_same_ones_again_when_run_again(two: list[dict[str, Any]]) -> None:
    first, *others = [run for process in two for run in process["runs"]]
    assert first["stopped"] == "finished"
    for other in others:
        assert (other["weights"], other["history"]) == (first["weights"], first["history"])


def test_each_process_reads_only_the_pieces_with_rows_of_its_own(two: list[dict[str, Any]]) -> None:
    pieces = {f"{file}.parquet {group}" for file in range(2) for group in range(5)}
    ours, theirs = ({*process["runs"][0]["read"]} for process in two)
    assert pieces <= ours | theirs
    assert len(ours & theirs) <= 1  # in which one share ends and the next one begins


def test_two_processes_make_the_steps_of_one_that_has_all_rows(
    two: list[dict[str, Any]], files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearprop.data.parquet.PIECE_ROWS", ROWS_OF_A_PIECE)
    rows = stream(open_source(files), Limit(1 << 30, SETTINGS["shuffle_rows"]), validation=SETTINGS["validation"])
    found = [np.frombuffer(bytes.fromhex(array)) for array in two[0]["runs"][0]["weights"]]
    for ours, exact in zip(found, by_the_reference(rows, 2), strict=True):
        np.testing.assert_allclose(ours, exact.ravel(), rtol=1e-9, atol=1e-12)
    alone = trained(files, engine="reference").network
    assert not np.allclose(found[0], alone.weights[0].ravel(), rtol=1e-3)  # the order is another one, and it tells


def test_a_run_of_two_processes_that_was_broken_off_goes_on_to_the_same_bits(two: list[dict[str, Any]]) -> None:
    for process in two:
        assert process["stopped"] == "callback"
        assert process["resumed"] == {key: process["runs"][0][key] for key in ("weights", "history", "stopped")}


def test_the_largest_input_is_that_of_all_processes(two: list[dict[str, Any]]) -> None:
    first, second = (process["diverged"] for process in two)
    assert first == second
    assert "(the largest is " in first


def test_processes_that_were_given_different_data_or_settings_are_refused(two: list[dict[str, Any]]) -> None:
    for process in two:
        assert process["other data"] == (
            "process 1: expected the settings and data of process 0, got other training data. Start all processes with "
            "the same ones."
        )
        assert process["other seed"] == (
            "process 1: expected the settings and data of process 0, got seed 1 instead of 0. Start all processes with "
            "the same ones."
        )


def test_a_run_that_was_broken_off_in_mid_epoch_goes_on_with_another_number_of_processes(
    two: list[dict[str, Any]], files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearprop.data.parquet.PIECE_ROWS", ROWS_OF_A_PIECE)
    steps: list[int] = []
    watching = [lambda progress: steps.append(progress.step)]
    resumed = trained(files, engine="reference", checkpoint=two[0]["half"], resume=True, callbacks=watching)
    assert steps[0] > STOPPED_AT
    assert resumed.stopped == "finished"
    accuracy = resumed.history[-1].validation_accuracy
    assert accuracy is not None
    assert accuracy > 0.8
