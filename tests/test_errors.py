"""The tree of errors, and the words that a misspelled one is near to."""

from __future__ import annotations

import doctest
import re

import pytest

from clearprop import errors
from clearprop.errors import ArgumentError, ClearpropError, DataError, MissingExtraError, ModelError, nearest

TREE = {
    ArgumentError: ValueError,
    DataError: ValueError,
    ModelError: ValueError,
    MissingExtraError: ImportError,
}


@pytest.mark.parametrize(("error", "builtin"), TREE.items(), ids=lambda kind: kind.__name__)
def test_every_error_is_caught_as_clearprops_and_as_pythons(error: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(error, ClearpropError)
    assert issubclass(error, builtin)


def test_the_tree_at_the_top_of_the_file_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"(?:├──|└──) (\w+) ", errors.__doc__)
    assert drawn == [error.__name__ for error in ClearpropError.__subclasses__()] == [kind.__name__ for kind in TREE]


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        pytest.param("rellu", " Did you mean 'relu'?", id="a letter too many"),
        pytest.param("Sigmoid", " Did you mean 'sigmoid'?", id="a capital"),
        pytest.param("sigmod", " Did you mean 'sigmoid'?", id="a letter too few"),
        pytest.param("petal_length", " Did you mean 'Petal_Length'?", id="the known one keeps its capitals"),
        pytest.param("zzz", "", id="nothing near"),
        pytest.param("", "", id="nothing at all"),
    ],
)
def test_a_misspelled_word_is_answered_with_the_nearest(word: str, suggestion: str) -> None:
    assert nearest(word, ["sigmoid", "relu", "Petal_Length"]) == suggestion


def test_nothing_is_near_when_nothing_is_known() -> None:
    assert nearest("relu", []) == ""


def test_the_examples_of_the_docstrings_run() -> None:
    assert doctest.testmod(errors) == (0, 2)
