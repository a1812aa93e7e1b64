"""The cost, and backward: from it to the slopes of every weight, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.equations.activations import elementwise_pullback, sigmoid_slope, softmax_pullback
from clearprop.equations.formula import Formula
from clearprop.equations.layers import bias_gradient, input_gradient, weight_gradient
from clearprop.equations.outputs import matching_delta
from clearprop.explaining.choice import Choice
from clearprop.explaining.derivations import CANCELLING, TARGETS_ADD_UP, product
from clearprop.explaining.explanation import Block, Chain, Group, Note, Section, Step, Table
from clearprop.explaining.nudging import activation_nudge, cost_nudge
from clearprop.explaining.putting_in import GONE, Key
from clearprop.explaining.writing import Writer

CANCELLED = 2
"""Outputs for which the product of Jacobian and ∂C/∂a is written out."""

BEYOND = (
    "An output is closer to 0 or 1 than the smallest number of this computer: its logarithm and 1/a cannot be shown."
)

JACOBIAN_WHOLE = 2
"""Neurons up to which every entry of the Jacobian gets a line of its own; the table shows all of them in any case."""


def cost_section(writer: Writer) -> Section:
    """How wrong the outputs are."""
    quantities = writer.quantities
    cost, last = quantities.step.output.cost_function, quantities.last
    title = f"The cost: {cost.name.replace('_', ' ')}"
    if quantities.beyond:
        return Section("cost", title, (Note(BEYOND + " The cost, taken from z, is {0}.", (), (quantities.cost,)),))
    step = writer.step(cost.value, {"l": last}, {"j": quantities.network.sizes[-1]})
    return Section("cost", title, (Group((step,)),))


def backward_section(writer: Writer, choice: Choice, layer: int) -> Section:
    """From the slopes of this layer's activations to those of its weights, and of the layer before."""
    quantities = writer.quantities
    sizes, shown = quantities.network.sizes, choice.neurons(layer)
    left_out = sizes[layer] - len(shown)
    if layer == quantities.last and quantities.beyond:
        blocks = _beyond(writer, layer, shown)
    else:
        blocks = _to_deltas(writer, layer, shown, left_out)
    blocks += _parameters(writer, choice, layer, shown)
    if layer > 1:
        blocks.append(_layer_before(writer, choice, layer))
    return Section(f"backward-{layer}", f"Backward through layer {layer}", tuple(blocks), layer)


def _to_deltas(writer: Writer, layer: int, shown: list[int], left_out: int) -> list[Block]:
    """From ∂C/∂a through the slopes of the activation to δ."""
    quantities = writer.quantities
    blocks: list[Block] = []
    if layer == quantities.last:
        blocks.append(Group(tuple(_slopes_of_cost(writer, layer, shown)), left_out))
    blocks += _slopes(writer, layer, shown)
    blocks.append(Group(tuple(_deltas(writer, layer, shown)), left_out))
    if layer == quantities.last and quantities.step.output.matching:
        if quantities.step.activations[layer].couples:
            blocks += [_cancelling(writer, layer, k) for k in (shown[:1] if left_out else shown[:CANCELLED])]
        blocks.append(Group(tuple(_matching(writer, layer, shown)), left_out))
    return blocks


def _beyond(writer: Writer, layer: int, shown: list[int]) -> list[Block]:
    """δ where ∂C/∂a is larger than any number: the slopes cancel before they are computed."""
    keys: tuple[Key, ...] = tuple(("delta", (layer, j)) for j in shown)
    if writer.quantities.step.output.matching:
        steps = tuple(_matching(writer, layer, shown))
        return [Note(BEYOND + " What is left when the slopes cancel is not."), Group(steps)]
    figures = tuple(map(writer.quantities.number, keys))
    told = ", ".join(f"{{{number}}} = {{{number + len(keys)}}}" for number in range(len(keys)))
    return [Note(f"{BEYOND} Taken from z: {told}.", keys, figures)]


def _slopes_of_cost(writer: Writer, layer: int, shown: list[int]) -> list[Step]:
    slope = writer.quantities.step.output.cost_function.slope
    steps = []
    for j in shown:
        key: Key = ("a", (layer, j))
        nudged = cost_nudge(writer.quantities, key, writer.quantities.number(("dC/da", (layer, j))))
        steps.append(writer.step(slope, {"l": layer, "j": j}, nudge=nudged, neuron=j))
    return steps


def _slopes(writer: Writer, layer: int, shown: list[int]) -> list[Block]:
    """σ'(z) of each neuron, or the Jacobian of a softmax layer."""
    activation, size = writer.quantities.step.activations[layer], writer.quantities.network.sizes[layer]
    if not activation.couples:
        steps = [_slope(writer, layer, j, j) for j in shown]
        return [Group(tuple(steps), size - len(shown))]
    pairs = [(j, k) for k in shown for j in shown]
    if size > JACOBIAN_WHOLE:
        pairs = [(j, k) for j, k in pairs if k == shown[0]]
    steps = [_slope(writer, layer, j, k) for j, k in pairs]
    return [Group(tuple(steps), size**2 - len(pairs)), _jacobian(writer, layer, shown)]


