"""For a course's test suite: an assertion that says what is wrong with hand-written code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clearprop.checking import check


def assert_gradients(function: Callable[..., Any], **description: Any) -> None:
    """AssertionError with the whole report unless `cp.check(function, **description)` is right.

    >>> def backprop(weights, biases, x, y):
    ...     delta = weights[0] @ x + biases[0] - y
    ...     return [delta[:, None] * x], [delta]
    >>> assert_gradients(backprop, layers=[3, 2], activations=["identity"], cost="half_squared_error")
    """
    __tracebackhide__ = True  # pytest shows the test, not this line
    report = check(function, **description)
    if not report.ok:
        raise AssertionError(f"\n{report.to_text()}")
