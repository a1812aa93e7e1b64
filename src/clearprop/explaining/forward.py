"""Forward: weighted sums, term by term, and what each layer's activation makes of them."""

from __future__ import annotations

import numpy as np

from clearprop.equations.layers import weighted_input
from clearprop.explaining.choice import Choice
from clearprop.explaining.explanation import Block, Group, Note, Section
from clearprop.explaining.putting_in import Key
from clearprop.explaining.writing import Writer

CALCULATOR = 200.0
"""Beyond e to the power of ±200, softmax is shown with the largest z taken off: pocket calculators end at 1e99."""


def forward_section(writer: Writer, choice: Choice, layer: int) -> Section:
    """From the activations of the layer before to those of this layer."""
    quantities = writer.quantities
    sizes, activation = quantities.network.sizes, quantities.step.activations[layer]
    shown = choice.neurons(layer)
    wanted = choice.input if layer == choice.layer else None
    sums = [
        writer.step(weighted_input, {"l": layer, "j": j}, {"k": sizes[layer - 1]}, neuron=j, wanted=wanted)
        for j in shown
    ]
    blocks: list[Block] = [Group(tuple(sums), sizes[layer] - len(shown))]
    if activation.couples:
        blocks += _softmax(writer, layer, shown)
    else:
        own = [writer.step(activation.value, {"l": layer, "j": j}, neuron=j) for j in shown]
        blocks.append(Group(tuple(own), sizes[layer] - len(shown)))
    title = f"Forward through layer {layer}: {sizes[layer - 1]} → {sizes[layer]} neurons, {activation.name}"
    return Section(f"forward-{layer}", title, tuple(blocks), layer)


def _softmax(writer: Writer, layer: int, shown: list[int]) -> list[Block]:
    """Each exponential, their sum, each share."""
    quantities, softmax = writer.quantities, writer.quantities.step.activations[layer].value
    z = quantities.row("z", layer)
    above, below = softmax.formula.above_and_below()
    largest = float(np.max(z)) if np.max(np.abs(z)) > CALCULATOR else 0.0
    local: dict[Key, float] = {("z", (layer, k)): float(z[k]) - largest for k in range(len(z))}

    def lookup(name: str, at: tuple[int, ...]) -> float:
        return local[name, at]

    made = writer.made
    sources = {key: made[key] for key in local if key in made}
    exponentials = []
    for k in range(len(z)):
        at, key = {"l": layer, "j": k}, ("e", (layer, k))
        local[key] = above.evaluate(lookup, at, {})
        if k in shown:
            exponentials.append(
                writer.step(
                    softmax, at, formula=above, local=local, sources=sources, result=local[key], key=key, neuron=k
                )
            )
    everywhere, total_key = {"k": range(len(z))}, ("total", (layer,))
    local[total_key] = below.evaluate(lookup, {"l": layer}, everywhere)
    summed = below.put({above.renamed({"j": "k"}).right: "e[l, k]"})
    total = writer.step(
        softmax, {"l": layer}, {"k": len(z)}, formula=summed, local=local, result=local[total_key], key=total_key
    )
    named = softmax.formula.put({above.right: "e[l, j]", below.right: "total[l]"})
    shares = [writer.step(softmax, {"l": layer, "j": j}, formula=named, local=local, neuron=j) for j in shown]
    left_out = len(z) - len(shown)
    blocks: list[Block] = [Group((*exponentials, total, *shares), left_out)]
    if largest:
        blocks.insert(
            0,
            Note(
                "These z are too large for e to their power, so the largest is taken off all of them: "
                "that changes no share, because top and bottom shrink by the same factor."
            ),
        )
    return blocks
