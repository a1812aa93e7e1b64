"""JSON lines: types, several kinds in one column, damage."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from clearprop.data import open_source

from .conftest import Write
from .helpers import read, refusal, rows

LINES = '{"age": 1, "job": "x", "paid": true}\n{"age": 2.5, "job": null, "paid": false}\n'


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.jsonl.gz", "a[1].jsonl"])
def test_each_line_is_a_row(write: Write, name: str) -> None:
    source = open_source(write(name, LINES))
    assert source.schema.types == [pa.float64(), pa.string(), pa.bool_()]
    assert rows(source) == [(1.0, "x", True), (2.5, None, False)]
    assert source.as_text() is source
    assert source.row_count() is None


def test_a_list_of_objects_is_a_table(write: Write) -> None:
    assert read(write("a.json", '[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]')) == (["a", "b"], [(1, "x"), (2, "y")])


def test_text_of_digits_stays_text(write: Write) -> None:
    assert read(write("a.jsonl", '{"code": "01234", "y": "12"}\n'))[1] == [("01234", "12")]


def test_an_absent_key_is_a_missing_value(write: Write) -> None:
    assert read(write("a.jsonl", '{"a": 1, "y": "x"}\n{"y": "z"}\n'))[1] == [(1, "x"), (None, "z")]


def test_a_column_of_numbers_and_text_comes_as_text(write: Write) -> None:
    assert read(write("a.jsonl", '{"a": 1, "y": "x"}\n{"a": "two", "y": "z"}\n'))[1] == [("1", "x"), ("two", "z")]


def test_a_late_row_decides_too(write: Write) -> None:
    text = '{"a": 1, "y": "x"}\n' * 30_000 + '{"a": 2.5, "y": "z"}\n'
    assert read(write("a.jsonl", text))[1][-1] == (2.5, "z")


def test_whole_numbers_of_any_size_are_numbers(write: Write) -> None:
    assert read(write("a.jsonl", '{"a": 12345678901234567890, "y": 1}\n'))[1] == [(12345678901234567890.0, 1)]


def test_columns_come_in_the_order_asked(write: Write) -> None:
    assert rows(open_source(write("a.jsonl", LINES)), ["paid", "age"]) == [(True, 1.0), (False, 2.5)]


def test_several_files_are_one_table(write: Write, tmp_path: Path) -> None:
    write("a-1.jsonl", '{"a": 1, "y": null}\n')
    write("a-2.jsonl", '{"y": "x", "a": 2.5}\n')
    assert rows(open_source(f"{tmp_path}/a-*.jsonl")) == [(1.0, None), (2.5, "x")]
    write("a-2.jsonl", '{"y": "x", "a": "two"}\n')
    assert refusal(read, f"{tmp_path}/a-*.jsonl") == (
        "a-2.jsonl: expected column 'a' to hold values of type int64 as in a-1.jsonl, got string."
    )
    write("a-2.jsonl", '{"y": "x"}\n')
    assert (
        refusal(read, f"{tmp_path}/a-*.jsonl") == "a-2.jsonl: expected the columns 'a', 'y' as in a-1.jsonl, got 'y'."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "a.jsonl: expected rows of JSON, got an empty file.", id="empty"),
        pytest.param(
            '{"a": 1}\n{"a": 2\n{"a": 3}\n',
            "a.jsonl: expected a JSON object in row 2, got something else; correct the row.",
            id="a brace that stays open",
        ),
        pytest.param(
            '{"a": 1}\n' * 30_000 + '{"a": x}\n{"a": 1}\n',
            "a.jsonl: expected a JSON object in row 30001, got something else; correct the row.",
            id="far down",
        ),
        pytest.param(
            "\x00\x01\x02",
            "a.jsonl: expected a JSON object in row 1, got something else; correct the row.",
            id="no text",
        ),
        pytest.param(
            '{"a": 1, "a": 2}\n', "a.jsonl: expected JSON objects, one a line, got something else.", id="a key twice"
        ),
    ],
)
def test_what_is_no_json_is_refused_in_one_sentence(write: Write, content: str, message: str) -> None:
    assert refusal(read, write("a.jsonl", content)) == message
