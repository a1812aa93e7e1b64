"""Labelling: networks, models and tables; one row and many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clearprop import Model, Network, labeller, load, save, train
from clearprop.evaluation import evaluate
from clearprop.features import CategoryColumn, NumberColumn, TableFeatures
from clearprop.labelling import evaluate_parts, label_batch, label_stream
from data.helpers import refusal

NETWORK = Network.of([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]], activations=["softmax"])
X = np.array([[2.0, -1.0], [-3.0, 1.0], [0.5, 0.25]])
INDICES = [0, 1, 0]


def test_a_network_answers_with_class_indices() -> None:
    label = labeller(NETWORK)
    assert label(X).tolist() == INDICES
    assert label(X.tolist()).tolist() == INDICES
    assert [int(label(row)) for row in X] == INDICES
    assert int(label([2, -1])) == 0


def test_what_is_neither_network_nor_model_is_refused() -> None:
    expected = "labeller: expected a network or a model, got str; load a file with cp.load."
    assert refusal(labeller, "digits.safetensors") == expected


def test_a_training_is_refused_with_the_word_that_is_missing() -> None:
    training = train(Network.initialize([2, 3, 2]), np.eye(2), [0, 1], epochs=1, validation=0)
    expected = "labeller: expected a network or a model, got Training; write .model behind it."
    assert refusal(labeller, training) == expected
    assert labeller(training.model)(np.eye(2)).shape == (2,)


def test_a_model_without_names_answers_with_class_indices_too() -> None:
    assert labeller(Model(NETWORK, None, (0, 1)))(X).tolist() == INDICES


@pytest.mark.parametrize(
    "classes", [("no", "yes"), (False, True), (0.0, 1.0), (5, 7), (1, 0), ("0", "1")], ids=lambda names: repr(names)
)
def test_a_model_answers_with_its_class_names_in_their_own_type(classes: tuple[Any, ...]) -> None:
    label = labeller(Model(NETWORK, None, classes))
    answers = label(X)
    assert answers == [classes[index] for index in INDICES]
    assert [type(answer) for answer in answers] == [type(classes[0])] * 3
    one = label(X[1])
    assert (one, type(one)) == (classes[1], type(classes[1]))


def test_a_model_of_real_numbers_answers_with_its_outputs() -> None:
    network = Network.of([[[1.0, 2.0]]], [[0.5]], activations=["identity"], cost="squared_error")
    label = labeller(Model(network))
    assert label(X).tolist() == [[0.5], [-0.5], [1.5]]
    assert label(X[0]).tolist() == [0.5]


def test_one_output_answers_the_second_class_from_one_half_on() -> None:
    network = Network.of([[[1.0]]], [[0.0]], activations=["sigmoid"], cost="binary_cross_entropy")
    model = Model(network, None, ("no", "yes"))
    assert labeller(model)([[-1.0], [0.0], [1.0]]) == ["no", "yes", "yes"]
    assert labeller(network)([-1.0]) == 0


def test_of_equal_outputs_the_first_is_the_label() -> None:
    rows = np.random.default_rng(0).standard_normal((600, 2))
    equal = Network.of([[[0.0, 0.0]] * 4], [[0.0, 1.0, 1.0, 0.0]], activations=["softmax"])
    assert set(labeller(equal)(rows).tolist()) == {1}


def test_no_rows_have_no_labels() -> None:
    assert labeller(NETWORK)(X[:0]).tolist() == []
    assert labeller(Model(NETWORK, None, ("no", "yes")))(X[:0]) == []
    assert labeller(TABLE_MODEL)(TABLE.slice(0, 0)) == []


def test_rows_of_another_width_are_refused() -> None:
    assert refusal(labeller(NETWORK), [[1.0, 2.0, 3.0]]) == "x: expected shape (n, 2), got (1, 3). One row an example."
    assert refusal(labeller(NETWORK), [1.0]) == "x: expected shape (n, 2), got (1,). One row an example."
    assert (
        refusal(labeller(NETWORK), [1.0, np.nan])
        == "x: expected finite numbers, got nan in row 0, column 1. Replace it or leave the row out."
    )


@pytest.mark.parametrize("hidden", ["relu", "sigmoid", "tanh", "gelu"])
@pytest.mark.parametrize("width", [3, 40])  # narrow products, and those of BLAS
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_activation_hides_no_input_that_is_not_finite(hidden: str, width: int, number: float) -> None:
    label = labeller(Network.initialize([5, width, 2], hidden=hidden, seed=0))
    x = np.random.default_rng(0).normal(size=(600, 5))
    x[300, 4] = number
    assert refusal(label, x).startswith(f"x: expected finite numbers, got {number} in row 300, column 4.")
    assert refusal(label, x[300]).startswith(f"x: expected finite numbers, got {number} in row 0, column 4.")
    assert len(label(np.delete(x, 300, axis=0))) == 599


def test_numbers_too_large_to_compute_with_are_refused() -> None:
    label = labeller(Network.initialize([5, 3, 2], seed=0))
    assert refusal(label, np.full((3, 5), 1e308)) == (
        "x: expected numbers of ordinary size, got some so large that the network cannot compute with them."
    )


# inputs: (size - 10) / 2, colour = red, colour = other; large red things are "yes"
TABLE_MODEL = Model(
    Network.of([[[0.0, 0.0, 0.0], [1.0, 3.0, -3.0]]], [[0.0, 0.0]], activations=["softmax"]),
    TableFeatures((NumberColumn("size", 10.0, 2.0), CategoryColumn("colour", ("red",)))),
    ("no", "yes"),
)
TABLE = pa.table(
    {"colour": ["red", "blue", None, "red", "red"], "size": ["12", "30", "x", "1", None], "more": [1, 2, 3, 4, 5]}
)
LABELS = ["yes", "yes", None, "no", "yes"]


class Frame:
    """A data frame as pandas and Polars show themselves: nothing but an Arrow stream."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("chunk", [1, 2, 5])
