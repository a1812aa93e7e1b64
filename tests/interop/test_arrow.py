"""`ArrowLabeler`: the same rows with their labels, in any process."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import clearprop as cp
from clearprop.features import CategoryColumn, NumberColumn, TableFeatures


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Says `yes` for a above 1, and a little more often for b = "red"."""
    features = TableFeatures((NumberColumn("a", 1.0, 2.0), CategoryColumn("b", ("blue", "red"))))
    network = cp.Network.of(
        [[[-1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.25, 0.0]]], [[0.0, 0.0]], activations=["softmax"], cost="cross_entropy"
    )
    path = tmp_path / "m.safetensors"
    cp.save(cp.Model(network, features, ("no", "yes")), path)
    return path


def rows(count: int = 6, seed: int = 0) -> pa.RecordBatch:
    rng = np.random.default_rng(seed)
    return pa.record_batch(
        {
            "id": pa.array(range(count)),
            "a": pa.array(rng.normal(1, 2, count)),
            "b": pa.array(rng.choice(["red", "blue", "grey"], count)),
        }
    )


def expected(model: Path, batch: pa.RecordBatch) -> list[object]:
    return list(cp.labeller(cp.load(model))(batch))


def test_a_record_batch_comes_back_with_its_labels(model: Path) -> None:
    batch = rows()
    labelled = cp.ArrowLabeler(model)(batch)
    assert isinstance(labelled, pa.RecordBatch)
    assert labelled.schema.names == ["id", "a", "b", "label", "reason"]
    assert labelled.select(["id", "a", "b"]) == batch
    assert labelled["label"].to_pylist() == expected(model, batch)
    assert set(expected(model, batch)) == {"no", "yes"}
    assert labelled["reason"].null_count == 6


def test_a_table_comes_back_as_a_table_however_it_is_cut(model: Path) -> None:
    table = pa.Table.from_batches([rows(5, 1), rows(7, 2)])
    labelled = cp.ArrowLabeler(model)(table)
    assert isinstance(labelled, pa.Table)
    assert labelled["label"].to_pylist() == [*expected(model, rows(5, 1)), *expected(model, rows(7, 2))]
    empty = cp.ArrowLabeler(model)(table.slice(0, 0))
    assert (empty.num_rows, empty.schema) == (0, labelled.schema)


def test_probabilities_the_columns_to_keep_and_the_name_are_as_asked(model: Path) -> None:
    label = cp.ArrowLabeler(model, probabilities=True, keep=["id"], name="answer")
    labelled = label(rows())
    assert labelled.schema.names == ["id", "answer", "p(no)", "p(yes)", "reason"]
    assert labelled.schema == label.schema(rows().schema)
    sure = np.asarray(labelled["p(yes)"])
    assert np.allclose(sure + np.asarray(labelled["p(no)"]), 1)
    assert labelled["answer"].to_pylist() == ["yes" if p > 0.5 else "no" for p in sure]


def test_a_row_that_cannot_be_labelled_has_a_reason_and_no_probability(model: Path) -> None:
    batch = pa.record_batch({"a": ["1", "much"], "b": ["red", "red"]})
    labelled = cp.ArrowLabeler(model, probabilities=True, keep=[])(batch)
    assert labelled["label"].to_pylist() == ["yes", None]
    assert labelled["p(yes)"].null_count == 1
    assert labelled["reason"].to_pylist() == [None, "column 'a': expected a number, got 'much'"]


def test_other_types_of_the_same_values_get_the_same_labels(model: Path) -> None:
    plain = pa.record_batch({"a": pa.array([0.0, 4.0]), "b": pa.array(["red", "blue"])})
    coded = pa.record_batch({"a": pa.array([0, 4], pa.int16()), "b": pa.array(["red", "blue"]).dictionary_encode()})
    large = pa.record_batch({"a": pa.array([0, 4], pa.float32()), "b": pa.array(["red", "blue"], pa.large_string())})
    label = cp.ArrowLabeler(model)
    for batch in (coded, large):
        assert label(batch)["label"] == label(plain)["label"]
        assert label(batch)["b"].type == batch["b"].type


def test_it_goes_through_pickle_small_and_reads_the_model_where_it_arrives(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    label = cp.ArrowLabeler(model.name, keep=["id"])
    label(rows())
    packed = pickle.dumps(label)
    assert len(packed) < 500
    monkeypatch.chdir("/")
    arrived = pickle.loads(packed)  # noqa: S301 - our own
    assert arrived(rows()) == label(rows())


def test_several_processes_label_with_one_of_them(model: Path) -> None:
    batches = [rows(20, seed) for seed in range(4)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(cp.ArrowLabeler(model), batches))
    assert [batch["label"].to_pylist() for batch in found] == [expected(model, batch) for batch in batches]


def test_a_dataset_is_labelled_batch_by_batch_as_spark_would(model: Path, tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_batches([rows(30, 5)]), tmp_path / "rows.parquet")
    label = cp.ArrowLabeler(model)
    stream = label.stream(ds.dataset(tmp_path / "rows.parquet").to_batches(batch_size=8))
    assert isinstance(stream, Iterator)
    found = list(stream)
    assert [batch.num_rows for batch in found] == [8, 8, 8, 6]
    assert pa.Table.from_batches(found)["label"].to_pylist() == expected(model, rows(30, 5))


def refusal(call: object) -> str:
    with pytest.raises(cp.ClearpropError) as caught:
        call()  # type: ignore[operator]
    return str(caught.value)


def test_what_cannot_be_labelled_is_refused_in_a_sentence(model: Path, tmp_path: Path) -> None:
    label = cp.ArrowLabeler(model)
    assert refusal(lambda: label(rows().select(["a"]))) == "expected a column 'b', got columns 'a'."
    assert refusal(lambda: label([1.0, 2.0])) == (
        "rows: expected an Arrow table, a record batch or a data frame with the model's columns, got list."
    )
    assert refusal(lambda: label(rows().append_column("label", pa.array([0] * 6)))) == (
        "rows: expected columns without the names 'label', which the labels get, got them; name the columns to "
        "keep=[…] without them, or the labels otherwise: name='answer'."
    )
    assert refusal(lambda: cp.ArrowLabeler(model, keep="id")) == (
        "keep: expected a list of columns, got 'id'; write ['id']."
    )
    nowhere = cp.ArrowLabeler(tmp_path / "nowhere")
    assert refusal(lambda: nowhere(rows())) == f"{tmp_path}/nowhere: expected a clearprop model, got nothing there."
    cp.save(cp.Network.initialize([2, 2]), tmp_path / "bare")
    bare = cp.ArrowLabeler(tmp_path / "bare")
    assert refusal(lambda: bare(rows())) == (
        f"{tmp_path}/bare: expected a model that was trained on files with classes, got one that was trained on "
        f"arrays; label arrays with cp.labeller."
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
def test_ray_data_labels_with_it(model: Path) -> None:
    data = pytest.importorskip("ray.data", reason="the extra `ray` is not installed")
    ray = sys.modules["ray"]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        table = pa.Table.from_batches([rows(200, 3)])
        found = data.from_arrow(table).map_batches(cp.ArrowLabeler(model), batch_format="pyarrow").to_pandas()
    finally:
        ray.shutdown()
    assert found.sort_values("id")["label"].tolist() == expected(model, rows(200, 3))
