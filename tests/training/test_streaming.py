"""Training on files that are larger than memory: what holds for arrays holds for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clearprop as cp
from clearprop import Training, train
from clearprop.data import Limit, open_source, prepare, stream
from clearprop.settings import Settings
from clearprop.training import Progress, run
from clearprop.training.supply import Streamed

from .problems import bits, same, short_spans

ROWS, BATCH, BLOCK = 2_000, 16, 320


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("clearprop.data.parquet.PIECE_ROWS", 200)
    for file in range(2):
        rng = np.random.default_rng(file)
        y = rng.integers(3, size=ROWS // 2)
        x = rng.standard_normal((ROWS // 2, 4)) + 2 * np.eye(3, 4)[y]
        columns = {f"x{i}": x[:, i] for i in range(4)}
        table = pa.table({**columns, "kind": np.array(["ant", "bee", "cat"])[y]})
        pq.write_table(table, tmp_path / f"{file}.parquet", row_group_size=200)
    return f"{tmp_path}/*.parquet"


def network() -> cp.Network:
    return cp.Network.initialize([4, 8, 3], hidden="tanh", seed=1)


def trained(files: str, **changes: Any) -> Training:
    wanted = {"batch_size": BATCH, "epochs": 3, "learning_rate": 0.01, "validation": 0.2, "shuffle_rows": BLOCK}
    return train(network(), files, "kind", **{**wanted, **changes})


def test_it_learns_and_its_model_labels_new_rows(files: str) -> None:
    training = trained(files, test=0.2)
    assert training.test is not None
    assert training.test.accuracy is not None
    assert training.test.accuracy > 0.8
    assert (training.x, training.y) == ("*.parquet", "kind")
    table = pa.Table.from_batches(open_source(files).batches())
    answers = cp.labeller(training.model)(table)
    assert np.mean([one == other for one, other in zip(answers, table["kind"].to_pylist(), strict=True)]) > 0.8


def test_a_buffer_that_holds_all_rows_gives_the_bits_of_a_training_in_memory(files: str, engine: str) -> None:
    held = prepare(open_source(files))
    x, y = held.training.x, held.training.y
    wanted: dict[str, Any] = {"batch_size": BATCH, "epochs": 3, "validation": 0.0, "engine": engine, "dropout": 0.2}
    streamed = trained(files, shuffle_rows=None, **wanted)
    in_memory = train(network(), x, y, learning_rate=0.01, **wanted)
    assert bits(streamed.network) == bits(in_memory.network)
    assert streamed.history.without_clocks() == in_memory.history.without_clocks()


def test_the_same_seed_gives_the_same_bits_and_another_one_others(files: str, engine: str) -> None:
    once, again, other = (trained(files, engine=engine, seed=seed) for seed in (0, 0, 1))
    assert same(once, again)
    assert bits(once.network) != bits(other.network)


def test_mini_batches_are_full_but_for_the_last_of_the_epoch(files: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from clearprop.engines.reference import ReferenceEngine

    sizes: list[int] = []
    step = ReferenceEngine._step

    def watched(engine: ReferenceEngine, data: Any, rows: Any) -> Any:
        sizes.append(len(rows))
        return step(engine, data, rows)

    monkeypatch.setattr(ReferenceEngine, "_step", watched)
    training = trained(files, engine="reference", epochs=2, validation=0.0, batch_size=48, shuffle_rows=500)
    of_an_epoch = [48] * (ROWS // 48) + [ROWS % 48]
    assert sizes == of_an_epoch * 2
    assert training.history[-1].epoch == 2


@pytest.mark.parametrize("spans", [7, 25, 60])
def test_a_run_that_is_broken_off_anywhere_goes_on_to_the_same_bits(
    files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, spans: int
) -> None:
    short_spans(monkeypatch, 4)
    settings = {"engine": engine, "patience": 5, "dropout": 0.1}
    whole = trained(files, **settings)
    count = iter(range(spans))

    def stop(_: Progress) -> bool:
        return next(count, None) is None

    broken = trained(files, checkpoint=tmp_path / "run", callbacks=[stop], **settings)
    assert broken.stopped == "callback"
    resumed = trained(files, checkpoint=tmp_path / "run", resume=True, **settings)
    assert same(resumed, whole)
    assert len(broken.history) < len(whole.history)


def test_other_rows_and_another_buffer_are_not_taken_for_the_same_run(files: str, tmp_path: Path) -> None:
    trained(files, checkpoint=tmp_path / "run", epochs=1)
    with pytest.raises(cp.ArgumentError) as caught:
        trained(files, checkpoint=tmp_path / "run", epochs=1, resume=True, shuffle_rows=160)
    assert str(caught.value) == (
        f"{tmp_path}/run: expected the settings and data that the run was started with, got rows shuffled together 160 "
        f"instead of 320. Give the same ones, or choose another folder."
    )
    pq.write_table(pq.read_table(tmp_path / "0.parquet").slice(1), tmp_path / "0.parquet")
    with pytest.raises(cp.ArgumentError, match="got other training data"):
        trained(files, checkpoint=tmp_path / "run", epochs=1, resume=True)


def test_class_weights_are_those_of_the_same_rows_in_memory(files: str) -> None:
    held = prepare(open_source(files))
    wanted: dict[str, Any] = {"validation": 0.0, "epochs": 1, "batch_size": BATCH, "class_weight": "balanced"}
    streamed = trained(files, shuffle_rows=None, **wanted)
    in_memory = train(network(), held.training.x, held.training.y, learning_rate=0.01, **wanted)
    assert bits(streamed.network) == bits(in_memory.network)
    assert bits(streamed.network) != bits(trained(files, shuffle_rows=None, **{**wanted, "class_weight": None}).network)
    assert trained(files, class_weight={"ant": 2.0}).history[-1].cost > 0


def test_the_steps_of_an_epoch_are_counted_over_its_stretches(files: str) -> None:
    rows = stream(open_source(files), Limit(1 << 30, 160))
    supply = Streamed(rows, network(), Settings(batch_size=16), "float32")
    spans = [(stretch.first, stretch.last) for stretch in supply.stretches(0, 0)]
    assert spans[0] == (0, 10)
    assert [first for first, _ in spans[1:]] == [last for _, last in spans[:-1]]
    assert spans[-1][1] == ROWS // 16
    assert [(stretch.first, stretch.last) for stretch in supply.stretches(0, 25)] == spans[2:]


def test_a_diverging_training_ends_as_in_memory(files: str) -> None:
    training = trained(files, optimizer="sgd", learning_rate=1e300)
    assert training.stopped == "diverged"
    assert "the largest is " in training.message
    assert np.isfinite(training.network.weights[0]).all()


def test_an_error_in_the_reading_thread_reaches_the_caller(files: str, tmp_path: Path) -> None:
    def spoil(_: Progress) -> None:
        (tmp_path / "1.parquet").write_bytes(b"no longer there")

    with pytest.raises(cp.DataError, match=r"1.parquet: expected a Parquet file, got one that is damaged"):
        trained(files, callbacks=[spoil], epochs=50)


def test_rows_that_are_gone_in_a_later_epoch_are_missed(files: str, tmp_path: Path) -> None:
    table = pq.read_table(tmp_path / "1.parquet")

    def shorten(_: Progress) -> None:
        pq.write_table(table.slice(0, 700), tmp_path / "new", row_group_size=140)  # as many groups, of fewer rows
        (tmp_path / "new").replace(tmp_path / "1.parquet")

    with pytest.raises(cp.DataError) as caught:
        trained(files, callbacks=[shorten], epochs=50, validation=0.0)
    assert str(caught.value) == (
        "*.parquet: expected the 2,000 training rows that were found at the start, got fewer; leave the files as they "
        "are while they are trained on."
    )


def test_ctrl_c_keeps_what_was_learned(files: str, monkeypatch: pytest.MonkeyPatch) -> None:
    span, count = run.Run._span, iter(range(3))

    def interrupted(*words: Any) -> None:
        if next(count, None) is None:
            raise KeyboardInterrupt
        span(*words)

    monkeypatch.setattr(run.Run, "_span", interrupted)
    training = trained(files)
    assert training.stopped == "interrupted"
    assert bits(training.network) != bits(network())


def refusal(*words: Any, **keywords: Any) -> str:
    with pytest.raises(cp.ArgumentError) as caught:
        train(*words, **keywords)
    return str(caught.value)


def test_what_cannot_be_done_with_files_is_refused_in_a_sentence(files: str) -> None:
    assert refusal(cp.Network.initialize([5, 8, 2]), files, "kind") == (
        "network: expected 4 inputs and 3 outputs for the rows of *.parquet, got 5 and 2; write "
        "cp.Network.initialize([4, 8, 3])."
    )
    assert refusal(network(), files, "kind", sample_weight=[1.0]) == (
        "sample_weight: expected none beside files, got list; name files or a share, or train on arrays."
    )
    assert refusal(network(), files, "kind", validation=0.0, patience=3) == (
        "patience: expected validation data to watch, got none; give a share, such as validation=0.1."
    )
    assert refusal(network(), files, "kind", memory="plenty") == (
        "memory: expected a size such as 1GiB or 500MB, got 'plenty'."
    )
    training = trained(files, epochs=1)
    with pytest.raises(cp.ArgumentError) as caught:
        cp.diagnose(training)
    assert str(caught.value) == (
        "training: expected one on arrays, got one whose rows were streamed from files; diagnose a part of the rows "
        "that fits in memory: clearprop diagnose FILE, or cp.diagnose(x, y, …)."
    )
