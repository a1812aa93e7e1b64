"""The history: columns, rows, and what two runs of the same seed share."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from clearprop.training import Epoch, History
from data.helpers import refusal

FIRST = Epoch(1, 0.7, 0.5, 0.8, 0.4, 0.1, 0.01, 2.0, 30.0)
SECOND = Epoch(2, 0.6, None, None, None, 0.05, 0.005, 3.0, 20.0)
HISTORY = History().with_epoch(FIRST).with_epoch(SECOND)


def test_a_name_gives_a_column_and_a_number_an_epoch() -> None:
    assert HISTORY["cost"] == [0.7, 0.6]
    assert HISTORY["validation_accuracy"] == [0.4, None]
    assert (HISTORY[0], HISTORY[-1], len(HISTORY)) == (FIRST, SECOND, 2)
    assert list(HISTORY.columns()) == list(vars(FIRST))
    assert HISTORY.columns()["epoch"] == [1, 2]


@pytest.mark.parametrize(("key", "got"), [("costs", "'costs'. Did you mean 'cost'?"), (1.0, "1.0.")])
def test_an_unknown_column_is_refused(key: str, got: str) -> None:
    assert refusal(HISTORY.__getitem__, key) == (
        "history: expected one of epoch, cost, accuracy, validation_cost, validation_accuracy, gradient_norm, "
        f"learning_rate, seconds, examples_per_second, got {got}"
    )


def test_only_the_clocks_may_differ_between_two_runs() -> None:
    slower = History((replace(FIRST, seconds=9.0, examples_per_second=6.7), SECOND))
    assert slower != HISTORY
    assert slower.without_clocks() == HISTORY.without_clocks()
    for column in ("cost", "accuracy", "validation_cost", "validation_accuracy", "gradient_norm", "learning_rate"):
        assert History((replace(FIRST, **{column: 0.123}), SECOND)).without_clocks() != HISTORY.without_clocks()


def test_the_document_is_json_with_a_row_an_epoch() -> None:
    document = json.loads(json.dumps(HISTORY.document()))
    assert History(tuple(Epoch(**row) for row in document)) == HISTORY


def test_a_history_is_not_changed_by_what_follows() -> None:
    assert len(History().with_epoch(FIRST)) == 1
    assert len(History()) == 0
