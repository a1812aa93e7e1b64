"""What every engine takes and gives, so that training need not know who computes.

All that passes is canonical: W as (n_out, n_in), slots under the optimizer's names, steps counted from 0 over the whole
run. An engine converts on its own side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clearprop.arrays import FloatArray, IntArray
from clearprop.equations.activations import Activation
from clearprop.equations.outputs import OutputPair
from clearprop.equations.updates import Optimizer
from clearprop.network import Network
from clearprop.sharing import WHOLE, Share
from clearprop.targets import Targets

Slots = Mapping[str, FloatArray]

KEPT_AS = {"bfloat16": "float32"}
"""Precisions of products alone, with the precision of the parameters."""


def kept_precision(precision: str) -> str:
    """The precision of the parameters where one trains in this one."""
    return KEPT_AS.get(precision, precision)


@dataclass(frozen=True, eq=False)
class State:
    """All that training changes: parameters, the optimizer's slots (for weight and bias of each layer), steps done."""

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    slots: tuple[tuple[Slots, Slots], ...]
    step: int = 0
    workers: int = 0
    """How many made the steps; 0 leaves it to the engine. The same number gives the same bits."""


@dataclass(frozen=True)
class Work:
    """What an engine needs to know of a training before it starts."""

    activations: tuple[Activation, ...]
    output: OutputPair
    optimizer: Optimizer
    options: Mapping[str, float]
    learning_rate: float
    schedule: str
    total_steps: int
    batch_size: int
    l2: float
    dropout: float
    seed: int
    products: str = ""
    """What the factors of matrix products are rounded to, if that is not the precision of the parameters."""


@dataclass(frozen=True, eq=False)
class Data:
    """Examples: x (n, inputs), their targets, and the weight of each (n,), None if all count alike.

    `rows` are the rows that belong to it, None if all do; so one array can hold what is learned from and what is not.
    Of examples that are read part by part, only this process's share is here; `total` is how many all processes have.
    """

    x: FloatArray
    targets: Targets
    weight: FloatArray | None = None
    rows: IntArray | None = None
    share: Share = WHOLE
    total: int | None = None

    def __len__(self) -> int:
        return len(self.x if self.rows is None else self.rows)

    def examples_of(self, order: IntArray) -> int:
        """How many examples an epoch has in which those that are here come in this order."""
        return len(order) if self.total is None else self.total

    def numbers(self, chosen: Any) -> Any:
        """The row numbers of the chosen ones (indices or a slice) of the examples that belong to it."""
        return chosen if self.rows is None else self.rows[chosen]


@dataclass(frozen=True)
class Span:
    """What was seen over some steps: the sum of the examples' costs (each before its step's update, L2 left out),
    how many were classified right, and the norm of the last step's gradient if it is the last of the epoch."""

    cost: float
    right: int
    gradient_norm: float


class Group(Protocol):
    """The processes that make a training together. All of them call the same methods in the same order."""

    @property
    def index(self) -> int:
        """Which of them this one is. Process 0 alone writes files."""

    @property
    def count(self) -> int: ...

    def any(self, answer: bool) -> bool:
        """Whether one of them says yes."""

    def all_of(self, value: Any) -> Sequence[Any]:
        """The JSON values of all processes, in their order."""

    def of_first(self, made: Callable[[], Any]) -> Any:
        """What process 0 makes, a JSON value: all get it, or the error with which it was refused."""

    def arrays_of_first(self, arrays: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """The arrays that process 0 has."""


class Alone:
    """One process."""

    index, count = 0, 1

    def any(self, answer: bool) -> bool:
        return answer

    def all_of(self, value: Any) -> Sequence[Any]:
        return [value]

    def of_first(self, made: Callable[[], Any]) -> Any:
        return made()

    def arrays_of_first(self, arrays: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        return arrays


ALONE = Alone()


class Engine(Protocol):
    """Who computes: `start`, then `run` span after span, `state` and `forward` in between."""

    @property
    def name(self) -> str: ...

    @property
    def precisions(self) -> tuple[str, ...]:
        """What it can compute in, its choice first."""

    @property
    def arithmetic(self) -> float:
        """Floating-point operations that it does in a second, roughly: so many are a span."""

    @property
    def step_overhead(self) -> float:
        """What one step costs besides its arithmetic, in the same unit."""

    @property
    def library_bytes(self) -> int:
        """Memory that its library and its copies of the rows take, besides what every training takes."""

    @property
    def group(self) -> Group:
        """The processes that compute together."""

    def start(self, state: State, work: Work) -> None:
        """Take up a training where `state` stands."""

    def run(self, data: Data, order: IntArray, first_step: int, last_step: int) -> Span:
        """Make the steps first_step..last_step − 1 of an epoch: step i takes the rows
        order[i · batch_size : (i + 1) · batch_size] of the data. Of shared examples each process has the order of its
        own, and takes order[share.of(i · batch_size) : share.of((i + 1) · batch_size)]."""

    def state(self) -> State:
        """Where the training stands; the arrays are not changed afterwards."""

    def forward(self, x: FloatArray) -> FloatArray:
        """The weighted inputs z of the output layer, (n, units), without dropout: cost and activation follow from them
        by the equations."""


def fresh_state(network: Network, optimizer: Optimizer, precision: str) -> State:
    """The state of a training that has not begun: the network's numbers, and slots of zeros."""
    kept = kept_precision(precision)
    weights = tuple(W.astype(kept) for W in network.weights)
    biases = tuple(b.astype(kept) for b in network.biases)

    def empty(array: FloatArray) -> Slots:
        return dict.fromkeys(optimizer.slots, array * 0)

    slots = tuple((empty(W), empty(b)) for W, b in zip(weights, biases, strict=True))
    return State(weights, biases, slots)