@pytest.mark.parametrize("form", ["table", "frame", "reader", "batch"])
def test_a_model_with_features_labels_any_arrow_table(form: str, chunk: int) -> None:
    label = labeller(TABLE_MODEL)
    batches = TABLE.to_batches(max_chunksize=chunk)
    if form == "batch":
        assert [answer for batch in batches for answer in label(batch)] == LABELS
        return
    table = pa.Table.from_batches(batches)
    forms = {"table": table, "frame": Frame(table), "reader": table.to_reader()}
    assert label(forms[form]) == LABELS


def test_a_row_that_cannot_be_labelled_has_a_reason_and_no_label() -> None:
    labelled = label_batch(TABLE_MODEL, TABLE.to_batches()[0])
    assert labelled.labels == LABELS
    assert labelled.reasons == {2: "column 'size': expected a number, got 'x'"}
    assert labelled.outputs.shape == (5, 2)
    np.testing.assert_allclose(labelled.outputs.sum(axis=1), 1)
    z = np.array([(12 - 10) / 2 + 3])
    np.testing.assert_allclose(labelled.outputs[0, 1], 1 / (1 + np.exp(-z[0])))


def test_a_stream_is_labelled_batch_after_batch() -> None:
    taken: list[int] = []

    def batches() -> Any:
        for number, batch in enumerate(TABLE.to_batches(max_chunksize=2)):
            taken.append(number)
            yield batch

    stream = label_stream(TABLE_MODEL, batches())
    assert taken == []
    assert next(stream).labels == LABELS[:2]
    assert taken == [0]
    assert [label for labelled in stream for label in labelled.labels] == LABELS[2:]


def test_a_loaded_model_labels_as_the_saved_one_did(tmp_path: Any) -> None:
    save(TABLE_MODEL, tmp_path / "model.safetensors")
    assert labeller(load(tmp_path / "model.safetensors"))(TABLE) == LABELS


def test_what_is_no_table_is_refused() -> None:
    assert refusal(labeller(TABLE_MODEL), [[1.0, 2.0, 3.0]]) == (
        "x: expected an Arrow table, a record batch or a data frame with the model's columns, got list."
    )
    assert (
        refusal(labeller(TABLE_MODEL), TABLE.drop_columns("size"))
        == "expected a column 'size', got columns 'colour', 'more'."
    )


def test_a_batch_for_a_model_without_columns_or_classes_is_refused() -> None:
    for model in (
        Model(NETWORK),
        Model(NETWORK, None, ("no", "yes")),
        Model(TABLE_MODEL.network, TABLE_MODEL.features),
    ):
        assert refusal(label_batch, model, TABLE.to_batches()[0]) == (
            "model: expected one that was trained on a file with classes, got one without columns or class names; "
            "label arrays with cp.labeller(model)."
        )


def test_rows_are_evaluated_by_what_the_network_answers() -> None:
    y = np.array([0, 1, 1])
    model = Model(NETWORK, None, ("no", "yes"))
    found = evaluate_parts(model, [(X, y, np.array([4, 5, 9]))])
    outputs = NETWORK.probabilities(X)
    costs = -np.log(outputs[np.arange(3), y])
    expected = evaluate(outputs, costs, y, ("no", "yes"), np.array([4, 5, 9]))
    assert found.cost == pytest.approx(expected.cost, rel=1e-14)
    assert (found.accuracy, found.wrong) == (2 / 3, expected.wrong)
    assert found.wrong[0].row == 9
    assert (
        refusal(evaluate_parts, Model(NETWORK), [(X, y, y)])
        == "model: expected one with classes, got one of real numbers."
    )
