"""Hostile or broken code: one clear sentence each, within the limits."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clearprop as cp
from clearprop.checking.running import learner

DESCRIBED: dict[str, Any] = {"layers": [3, 4, 2], "activations": ["sigmoid", "sigmoid"], "cost": "half_squared_error"}
Function = Callable[..., Any]


def endless(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    while True:
        pass


def greedy(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    return np.ones(10 * 2**30 // 8)


def leaving(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    raise SystemExit(0)


def leaving_at_once(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    os._exit(3)


def crashing(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    os.abort()


def raising(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    return {}["W1"]


def recursing(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    return recursing(weights, biases, x, y)


def talking(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    while True:
        print("x" * 1000)


def asking(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    return input("W1? ")


REFUSED: list[tuple[Function, str]] = [
    (endless, "it did not end within 1 seconds"),
    (greedy, "asks for more memory than the check allows"),
    (leaving, "ends the program with exit()"),
    (leaving_at_once, "it ended the program with os._exit(3)"),
    (crashing, "it crashed the interpreter (SIGABRT)"),
    (raising, "`return {}[\"W1\"]`, raises KeyError: 'W1'"),
    (recursing, "calls itself without end (RecursionError)"),
    (talking, "it did not end within 1 seconds"),
    (asking, "raises EOFError: EOF when reading a line"),
]


@pytest.mark.parametrize(("function", "sentence"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_code_that_does_not_come_back_is_told_in_one_sentence(function: Function, sentence: str) -> None:
    with pytest.raises(cp.ArgumentError) as error:
        cp.check(function, **DESCRIBED, seconds=1 if function in (endless, talking) else 60, memory=1024)
    assert sentence in str(error.value)
    assert str(error.value).startswith(f"{function.__name__}(): called as {function.__name__}(weights, biases, x, y)")
    assert "\n" not in str(error.value)


RETURNS: list[tuple[Any, str]] = [
    (None, "got None"),
    (3.0, "got a number"),
    ("gradients", "got str"),
    ([], "got a list of 0"),
    (np.zeros(7), "got an array of shape (7,)"),
    ({"a": 1}, "expected the keys dW1, db1 to dW2, db2, got 'a'"),
    (object(), "got object"),
    ([[np.zeros((4, 3))], [np.zeros(4)]], "got a list of 2"),
    ([[np.zeros((4, 3)), np.zeros((2, 5))], [np.zeros(4), np.zeros(2)]], "got shape (2, 5)"),
    ([[np.zeros((4, 3)), None], [np.zeros(4), np.zeros(2)]], "got a list of 2"),
    (np.zeros((2, 2), dtype=complex), "got an array of complex128"),
    ([[["a"]]], "got a list of 1"),
]


@pytest.mark.parametrize(("value", "sentence"), RETURNS, ids=lambda value: str(type(value).__name__))
def test_answers_of_every_wrong_kind_are_told_in_one_sentence(value: Any, sentence: str) -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        return value

    with pytest.raises(cp.ArgumentError) as error:
        cp.check(backprop, **DESCRIBED)
    assert sentence in str(error.value), error.value


def test_a_list_that_holds_itself_is_no_answer() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        values: list[Any] = []
        values.append(values)
        return values

    with pytest.raises(cp.ArgumentError, match="got a list of 1"):
        cp.check(backprop, **DESCRIBED)


def test_numbers_that_are_none_are_located() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        return [np.full_like(W, np.nan) for W in weights], [np.full_like(b, np.nan) for b in biases]

    report = cp.check(backprop, **DESCRIBED)
    assert not report.ok
    assert report.mistakes[0].id is None
    assert "not numbers (NaN or infinity)" in report.mistakes[0].message


def test_code_that_waits_for_threads_of_jax_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "jax_has_run", lambda: True)
    with pytest.raises(cp.ArgumentError) as error:
        cp.check(endless, **DESCRIBED, seconds=1)
    assert str(error.value).endswith(
        "it did not end within 1 seconds: JAX had computed something before, and a copy of that process, in which the "
        "check calls the function, cannot go on with it. In a notebook, put the function into a file and run "
        "`clearprop check FILE.py:FUNCTION …`; in a file, compute nothing with JAX outside of functions."
    )


def test_code_that_forks_answers_once() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        os.fork()
        delta = weights[0] @ x + biases[0] - y
        return [np.outer(delta, x)], [delta]

    report = cp.check(backprop, layers=[3, 2], activations=["identity"], cost="half_squared_error")
    assert report.mistakes == (), report


def test_a_part_of_the_gradients_that_is_missing_is_told() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        return [None, np.zeros((2, 4))], [np.zeros(4), np.zeros(2)]

    with pytest.raises(cp.ArgumentError, match=r"got a list of 2: \(a list of 2: None, an array of shape \(2, 4\)\), "):
        cp.check(backprop, **DESCRIBED)


def test_what_is_printed_is_shown_apart(capfd: pytest.CaptureFixture[str]) -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        print("delta is", 3)
        delta = weights[0] @ x + biases[0] - y
        return [np.outer(delta, x)], [delta]

    report = cp.check(backprop, layers=[3, 2], activations=["identity"], cost="half_squared_error")
    assert report.ok
    assert report.printed == "delta is 3\n"
    assert capfd.readouterr() == ("", "")


def test_code_that_hangs_only_for_another_layout_is_checked_in_its_own() -> None:
    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        while np.ndim(x) != 1:
            pass
        delta = weights[0] @ x + biases[0] - y
        return [np.outer(delta, x)], [delta]

    described = {"layers": [3, 2], "activations": ["identity"], "cost": "half_squared_error"}
    assert cp.check(backprop, **described, examples="single", seconds=1).ok  # type: ignore[arg-type]


def test_the_callers_own_arrays_and_folder_stay() -> None:
    before = os.getcwd()

    def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        os.chdir("/")
        raise ValueError

    with pytest.raises(cp.ArgumentError, match="raises ValueError"):
        cp.check(backprop, **DESCRIBED)
    assert os.getcwd() == before
