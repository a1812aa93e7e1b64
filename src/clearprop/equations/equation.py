"""An equation is an object: the function, its formula, one plain sentence, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

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
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<equation {self.name}: {self.formula.source}>"


def equation(formula: str, sentence: str, *, source: str) -> Callable[[Callable[P, R]], Equation[P, R]]:
    """Makes an `Equation` of the function below it."""

    def make(function: Callable[P, R]) -> Equation[P, R]:
        return Equation(function, Formula(formula), sentence, source)

    return make
