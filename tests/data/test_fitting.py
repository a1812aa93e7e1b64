"""Features are fitted on what they are given and on nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.data import Reading, fit
from clearprop.data.fitting import CATEGORY_ROWS, MAX_CATEGORIES
from clearprop.data.memory import array_field
from clearprop.data.moments import Moments
from clearprop.features import ArrayFeatures, CategoryColumn, NumberColumn, TableFeatures

from .helpers import refusal

LAWS = settings(deadline=None, derandomize=True)


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(column) for name, column in columns.items()})


def images(values: Any, kind: pa.DataType) -> pa.RecordBatch:
    values = np.asarray(values)
    flat = pa.array(values.ravel().astype(kind.to_pandas_dtype()))
    column = pa.FixedSizeListArray.from_arrays(flat, values[0].size)
    return pa.record_batch([column], schema=pa.schema([array_field("x", kind, values.shape[1:])]))


def fit_arrays(values: Any, kind: pa.DataType) -> ArrayFeatures:
    batches = images(values, kind)
    features = fit([batches.append_column("y", pa.array([0] * batches.num_rows))], "y")
    assert isinstance(features, ArrayFeatures)
    return features


def one(features: object) -> NumberColumn | CategoryColumn:
    assert isinstance(features, TableFeatures)
    (encoding,) = features.encodings
    return encoding


FINITE = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


@LAWS
@given(st.lists(FINITE | st.none(), min_size=1, max_size=50))
def test_training_numbers_get_mean_0_and_scale_1(values: list[float | None]) -> None:
    rows = batch(a=pa.array(values, pa.float64()), y=[0] * len(values))
    x, reasons = fit([rows], "y").transform(rows)
    seen = x[[value is not None for value in values], 0]
    assert reasons == {}
    assert np.all(x[[value is None for value in values], 0] == 0)
    if len(set(seen.tolist())) > 1:
        # a mean of n numbers of size m is off by n ulps of m; divided by the scale, by that much more
        size = max(abs(value) for value in values if value is not None)
        spread = np.std([value for value in values if value is not None])
        bound = 1e-15 * len(seen) * (1 + size / spread)
        assert abs(seen.mean()) <= bound
        assert abs(seen.std() - 1) <= bound
    else:
        assert np.all(seen == 0)


@LAWS
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_finite_number_can_be_fitted(values: list[float]) -> None:
    moments = Moments(1)
    moments.add(np.array(values)[:, None])
    mean, scale = moments.standardization()
    assert np.isfinite(mean).all()
    assert np.isfinite(scale).all()
    assert (scale > 0).all()


@LAWS
@given(st.lists(FINITE | st.none(), min_size=2, max_size=30), st.integers(1, 29))
def test_how_rows_lie_in_batches_changes_nothing(values: list[float | None], cut: int) -> None:
    rows = batch(a=pa.array(values, pa.float64()), y=[0] * len(values))
    assert fit([rows], "y") == fit([rows.slice(0, cut), rows.slice(cut)], "y")


def test_a_constant_column_survives_with_scale_1() -> None:
    assert one(fit([batch(a=[0.1] * 7, y=[0] * 7)], "y")) == NumberColumn("a", 0.1, 1.0)


def test_a_column_without_any_number_survives() -> None:
    assert one(fit([batch(a=pa.nulls(2, pa.float64()), y=[0, 1])], "y")) == NumberColumn("a", 0.0, 1.0, flag=True)


@pytest.mark.parametrize(("values", "flag"), [([1.0, 2.0], False), ([1.0, None], True), ([1.0, float("nan")], True)])
def test_only_a_column_with_missing_values_gets_a_flag(values: list[float], flag: bool) -> None:
    encoding = one(fit([batch(a=values, y=[0, 1])], "y"))
    assert isinstance(encoding, NumberColumn)
    assert encoding.flag is flag


def test_booleans_are_numbers_that_read_true_and_false() -> None:
    assert one(fit([batch(a=[True, False], y=[0, 1])], "y")) == NumberColumn("a", 0.5, 0.5, boolean=True)


def test_a_text_is_a_category_from_its_second_row_on() -> None:
    assert CATEGORY_ROWS == 2
    rows = batch(a=["b", " a", "a ", "b", "once", None, "?", "?", ""], y=[0] * 9)
    assert one(fit([rows.slice(0, 3), rows.slice(3)], "y", Reading(missing=("?",)))) == CategoryColumn("a", ("a", "b"))


def test_a_column_of_names_becomes_a_constant() -> None:
    assert one(fit([batch(a=["ann", "bob"], y=[0, 1])], "y")) == CategoryColumn("a", ())


def test_only_the_most_frequent_texts_are_categories() -> None:
    texts = [f"{i:04d}" for i in range(MAX_CATEGORIES + 5) for _ in range(3 if i < 5 else 2)]
    encoding = one(fit([batch(a=texts[::-1], y=[0] * len(texts))], "y"))
    assert encoding == CategoryColumn("a", tuple(f"{i:04d}" for i in range(MAX_CATEGORIES)))


def test_the_target_is_no_input_wherever_it_stands() -> None:
    assert fit([batch(a=[1, 2], y=[0, 1], b=[3, 4])], "y").columns == ("a", "b")


def test_grey_levels_are_divided_by_the_largest() -> None:
    assert fit_arrays([[[0, 255], [3, 4]]], pa.uint8()) == ArrayFeatures("x", (2, 2), 0.0, 255.0)
    assert fit_arrays([[[0, 16], [3, 4]]], pa.uint8()).scale == 16.0
    assert fit_arrays([[0, 1]], pa.uint8()).scale == 1.0
    assert fit_arrays([[0, 0]], pa.uint8()).scale == 1.0


def test_numbers_scaled_to_0_and_1_stay_as_they_are() -> None:
    assert fit_arrays([[0.0, 0.5], [0.25, 1.0]], pa.float32()) == ArrayFeatures("x", (2,), 0.0, 1.0)


def test_rows_of_measurements_are_standardised_each_input_by_itself() -> None:
    assert fit_arrays([[1.0, 10.0], [3.0, 10.0]], pa.float64()) == ArrayFeatures("x", (2,), (2.0, 10.0), (1.0, 1.0))
    assert fit_arrays([[1, 10], [3, 10]], pa.int64()).mean == (2.0, 10.0)


def test_images_of_other_numbers_are_standardised_as_a_whole() -> None:
    assert fit_arrays([[[1.0, 3.0]], [[1.0, 3.0]]], pa.float64()) == ArrayFeatures("x", (1, 2), 2.0, 1.0)


def test_a_missing_number_of_an_array_does_not_count() -> None:
    assert fit_arrays([[1.0, np.nan], [3.0, np.nan]], pa.float64()).mean == (2.0, 0.0)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        pytest.param(pa.array([0, 1], pa.date32()), "date32[day]", id="dates"),
        pytest.param(pa.array([0, 1], pa.timestamp("s")), "timestamp[s]", id="times"),
        pytest.param(pa.array([[1], [2, 3]]), "list<item: int64>", id="lists"),
        pytest.param(pa.array([{"a": 1}, None]), "struct<a: int64>", id="objects"),
    ],
)
def test_a_column_of_another_type_is_refused(column: pa.Array, kind: str) -> None:
    assert refusal(fit, [batch(a=column, y=[0, 1])], "y") == (
        f"column 'a': expected numbers, booleans or text, got values of type {kind}; "
        "remove the column or write it as a number."
    )


def test_no_columns_no_target_and_no_batches_are_refused() -> None:
    assert refusal(fit, [batch(y=[0, 1])], "y") == (
        "expected columns beside the target 'y', got none; the values of a line must be separated by a comma, "
        "a semicolon, a tab or |."
    )
    assert refusal(fit, [batch(y=[0, 1])], "z") == "expected a column 'z', got columns 'y'."
    assert refusal(fit, [], "y") == "expected batches of training rows, got none."
