"""Why this label: what each neuron and each input gave to one output's lead over another, as exact sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.equations.decisions import gain, input_lead, lead
from clearprop.equations.layers import input_gradient
from clearprop.errors import ArgumentError
from clearprop.explaining.explanation import Block, Group, Note, Section, braced
from clearprop.explaining.putting_in import Key
from clearprop.explaining.quantities import Quantities
from clearprop.explaining.writing import Writer
from clearprop.targets import predicted_class

RANKED = 4
"""Contributions that are told."""


@dataclass(frozen=True)
class Names:
    """What outputs and inputs are called; without names, by their numbers."""

    classes: tuple[str, ...] | None = None
    inputs: tuple[str, ...] | None = None

    def output(self, j: int) -> str:
        return f"class {self.classes[j]!r}" if self.classes else f"output {j + 1}"

    def input(self, k: int) -> str:
        return f"{self.inputs[k]!r}" if self.inputs else f"input {k + 1}"


def rivals(quantities: Quantities, against: int | None) -> tuple[int, int]:
    """The output that won and the one it is compared with: the target if another won, else the runner-up."""
    a = quantities.outputs
    winner = int(predicted_class(a[None])[0])
    if against is not None:
        if not 0 <= against < len(a) or against == winner:
            raise ArgumentError(
                f"against: expected an output from 1 to {len(a)} other than {winner + 1}, which won, got {against + 1}."
            )
        return winner, against
    if quantities.step.y is not None:
        target = int(np.argmax(quantities.step.y[quantities.example]))
        if target != winner:
            return winner, target
    return winner, int(np.argsort(-a, kind="stable")[1])


def decision_section(writer: Writer, names: Names, against: int | None) -> Section:
    """The lead of the winner over its rival: by neurons of the layer before, then by inputs."""
    quantities = writer.quantities
    p, q = rivals(quantities, against)
    title = f"Why {names.output(p)} and not {names.output(q)}"
    blocks: list[Block] = _by_neurons(writer, names, p, q)
    if quantities.last > 1:
        blocks += _by_inputs(writer, names, p, q)
    return Section("decision", title, tuple(blocks))


def _by_neurons(writer: Writer, names: Names, p: int, q: int) -> list[Block]:
    quantities, last = writer.quantities, writer.quantities.last
    W, b, a = quantities.step.W[last], quantities.step.b[last], quantities.row("a", last - 1)
    value = float(lead(a, W[p], W[q], b[p], b[q]))
    indices = {"l": last, "j": p, "m": q}
    step = writer.step(lead, indices, {"k": len(a)}, result=value, key=("lead", (p, q)))
    gave = (W[p] - W[q]) * a
    called = [names.input(k) if last == 1 else f"neuron {k + 1} of layer {last - 1}" for k in _largest(gave)]
    return [Group((step,)), _ranking(gave, float(b[p] - b[q]), called, names, p, q)]


def _by_inputs(writer: Writer, names: Names, p: int, q: int) -> list[Block]:
    quantities, last = writer.quantities, writer.quantities.last
    if any(quantities.step.activations[layer].couples for layer in range(1, last)):
        return [Note("A hidden softmax layer mixes its neurons, so what came from which input cannot be told apart.")]
    pull, constant = pull_of_inputs(quantities, p, q)
    x = quantities.row("a", 0)
    local: dict[Key, float] = {("constant", ()): constant}
    step = writer.step(
        input_lead,
        {"l": last, "j": p, "m": q},
        {"k": len(x)},
        local=local,
        arrays={"pull": pull},
        terms=pull * x,
        result=float(input_lead(pull, x, np.asarray(constant))),
        key=("input_lead", (p, q)),
    )
    gave = pull * x
    ranking = _ranking(gave, constant, [names.input(k) for k in _largest(gave)], names, p, q)
    return [Group((step,)), ranking]


def pull_of_inputs(quantities: Quantities, p: int, q: int) -> tuple[FloatArray, float]:
    """How hard each input pulls at the lead of p over q, (inputs,), and what is left of the lead without inputs.

    Every neuron is taken for what it did here: it passed on a fixed share of its z, its gain.
    """
    step, last = quantities.step, quantities.last
    pull = step.W[last][p] - step.W[last][q]
    constant = float(step.b[last][p] - step.b[last][q])
    for layer in range(last - 1, 0, -1):
        z, a = quantities.row("z", layer), quantities.row("a", layer)
        start = step.activations[layer](np.zeros_like(z))
        constant += float(pull @ start)
        through = pull * gain(a, start, z)
        constant += float(through @ step.b[layer])
        pull = input_gradient(through[None], step.W[layer])[0]
    return np.asarray(pull), constant


def _largest(gave: FloatArray) -> list[int]:
    return [int(k) for k in np.argsort(-np.abs(gave), kind="stable")[:RANKED] if gave[k]]


def _ranking(gave: FloatArray, constant: float, called: list[str], names: Names, p: int, q: int) -> Note:
    """Who spoke for whom, loudest first."""
    largest = _largest(gave)
    told = [f"{braced(name)} {{{number}}}" for number, name in enumerate(called)]
    figures = [float(gave[k]) for k in largest]
    rest = f"; the biases give {{{len(figures)}}}" if constant else ""
    speaks = f"Above 0 speaks for {braced(names.output(p))}, below 0 for {braced(names.output(q))}"
    return Note(f"{speaks}: {', '.join(told)}{rest}.", (), (*figures, constant))
