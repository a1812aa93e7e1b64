"""Two examples with opposite labels: which trainings learn them, and which answer [0.5, 0.5] for ever?

    python examples/two_opposing_examples.py

Averaging the gradients of [1, 0] and [0, 1] does not make them cancel: their inputs differ, so they pull on different
weights. What does keep a network at [0.5, 0.5] is a start in which nothing tells the neurons apart, or inputs that
nothing tells apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop import Network, train

STEPS = 3_000
LABELS = np.array([[1.0, 0.0], [0.0, 1.0]])
OUTPUTS = {"sigmoid": "squared_error", "softmax": "cross_entropy"}
CASES = ("random weights", "zero weights", "equal inputs")


@dataclass(frozen=True)
class Case:
    """What a training was given, and what the network answers to the two examples afterwards, one row each."""

    name: str
    output: str
    cost: str
    learning_rate: float
    answers: np.ndarray

    @property
    def error(self) -> float:
        """The largest distance of an answer from its label."""
        return float(np.abs(self.answers - LABELS).max())

    @property
    def stuck(self) -> bool:
        """Whether every answer is [0.5, 0.5]."""
        return bool(np.abs(self.answers - 0.5).max() < 1e-6)


def two_inputs(equal: bool = False, largest: float = 1.0) -> np.ndarray:
    """Two pictures of 784 random grey values, or the same one twice."""
    x = np.random.default_rng(0).uniform(0, largest, (2, 784))
    return x[[0, 0]] if equal else x


def learn(
    name: str, output: str, *, learning_rate: float = 3.0, initialization: str = "normal", largest: float = 1.0
) -> Case:
    """Train 784-16-16-2 with plain gradient descent on both examples at once."""
    cost = OUTPUTS[output]
    network = Network.initialize(
        [784, 16, 16, 2],
        hidden="sigmoid",
        output=output,
        cost=cost,
        initialization="zeros" if name == "zero weights" else initialization,
        precision="float64",
    )
    x = two_inputs(equal=name == "equal inputs", largest=largest)
    training = train(
        network,
        x,
        LABELS,
        optimizer="sgd",
        learning_rate=learning_rate,
        schedule="constant",
        batch_size=2,
        epochs=STEPS,
        validation=0,
        precision="float64",  # to tell what is stuck at 0.5 from what is only rounded to it
    )
    return Case(name, output, cost, learning_rate, training.network.probabilities(x))


def table(cases: list[Case]) -> str:
    """The cases as lines of text."""
    lines = [f"{'':14}  {'output, cost':22}  {'answers to the two':30}  verdict"]
    for case in cases:
        first, second = (f"[{a:.3f}, {b:.3f}]" for a, b in case.answers)
        verdict = "stuck at [0.5, 0.5]" if case.stuck else f"learned to within {case.error:.4f}"
        lines.append(f"{case.name:14}  {f'{case.output}, {case.cost}':22}  {f'{first}  {second}':30}  {verdict}")
    return "\n".join(lines)


def main() -> None:
    print(f"784-16-16-2, labels [1, 0] and [0, 1], learning rate 3, {STEPS:,} steps on both examples at once:\n")
    print(table([learn(name, output) for name in CASES for output in OUTPUTS]))


if __name__ == "__main__":
    main()
