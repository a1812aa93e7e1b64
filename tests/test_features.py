"""Features do to new rows what they did to the training rows, and travel through JSON without a change."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import ArgumentError, DataError, ModelError
from clearprop.features import (
    ArrayFeatures,
    CategoryColumn,
    Features,
    NumberColumn,
    Reading,
    TableFeatures,
    features_from_document,
)

LAWS = settings(deadline=None, derandomize=True)

AGE = NumberColumn("age", mean=40.0, scale=10.0, flag=True)
PAID = NumberColumn("paid", mean=0.5, scale=0.5, boolean=True)
JOB = CategoryColumn("job", ("clerk", "cook"))
TABLE = TableFeatures((AGE, PAID, JOB), Reading(missing=("?",), strip_label=".", header=True))
IMAGES = ArrayFeatures("x", (2, 2), 0.0, 255.0)
ROWS = ArrayFeatures("x", (2,), (1.0, 2.0), (0.5, 4.0), Reading(header=None))


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(column) for name, column in columns.items()})


def arrays(values: list[list[float] | None], kind: pa.DataType | None = None) -> pa.RecordBatch:
    size = len(next(value for value in values if value is not None))
    return batch(x=pa.array(values, pa.list_(kind or pa.float64(), size)))


def refusal(call: Any, *arguments: Any) -> str:
    with pytest.raises(DataError) as caught:
        call(*arguments)
    return str(caught.value)


def test_a_table_has_an_input_for_each_number_flag_and_category() -> None:
    assert TABLE.input_names == ("age", "age is missing", "paid", "job = clerk", "job = cook", "job = other")
    assert TABLE.width == len(TABLE.input_names)
    assert TABLE.columns == ("age", "paid", "job")


def test_numbers_are_standardised_and_text_takes_its_slot() -> None:
    x, reasons = TABLE.transform(batch(age=[50, 30], paid=[True, False], job=["cook", "clerk"]))
    assert x.tolist() == [[1, 0, 1, 0, 1, 0], [-1, 0, -1, 1, 0, 0]]
    assert (x.dtype, reasons) == (np.float64, {})


def test_a_missing_value_takes_the_mean_and_sets_its_flag() -> None:
    x, _ = TABLE.transform(batch(age=[None, 50.0, np.nan], paid=[None, True, False], job=[None, "pilot", " cook "]))
    assert x.tolist() == [[0, 1, 0, 0, 0, 1], [1, 0, 1, 0, 0, 1], [0, 1, -1, 0, 1, 0]]


def test_text_of_numbers_means_the_same_as_numbers() -> None:
    text = batch(age=[" 50", "?", "", "5e1", "+50."], paid=["TRUE", "false", "1", "0", " true "], job=["cook"] * 5)
    x, reasons = TABLE.transform(text)
    assert x[:, :3].tolist() == [[1, 0, 1], [0, 1, -1], [0, 1, 1], [1, 0, -1], [1, 0, 1]]
    assert reasons == {}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        pytest.param({"age": "abc"}, "column 'age': expected a number, got 'abc'", id="text"),
        pytest.param({"age": "1,5"}, "column 'age': expected a number, got '1,5'", id="decimal comma"),
        pytest.param({"age": "x" * 50}, f"column 'age': expected a number, got '{'x' * 40}...'", id="long"),
        pytest.param({"age": "inf"}, "column 'age': expected a finite number of ordinary size, got inf", id="infinite"),
        pytest.param({"paid": "yes"}, "column 'paid': expected true or false, got 'yes'", id="boolean"),
        pytest.param(
            {"age": "abc", "paid": "yes"}, "column 'age': expected a number, got 'abc'", id="the first of two reasons"
        ),
    ],
)
def test_a_cell_that_cannot_be_used_spoils_its_row_only(cells: dict[str, str], reason: str) -> None:
    row = {"age": "50", "paid": "true", "job": "cook"} | cells
    good = {"age": "30", "paid": "false", "job": "clerk"}
    x, reasons = TABLE.transform(batch(**{name: [good[name], row[name], good[name]] for name in good}))
    assert reasons == {1: reason}
    assert x.tolist() == [[-1, 0, -1, 1, 0, 0], [0] * 6, [-1, 0, -1, 1, 0, 0]]


def test_an_infinite_number_and_one_that_overflows_are_no_inputs() -> None:
    features = TableFeatures((NumberColumn("a", mean=-1e308, scale=1e-3),))
    x, reasons = features.transform(batch(a=[np.inf, -np.inf, 1e308, -1e308]))
    assert (sorted(reasons), x.tolist()) == ([0, 1, 2], [[0], [0], [0], [0]])


def test_a_missing_marker_that_is_a_number_is_missing_among_numbers_too() -> None:
    features = TableFeatures((NumberColumn("a", 1.0, 1.0, flag=True),), Reading(missing=("-999",)))
    assert features.transform(batch(a=[-999, 2])).x.tolist() == [[0, 1], [1, 0]]
    assert features.transform(batch(a=["-999.0", "2"])).x.tolist() == [[0, 1], [1, 0]]


NUMBER_TYPES = [pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(21, 1)]
TEXT_TYPES = [pa.string(), pa.large_string(), pa.string_view()]


@pytest.mark.parametrize("kind", [*NUMBER_TYPES, *TEXT_TYPES], ids=str)
def test_numbers_may_come_in_every_type(kind: pa.DataType) -> None:
    column = pa.array([50, None]).cast(kind)
    assert TableFeatures((AGE,)).transform(batch(age=column)).x.tolist() == [[1, 0], [0, 1]]


def test_whole_numbers_beyond_those_of_float64_are_rounded() -> None:
    features = TableFeatures((NumberColumn("a", 0.0, 1.0),))
    assert features.transform(batch(a=[2**60 + 1])).x.tolist() == [[2.0**60]]


def test_categories_may_come_as_whole_numbers() -> None:
    features = TableFeatures((CategoryColumn("code", ("12", "7")),))
    assert features.transform(batch(code=[7, 12, 5])).x.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_a_column_of_nothing_is_all_missing() -> None:
    x, reasons = TABLE.transform(batch(age=pa.nulls(1), paid=pa.nulls(1), job=pa.nulls(1)))
    assert (x.tolist(), reasons) == ([[0, 1, 0, 0, 0, 1]], {})


def test_no_rows_give_no_rows() -> None:
    empty = TABLE.transform(batch(age=[1], paid=[True], job=["x"]).slice(1))
    assert (empty.x.shape, empty.reasons) == ((0, 6), {})
    assert IMAGES.transform(arrays([[1, 2, 3, 4]]).slice(1)).x.shape == (0, 4)


def test_a_slice_of_a_batch_is_read_as_the_slice() -> None:
    whole = batch(age=["1", "abc", "50"], paid=[True] * 3, job=["cook"] * 3)
    assert TABLE.transform(whole.slice(2)).x.tolist() == [[1, 0, 1, 0, 1, 0]]
    assert ROWS.transform(arrays([[1, 2], [2, 6]]).slice(1)).x.tolist() == [[2, 1]]


def test_a_lacking_column_is_refused_with_the_nearest() -> None:
    wrong = batch(agge=[1], paid=[True], job=["x"]).schema
    assert refusal(TABLE.check, wrong) == (
        "expected a column 'age', got columns 'agge', 'paid', 'job'. Did you mean 'agge'?"
    )
    assert refusal(TABLE.check, batch(job=["x"]).schema) == "expected the columns 'age', 'paid', got columns 'job'."
    assert refusal(TABLE.transform, batch(job=["x"])) == refusal(TABLE.check, batch(job=["x"]).schema)


def test_of_many_lacking_columns_the_first_are_named() -> None:
    features = TableFeatures(tuple(NumberColumn(f"v{i}", 0.0, 1.0) for i in range(12)))
    names = ", ".join(f"'v{i}'" for i in range(10))
    assert refusal(features.check, pa.schema([])) == f"expected the columns {names}, ... (12 in all), got no columns."


def test_a_column_of_another_type_is_refused() -> None:
    dated = batch(age=pa.array([0], pa.date32()), paid=[True], job=["x"]).schema
    assert refusal(TABLE.check, dated) == (
        "column 'age': expected numbers as in training, got values of type date32[day]."
    )
    assert refusal(TABLE.check, batch(age=[1], paid=[True], job=[1.5]).schema) == (
        "column 'job': expected text as in training, got values of type double."
    )


HEADERLESS = TableFeatures(
    (NumberColumn("column0", 0.0, 1.0), NumberColumn("column1", 0.0, 1.0)), Reading(header=False)
)
TARGET_FIRST = TableFeatures(
    (NumberColumn("column1", 0.0, 1.0), NumberColumn("column2", 0.0, 1.0)), Reading(header=False)
)


@pytest.mark.parametrize("count", [2, 3])
def test_without_a_header_the_last_column_may_be_left_out(count: int) -> None:
    HEADERLESS.check(pa.schema([(f"column{i}", pa.string()) for i in range(count)]))


@pytest.mark.parametrize(
    ("features", "count", "expected"),
    [(HEADERLESS, 1, "2 or 3"), (HEADERLESS, 4, "2 or 3"), (TARGET_FIRST, 2, "3"), (TARGET_FIRST, 4, "3")],
)
def test_without_a_header_other_counts_would_shift_columns(features: TableFeatures, count: int, expected: str) -> None:
    schema = pa.schema([(f"column{i}", pa.string()) for i in range(count)])
    assert refusal(features.check, schema) == (
        f"expected {expected} columns as in the training file, which has no header, got {count}; "
        "give the columns of the training file in their order."
    )


def test_named_columns_of_a_headerless_model_may_stand_anywhere() -> None:
    HEADERLESS.check(batch(id=[1], column1=[1], more=[1], column0=[1]).schema)


def test_pixels_are_scaled_and_rows_standardised() -> None:
    assert IMAGES.transform(arrays([[0, 255, 51, 102]], pa.uint8())).x.tolist() == [[0, 1, 0.2, 0.4]]
    assert ROWS.transform(arrays([[1, 2], [2, 6]])).x.tolist() == [[0, 0], [2, 1]]


def test_inputs_of_arrays_are_named_by_their_place() -> None:
    assert IMAGES.input_names == ("x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]")
    assert ROWS.input_names == ("x[0]", "x[1]")


def test_a_missing_number_of_an_array_takes_the_mean_and_an_infinite_one_spoils_its_row() -> None:
    x, reasons = ROWS.transform(arrays([[np.nan, 6], [1, np.inf], [-np.inf, np.inf], None, [2, 6]]))
    assert x.tolist() == [[0, 1], [0, 0], [0, 0], [0, 0], [2, 1]]
    assert reasons == {
        1: "column 'x': expected finite numbers, got inf at place 1",
        2: "column 'x': expected finite numbers, got -inf at place 0",
        3: "column 'x': expected numbers, got a missing value",
    }


def test_arrays_of_another_size_or_type_are_refused() -> None:
    assert refusal(IMAGES.check, arrays([[1, 2]]).schema) == (
        "column 'x': expected 4 numbers a row (2 x 2) as in training, got 2."
    )
    assert refusal(IMAGES.check, batch(x=["a"]).schema) == (
        "column 'x': expected arrays of 2 x 2 numbers as in training, got values of type string."
    )
    assert refusal(IMAGES.check, batch(a=[1]).schema) == "expected a column 'x', got columns 'a'."


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SCALES = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
READINGS = st.builds(Reading, st.lists(TEXTS).map(tuple), TEXTS, st.sampled_from([True, False, None]))
ENCODINGS = st.one_of(
    st.builds(NumberColumn, TEXTS, NUMBERS, SCALES, st.booleans(), st.booleans()),
    st.builds(CategoryColumn, TEXTS, st.lists(TEXTS, unique=True).map(tuple)),
)
TABLES = st.builds(
    TableFeatures, st.lists(ENCODINGS, min_size=1, unique_by=lambda column: column.name).map(tuple), READINGS
)
ARRAYS = st.builds(
    ArrayFeatures,
    TEXTS,
    st.just((3,)),
    NUMBERS | st.tuples(NUMBERS, NUMBERS, NUMBERS),
    SCALES | st.tuples(SCALES, SCALES, SCALES),
    READINGS,
)


@LAWS
@given(TABLES | ARRAYS)
def test_a_document_keeps_features_to_the_bit(features: Features) -> None:
    assert features_from_document(json.loads(json.dumps(features.to_document()))) == features


@LAWS
@given(st.lists(NUMBERS | st.none(), min_size=1), NUMBERS, SCALES)
def test_read_back_features_give_the_same_bits(values: list[float | None], mean: float, scale: float) -> None:
    features = TableFeatures((NumberColumn("a", mean, scale, flag=True),))
    again = features_from_document(json.loads(json.dumps(features.to_document())))
    rows = batch(a=pa.array(values, pa.float64()))
    first, second = features.transform(rows), again.transform(rows)
    assert first.x.tobytes() == second.x.tobytes()
    assert first.reasons == second.reasons


@LAWS
@given(st.lists(NUMBERS | st.none(), min_size=1))
def test_numbers_and_their_text_give_the_same_bits(values: list[float | None]) -> None:
    features = TableFeatures((NumberColumn("a", 1.5, 3.0, flag=True),))
    text = [None if value is None else f" {value!r} " for value in values]
    as_numbers = features.transform(batch(a=pa.array(values, pa.float64())))
    assert features.transform(batch(a=pa.array(text, pa.string()))).x.tobytes() == as_numbers.x.tobytes()


@LAWS
@given(st.lists(TEXTS | st.none(), min_size=1), st.lists(TEXTS, unique=True).map(tuple))
def test_exactly_one_input_of_a_category_column_is_1(values: list[str | None], categories: tuple[str, ...]) -> None:
    x, reasons = TableFeatures((CategoryColumn("a", categories),)).transform(batch(a=pa.array(values, pa.string())))
    assert np.array_equal(x.sum(axis=1), np.ones(len(values)))
    assert set(x.ravel().tolist()) <= {0.0, 1.0}
    assert reasons == {}


def changed(document: Any, path: list[Any], value: Any) -> Any:
    """A document with the value at a path replaced, or, for `...`, taken out."""
    document = json.loads(json.dumps(document))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return document


DAMAGE = "; the model file is damaged, make it again."
MALFORMED = {
    "no object": ([1], "features: expected a JSON object, got [1]"),
    "nothing": (None, "features: expected a JSON object, got None"),
    "no kind": (
        changed(TABLE.to_document(), ["kind"], ...),
        "features: expected a field 'kind', got ['columns', 'reading']",
    ),
    "unknown kind": (
        changed(TABLE.to_document(), ["kind"], "smell"),
        "features.kind: expected one of 'table', 'array', 'image', 'sound', got 'smell'",
    ),
    "a kind that is no text": (
        changed(TABLE.to_document(), ["kind"], ["table"]),
        "features.kind: expected one of 'table', 'array', 'image', 'sound', got ['table']",
    ),
    "columns that are no list": (
        changed(TABLE.to_document(), ["columns"], "age"),
        "features.columns: expected a list, got 'age'",
    ),
    "no columns": (
        changed(TABLE.to_document(), ["columns"], []),
        "features.columns: expected at least one column, got []",
    ),
    "a mean that is text": (
        changed(TABLE.to_document(), ["columns", 0, "mean"], "4"),
        "features.columns[0].mean: expected a finite number, got '4'",
    ),
    "a mean that is true": (
        changed(TABLE.to_document(), ["columns", 0, "mean"], True),
        "features.columns[0].mean: expected a finite number, got True",
    ),
    "a mean that is not finite": (
        changed(TABLE.to_document(), ["columns", 0, "mean"], float("inf")),
        "features.columns[0].mean: expected a finite number, got inf",
    ),
    "a mean that is NaN": (
        changed(TABLE.to_document(), ["columns", 0, "mean"], float("nan")),
        "features.columns[0].mean: expected a finite number, got nan",
    ),
    "a mean beyond float64": (
        changed(TABLE.to_document(), ["columns", 0, "mean"], 10**400),
        f"features.columns[0].mean: expected a finite number, got 1{'0' * 39}...",
    ),
    "a scale of 0": (
        changed(TABLE.to_document(), ["columns", 0, "scale"], 0),
        "features.columns[0].scale: expected a number above 0, got 0",
    ),
    "a flag that is a number": (
        changed(TABLE.to_document(), ["columns", 0, "flag"], 1),
        "features.columns[0].flag: expected true or false, got 1",
    ),
    "a name that is a number": (
        changed(TABLE.to_document(), ["columns", 0, "name"], 1),
        "features.columns[0].name: expected a text, got 1",
    ),
    "half a letter": (
        changed(TABLE.to_document(), ["columns", 0, "name"], "\ud800"),
        "features.columns[0].name: expected a text, got '\\ud800'",
    ),
    "a name twice": (
        changed(TABLE.to_document(), ["columns", 0, "name"], "job"),
        "features.columns: expected every name once, got ['job']",
    ),
    "a category twice": (
        changed(TABLE.to_document(), ["columns", 2, "categories"], ["a", "b", "a"]),
        "features.columns[2].categories: expected every name once, got ['a']",
    ),
    "a category that is a number": (
        changed(TABLE.to_document(), ["columns", 2, "categories"], ["a", 1]),
        "features.columns[2].categories[1]: expected a text, got 1",
    ),
    "a field less": (
        changed(TABLE.to_document(), ["columns", 2, "categories"], ...),
        "features.columns[2]: expected a field 'categories', got ['kind', 'name']",
    ),
    "an unknown column kind": (
        changed(TABLE.to_document(), ["columns", 2, "kind"], "date"),
        "features.columns[2].kind: expected one of 'number', 'category', got 'date'",
    ),
    "a header that is text": (
        changed(TABLE.to_document(), ["reading", "header"], "yes"),
        "features.reading.header: expected true, false or null, got 'yes'",
    ),
    "missing texts that are one text": (
        changed(TABLE.to_document(), ["reading", "missing"], "?"),
        "features.reading.missing: expected a list, got '?'",
    ),
    "a shape of nothing": (
        changed(IMAGES.to_document(), ["shape"], []),
        "features.shape: expected at least one size, got []",
    ),
    "a size of 0": (
        changed(IMAGES.to_document(), ["shape"], [2, 0]),
        "features.shape[1]: expected a whole number of at least 1, got 0",
    ),
    "a size that is no whole number": (
        changed(IMAGES.to_document(), ["shape"], [2.0]),
        "features.shape[0]: expected a whole number of at least 1, got 2.0",
    ),
    "means for other inputs": (
        changed(ROWS.to_document(), ["mean"], [1.0]),
        "features.mean: expected one number or 2, got [1.0]",
    ),
    "a scale below 0 among others": (
        changed(ROWS.to_document(), ["scale"], [1.0, -1.0]),
        "features.scale[1]: expected a number above 0, got -1.0",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_document_is_refused_by_the_name_of_its_field(case: str) -> None:
    document, message = MALFORMED[case]
    with pytest.raises(ModelError) as caught:
        features_from_document(document)
    assert str(caught.value) == message + DAMAGE


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@LAWS
@given(st.data())
def test_a_document_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(json.dumps(data.draw(st.sampled_from([TABLE, IMAGES, ROWS])).to_document()))
    inner = document
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(JSON_VALUES)
    with contextlib.suppress(ModelError):
        features_from_document(document)


def test_missing_markers_are_a_tuple_of_trimmed_texts() -> None:
    assert Reading(missing=(" ?", "NA ")).missing == ("?", "NA")
    with pytest.raises(ArgumentError) as caught:
        Reading(missing="NA")  # type: ignore[arg-type]
    assert str(caught.value) == "missing: expected a tuple of texts, got 'NA'; write ('NA',)."
