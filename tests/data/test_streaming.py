"""Rows that do not fit in memory are surveyed once and then read block by block, in an order that the seed gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from clearprop.capacity import bytes_of
from clearprop.data import Limit, Stream, fit, open_source, prepare, stream
from clearprop.data.fitting import TextCounts, fitting_of
from clearprop.data.moments import Moments
from clearprop.data.streaming import limit as module
from clearprop.sharing import Share

from .helpers import refusal

FILES, ROWS = 4, 3000
LIMIT = Limit(1 << 30)


def table(file: int, rows: int = ROWS) -> pa.Table:
    """Numbers with gaps, a text, a constant, and a class that depends on the first number."""
    rng = np.random.default_rng(file)
    a = rng.standard_normal(rows)
    return pa.table(
        {
            "a": pa.array(a),
            "gaps": pa.array(rng.uniform(size=rows), mask=rng.random(rows) < 0.1),
            "colour": rng.choice(["red", "green", "blue"], rows),
            "same": np.full(rows, 7),
            "class": np.where(a > 0, "yes", "no"),
        }
    )


def parquet(folder: Path) -> str:
    for file in range(FILES):
        pq.write_table(table(file), folder / f"{file}.parquet", row_group_size=1000)
    return str(folder / "*.parquet")


def csv(folder: Path) -> str:
    for file in range(FILES):
        pc.write_csv(table(file), folder / f"{file}.csv")
    return str(folder / "*.csv")


def json_lines(folder: Path) -> str:
    for file in range(FILES):
        lines = [json.dumps(row) for row in table(file).to_pylist()]
        (folder / f"{file}.jsonl").write_text("\n".join(lines) + "\n")
    return str(folder / "*.jsonl")


def npz(folder: Path) -> str:
    for file in range(FILES):
        rng = np.random.default_rng(file)
        x = rng.standard_normal((ROWS, 6)).astype(np.float32)
        np.savez(folder / f"{file}.npz", x=x, y=(x[:, 0] > 0).astype(int))
    return str(folder / "*.npz")


KINDS = {"parquet": parquet, "csv": csv, "json": json_lines, "npz": npz}


@pytest.fixture(params=KINDS)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made: Callable[[Path], str] = KINDS[request.param]
    return made(tmp_path)


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stream:
    """A stream of several pieces a file."""
    monkeypatch.setattr("clearprop.data.parquet.PIECE_ROWS", 1000)
    return stream(open_source(parquet(tmp_path)), LIMIT)


def gathered(stream: Stream, *arguments: Any, **keywords: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    parts = list(stream.blocks(*arguments, **keywords))
    return tuple(np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "y", "rows"))


def test_features_classes_and_rows_are_those_of_the_same_data_in_memory(files: str) -> None:
    held = prepare(open_source(files))
    streamed = stream(open_source(files), LIMIT)
    assert streamed.features == held.features
    assert (streamed.classes, streamed.target, len(streamed)) == (held.classes, held.target, FILES * ROWS)
    assert streamed.provenance == held.provenance
    assert streamed.never_set.tolist() == held.never_set.tolist()
    x, y, rows = gathered(streamed, 0, len(streamed), precision="float64")
    assert np.array_equal(x, held.training.x)
    assert np.array_equal(y, held.training.y)
    assert np.array_equal(rows, held.training.rows)


def test_inputs_that_never_change_are_found(rows: Stream) -> None:
    names = rows.features.input_names
    assert [name for name, never in zip(names, rows.never_set, strict=True) if never] == ["colour = other", "same"]


def test_every_row_comes_once_in_an_epoch_and_in_another_order_in_each(rows: Stream) -> None:
    orders = [gathered(rows, epoch, 500)[2] for epoch in (0, 1)]
    for order in orders:
        assert np.array_equal(np.sort(order), np.arange(FILES * ROWS))
    assert not np.array_equal(*orders)
    files = [set((block // ROWS).tolist()) for block in np.split(orders[0], FILES * ROWS // 500)]
    assert sum(len(met) > 1 for met in files) > len(files) / 2
    assert np.array_equal(gathered(rows, 0, 500)[2], orders[0])
    assert not np.array_equal(gathered(rows, 0, 500, seed=1)[2], orders[0])


def test_rows_keep_their_own_inputs_and_class(rows: Stream) -> None:
    in_order, mixed = gathered(rows, 0, len(rows)), gathered(rows, 0, 500)
    assert np.array_equal(in_order[2], np.arange(len(rows)))
    for ordered, found in zip(in_order[:2], mixed[:2], strict=True):
        assert np.array_equal(ordered[mixed[2]], found)


def test_blocks_are_full_but_for_the_last_and_can_begin_anywhere(rows: Stream) -> None:
    whole = [part.rows for part in rows.blocks(0, 700)]
    assert [len(part) for part in whole] == [700] * 17 + [100]
    for first in (1, 17):
        later = [part.rows for part in rows.blocks(0, 700, first=first)]
        assert [part.tolist() for part in later] == [part.tolist() for part in whole[first:]]


def test_without_shuffling_rows_come_in_the_order_of_the_files(rows: Stream) -> None:
    assert np.array_equal(gathered(rows, 3, 500, shuffle=False)[2], np.arange(len(rows)))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_shares_are_disjoint_complete_and_even(rows: Stream, count: int) -> None:
    shares = [gathered(rows, 1, 256, share=Share(index, count))[2] for index in range(count)]
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1
    assert np.array_equal(np.sort(np.concatenate(shares)), np.arange(len(rows)))
    assert np.array_equal(gathered(rows, 1, 256, share=Share(0, count))[2], shares[0])


def test_a_share_reads_its_own_part_of_the_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clearprop.data.parquet import ParquetTable

    opened: list[str] = []
    read = ParquetTable._read
    monkeypatch.setattr(ParquetTable, "_read", lambda *words: opened.append(words[1].name) or read(*words))
    streamed = stream(open_source(parquet(tmp_path)), LIMIT)
    opened.clear()
    gathered(streamed, 0, 256, share=Share(1, 4))
    assert opened == ["1.parquet"]


def test_held_out_rows_are_never_trained_on(tmp_path: Path) -> None:
    streamed = stream(open_source(parquet(tmp_path)), LIMIT, test=0.2, validation=0.1)
    assert streamed.test is not None
    assert streamed.validation is not None
    parts = [np.concatenate([part.rows for part in held.parts()]) for held in (streamed.test, streamed.validation)]
    trained = gathered(streamed, 0, 500)[2]
    assert np.array_equal(np.sort(np.concatenate([trained, *parts])), np.arange(FILES * ROWS))
    assert len(parts[0]) == pytest.approx(0.2 * FILES * ROWS, rel=0.1)
    chosen = pa.Table.from_batches(open_source(str(tmp_path / "*.parquet")).batches()).take(np.sort(trained))
    assert fit(chosen.to_batches(), "class") == streamed.features


def test_of_held_out_rows_no_more_are_kept_than_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_SHARE", 64 * 600 / LIMIT.memory)
    test = open_source(parquet(tmp_path))
    streamed = stream(open_source(parquet(tmp_path)), LIMIT, validation=0.5, test=test)
    assert streamed.validation is not None
    assert streamed.test is not None
    assert 400 < len(streamed.validation) < 800
    assert 400 < len(streamed.test) < 800
    assert len(streamed) + len(streamed.validation) == FILES * ROWS
    numbers = np.concatenate([part.rows for part in streamed.test.parts()])
    assert set((numbers // ROWS).tolist()) == set(range(FILES))  # drawn from all of it


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "1,a\n2,b\n3,\n4,a\n" * 5)
    streamed = stream(open_source(tmp_path / "a.csv"), LIMIT)
    assert streamed.provenance["rows without a target"] == 5
    assert gathered(streamed, 0, 4)[2].tolist().count(2) == 0
    assert len(streamed) == 15


def test_counts_of_texts_stay_bounded_and_the_frequent_ones_right() -> None:
    counts = TextCounts(most=100)
    for start in range(0, 5000, 50):
        counts.add(pa.array([*(f"rare {i}" for i in range(start, start + 50)), *["often"] * 5]))
    assert len(counts._counts) <= 100
    assert counts.of(["often"]) == [500]


def test_moments_of_parts_are_those_of_the_whole() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((1000, 3)) * [1e-200, 1.0, 1e200] + [0, 1e6, 0]
    values[rng.random(values.shape) < 0.1] = np.nan
    moments = Moments(3)
    for part in np.array_split(values, 7):
        moments.add(part)
    mean, scale = moments.standardization()
    assert np.allclose(mean, np.nanmean(values, axis=0), rtol=1e-12)
    size = np.nanmax(np.abs(values), axis=0)
    assert np.allclose(scale, np.nanstd(values / size, axis=0) * size, rtol=1e-9)


def test_the_never_set_inputs_of_arrays_are_those_that_do_not_change() -> None:
    batch = pa.record_batch({"x": pa.array([[0, 3, 1], [0, 4, 1]], pa.list_(pa.uint8(), 3)), "y": [0, 1]})
    fitting = fitting_of(batch.schema, "y", open_source("iris").reading)
    fitting.add(batch)
    assert fitting.never_set().tolist() == [True, False, True]


def test_unless_a_limit_is_given_a_library_leaves_the_rows_as_much_as_ever() -> None:
    plain, beside = Limit.of(None, None, 0), Limit.of(None, None, 192 << 20)
    assert plain.memory == 1 << 30
    assert (beside.for_held_rows, beside.besides_program) == (plain.for_held_rows, plain.besides_program)
    assert Limit.of("1GiB", None, 192 << 20).for_held_rows == plain.for_held_rows - (192 << 20)


@pytest.mark.parametrize(("size", "count"), [("1GiB", 2**30), ("500MB", 5 * 10**8), ("1.5 gib", 3 * 2**29), (7, 7)])
def test_sizes_are_read(size: str | int, count: int) -> None:
    assert bytes_of(size, "memory") == count


@pytest.mark.parametrize("size", ["much", "1 GiBB", "-1GiB", "", "GiB"])
def test_what_is_no_size_is_refused(size: str) -> None:
    assert refusal(bytes_of, size, "memory") == f"memory: expected a size such as 1GiB or 500MB, got {size!r}."


def test_limits_that_cannot_be_kept_are_refused(rows: Stream) -> None:
    assert refusal(Limit, 100 << 20) == (
        "memory: expected at least 640 MiB, for the program itself takes most of that, got 100 MiB."
    )
    assert refusal(Limit, 1 << 30, 0) == "shuffle_rows: expected a whole number of at least 1, got 0."
    assert refusal(Limit(1 << 30, 10).block_rows, rows.features, 4, 32, 1000) == (
        "shuffle_rows: expected at least the 32 rows of a mini-batch, got 10; give more memory, or choose a smaller "
        "batch_size."
    )
    told = refusal(Limit(1 << 30, 10**9).block_rows, rows.features, 4, 32, 10**10)
    fitting = told.split("at most ")[1].split(" rows")[0]
    assert told == (
        f"shuffle_rows: expected at most {fitting} rows of 8 inputs, which fit into 1 GiB, got 1,000,000,000; shuffle "
        "fewer rows, or give more memory."
    )
    assert Limit(1 << 30, int(fitting.replace(",", ""))).block_rows(rows.features, 4, 1, 10**10) > 10**6


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    parquet(tmp_path)
    pq.write_table(table(9).rename_columns(["a", "gaps", "color", "same", "class"]), tmp_path / "9.parquet")
    assert refusal(stream, open_source(tmp_path / "*.parquet"), LIMIT) == (
        "9.parquet: expected the columns 'a', 'gaps', 'colour', 'same', 'class' as in 0.parquet, got 'a', 'gaps', "
        "'color', 'same', 'class'."
    )


def test_images_are_not_streamed(tmp_path: Path) -> None:
    from PIL import Image

    for kind in ("cat", "dog"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        Image.new("L", (2, 2)).save(tmp_path / "photos" / kind / "a.png")
    assert refusal(stream, open_source(tmp_path / "photos"), LIMIT) == (
        "shuffle_rows: expected rows of a table or of arrays to stream, got photos; images and sounds are held in "
        "memory."
    )
