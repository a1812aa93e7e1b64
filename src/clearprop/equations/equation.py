"""An equation is an object: the function, its formula, one plain sentence, and where it comes from."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from clearprop.equations.formula import Formula

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Equation(Generic[P, R]):
    """A function of mathematics. Calling the object calls the function.

    `formula` says for one neuron what `function` computes for whole arrays; `sentence` says it to someone without
    calculus; `source` is a book, a paper or a chapter.
    """

    function: Callable[P, R]
    formula: Formula
    sentence: str
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    @property
    def name(self) -> str:
        return self.function.__name__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        result = self.function(*args, **kwargs)
        if (calls := _witnessed.get()) is not None:
            calls.append(Call(self, inspect.signature(self.function).bind(*args, **kwargs).arguments, result))
        return result

    def __repr__(self) -> str:
        return f"<equation {self.name}: {self.formula.source}>"


@dataclass(frozen=True, eq=False)
class Call:
    """An equation that was computed: what it was given, by the names of its arguments, and what came out."""

    equation: Equation[..., Any]
    arguments: Mapping[str, Any]
    result: Any


_witnessed: ContextVar[list[Call] | None] = ContextVar("witnessed", default=None)


@contextmanager
def witnessed() -> Iterator[list[Call]]:
    """The equations that are computed inside the block, in order: what an optimizer did, without writing it again.

    >>> @equation("a = z / 2", "Half of it.", source="an example")
    ... def half(z):
    ...     return z / 2
    >>> with witnessed() as calls:
    ...     half(3.0)
    1.5
    >>> [(call.equation.name, dict(call.arguments), call.result) for call in calls]
    [('half', {'z': 3.0}, 1.5)]
    """
    calls: list[Call] = []
    token = _witnessed.set(calls)
    try:
        yield calls
    finally:
        _witnessed.reset(token)


def equation(formula: str, sentence: str, *, source: str) -> Callable[[Callable[P, R]], Equation[P, R]]:
    """Makes an `Equation` of the function below it."""

    def make(function: Callable[P, R]) -> Equation[P, R]:
        return Equation(function, Formula(formula), sentence, source)

    return make