def _slope(writer: Writer, layer: int, j: int, k: int) -> Step:
    quantities = writer.quantities
    activation = quantities.step.activations[layer]
    at = {"l": layer, "j": j, "k": k} if activation.couples else {"l": layer, "j": j}
    slope = quantities.number(("da/dz", (layer, j, layer, k)))
    return writer.step(activation.slope, at, nudge=activation_nudge(quantities, layer, j, k, slope), neuron=j)


def _jacobian(writer: Writer, layer: int, shown: list[int]) -> Table:
    """The slopes of every shown output by every shown z, and what σ'(z) would have been."""
    quantities = writer.quantities
    z = quantities.row("z", layer)
    rows: list[tuple[Key | str, tuple[float | str, ...]]] = []
    for j in shown:
        slopes = [quantities.number(("da/dz", (layer, j, layer, k))) for k in shown]
        rows.append((("a", (layer, j)), (*slopes, float(sigmoid_slope(z[j : j + 1])[0]))))
    columns: tuple[Key | str, ...] = (*(("z", (layer, k)) for k in shown), "σ′(z), if it were a sigmoid")
    title = "How fast each output (row) moves with each z (column); a sigmoid would have one number a row"
    return Table(title, columns, tuple(rows))


def _deltas(writer: Writer, layer: int, shown: list[int]) -> list[Step]:
    quantities = writer.quantities
    couples, size = quantities.step.activations[layer].couples, quantities.network.sizes[layer]
    steps = []
    for j in shown:
        nudged = cost_nudge(quantities, ("z", (layer, j)), quantities.number(("delta", (layer, j))))
        if couples:
            at = {"l": layer, "k": j}
            # a − y of a saturated output rounds to 0 where the product still has digits
            result = None if quantities.number(("delta", (layer, j))) else _product(writer, at, size)
            step = writer.step(softmax_pullback, at, {"j": size}, nudge=nudged, neuron=j, result=result)
        else:
            step = writer.step(elementwise_pullback, {"l": layer, "j": j}, nudge=nudged, neuron=j)
        steps.append(step)
    return steps


def _cancelling(writer: Writer, layer: int, k: int) -> Chain:
    """The product of Jacobian and ∂C/∂a, written out until a − y is left."""
    left, size = softmax_pullback.formula.left, writer.quantities.network.sizes[layer]
    struck = product().put({"a[l, j]": f"{GONE}[l, j]"})
    formulas = [(struck, "Both slopes put in"), *((Formula(f"{left} = {line}"), why) for line, why in CANCELLING)]
    at, key = {"l": layer, "k": k}, ("delta", (layer, k))
    lines = [
        (writer.step(softmax_pullback, at, {"j": size}, formula=formula, key=key, neuron=k), reason)
        for formula, reason in formulas
    ]
    last = writer.step(matching_delta, {"l": layer, "j": k}, neuron=k)
    lines.append((last, TARGETS_ADD_UP))
    return Chain("Why nothing but a − y is left of {0}:", (key,), tuple(lines))


def _product(writer: Writer, at: Mapping[str, int], size: int) -> float:
    """The pullback of softmax by its own formula."""
    return softmax_pullback.formula.evaluate(
        lambda name, place: writer.quantities.number((name, place)), at, {"j": range(size)}
    )


def _matching(writer: Writer, layer: int, shown: list[int]) -> list[Step]:
    return [writer.step(matching_delta, {"l": layer, "j": j}, neuron=j) for j in shown]


def _parameters(writer: Writer, choice: Choice, layer: int, shown: list[int]) -> list[Block]:
    """∂C/∂W and ∂C/∂b."""
    quantities = writer.quantities
    sizes = quantities.network.sizes
    weights, biases = [], []
    for j in shown:
        for k in choice.inputs(layer, j):
            nudged = cost_nudge(quantities, ("W", (layer, j, k)), quantities.number(("dC/dW", (layer, j, k))))
            weights.append(writer.step(weight_gradient, {"l": layer, "j": j, "k": k}, nudge=nudged, neuron=j))
        nudged = cost_nudge(quantities, ("b", (layer, j)), quantities.number(("dC/db", (layer, j))))
        biases.append(writer.step(bias_gradient, {"l": layer, "j": j}, nudge=nudged, neuron=j))
    return [
        Group(tuple(weights), sizes[layer] * sizes[layer - 1] - len(weights)),
        Group(tuple(biases), sizes[layer] - len(biases)),
    ]


def _layer_before(writer: Writer, choice: Choice, layer: int) -> Group:
    """∂C/∂a of the layer before, which its own backward pass starts from."""
    quantities = writer.quantities
    sizes = quantities.network.sizes
    steps = []
    shown = choice.neurons(layer - 1)
    for k in shown:
        nudged = cost_nudge(quantities, ("a", (layer - 1, k)), quantities.number(("dC/da", (layer - 1, k))))
        steps.append(writer.step(input_gradient, {"l": layer, "k": k}, {"j": sizes[layer]}, nudge=nudged, neuron=k))
    return Group(tuple(steps), sizes[layer - 1] - len(shown))
