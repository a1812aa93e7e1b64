"""One example beside its batch: what each example asks of a weight, and what is left of it in the mean."""

from __future__ import annotations

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.equations.layers import mean_bias_gradient, mean_weight_gradient
from clearprop.explaining.choice import Choice
from clearprop.explaining.explanation import Block, Group, Note, Section, Step, Table
from clearprop.explaining.putting_in import Key
from clearprop.explaining.writing import Writer

LEFT_ALONE = 0.5
"""A weight of whose gradients less than this share is left in the mean counts as pulled both ways."""


def batch_section(writer: Writer, choice: Choice) -> Section:
    """The mean of each shown weight's gradients, example by example, and how much of them all cancels."""
    quantities = writer.quantities
    n, sizes = len(quantities.step.x), quantities.network.sizes
    weights: list[Step] = []
    biases: list[Step] = []
    rows: list[tuple[Key | str, tuple[float | str, ...]]] = []
    for layer in choice.layers():
        for j in choice.neurons(layer):
            for k in choice.inputs(layer, j):
                at = {"l": layer, "j": j, "k": k}
                weights.append(writer.step(mean_weight_gradient, at, {"i": n}, neuron=j))
                each = quantities.step.delta[layer][:, j] * quantities.step.a[layer - 1][:, k]
                rows.append((("W", (layer, j, k)), _row(each)))
            biases.append(writer.step(mean_bias_gradient, {"l": layer, "j": j}, {"i": n}, neuron=j))
            rows.append((("b", (layer, j)), _row(quantities.step.delta[layer][:, j])))
    count = sum(sizes[layer] * sizes[layer - 1] for layer in choice.layers())
    examples = tuple(f"example {i + 1}{' (this one)' if i == quantities.example else ''}" for i in range(n))
    title = "What each example asks for, their mean, and how much of their size is left in it"
    blocks: list[Block] = [
        Note("Every example goes the same way, with its own a and δ; here are those that each weight needs of them."),
        Group(tuple(weights), count - len(weights)),
        Group(tuple(biases), sum(sizes[layer] for layer in choice.layers()) - len(biases)),
    ]
    if n <= 8:
        blocks.append(Table(title, (*examples, "mean", "left"), tuple(rows)))
    blocks.append(_what_the_numbers_say(writer))
    return Section("batch", f"This example beside the batch of {n}", tuple(blocks))


def _row(each: FloatArray) -> tuple[float | str, ...]:
    size = float(np.mean(np.abs(each)))
    left = abs(float(np.mean(each))) / size if size else 0.0
    return (*map(float, each), float(np.mean(each)), f"{left:.0%}")


def _what_the_numbers_say(writer: Writer) -> Note:
    """How much of the gradients cancels, over all weights and biases."""
    step = writer.quantities.step
    sizes = means = 0.0
    opposed = total = 0
    for layer in range(1, step.layers + 1):
        delta, before = step.delta[layer], step.a[layer - 1]
        # Σ_i |δ_ij a_ik| is a matrix product, as their mean is: no table of all examples is made
        weight_sizes, bias_sizes = np.abs(delta).T @ np.abs(before) / len(delta), np.abs(delta).mean(axis=0)
        for size, mean in ((weight_sizes, np.abs(step.dW[layer])), (bias_sizes, np.abs(step.db[layer]))):
            sizes, means = sizes + float(size.sum()), means + float(mean.sum())
            opposed += int(np.sum(mean < LEFT_ALONE * size))
            total += int(np.sum(size > 0))
    if not total:
        return Note("No example asks anything of any weight: every gradient is 0.")
    share = means / sizes
    verdict = (
        "They nearly cancel: this batch hardly moves the network."
        if share < 0.05
        else "They do not cancel: what is left is what this batch teaches."
    )
    return Note(
        f"Over all {total:,} weights and biases that any example asks to move, the mean keeps {share:.0%} of the size "
        f"of the single gradients; {opposed:,} of them are pulled both ways so evenly that less than half is left. "
        f"{verdict}"
    )
