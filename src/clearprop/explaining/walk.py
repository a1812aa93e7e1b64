"""`explain`: one example's whole way, forward, back, and one step on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.equations.updates import OPTIMIZERS, optimizer_named
from clearprop.errors import ArgumentError
from clearprop.explaining.backward import backward_section, cost_section
from clearprop.explaining.batching import batch_section
from clearprop.explaining.choice import Choice
from clearprop.explaining.deciding import Names, decision_section
from clearprop.explaining.derivations import derived
from clearprop.explaining.explanation import Explanation, Note, Section, braced
from clearprop.explaining.figures import DIGITS
from clearprop.explaining.forward import forward_section
from clearprop.explaining.notations import notation_named
from clearprop.explaining.picturing import with_pictures
from clearprop.explaining.putting_in import Key
from clearprop.explaining.quantities import Quantities
from clearprop.explaining.updating import Update, after_section, update_section
from clearprop.explaining.writing import Writer
from clearprop.network import Network
from clearprop.targets import predicted_class

LEARNING_RATE = 0.1
MOST_DIGITS = 12
FEW_INPUTS = 8
"""So many inputs are told one by one."""


def explain(
    network: Network,
    x: Any,
    y: Any = None,
    *,
    learning_rate: float = LEARNING_RATE,
    optimizer: str = "sgd",
    optimizer_options: Mapping[str, float] | None = None,
    t: int = 1,
    state: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]] | None = None,
    example: int = 0,
    terms: int | None = None,
    layer: int | None = None,
    neuron: Sequence[int] | None = None,
    weight: Sequence[int] | None = None,
    against: int | None = None,
    notation: str = "books",
    digits: int = DIGITS,
    calculus: bool = False,
    classes: Sequence[Any] | None = None,
    inputs: Sequence[str] | None = None,
    image: tuple[int, int] | None = None,
) -> Explanation:
    """Every equation of one example's forward pass, cost, backward pass and update, with its numbers.

    x is one example (inputs,) and y its target (a class index, or a row), or both hold a batch: then `example` is
    explained, counted from 0, and set beside the others. Without y the explanation ends with the answer. Layers,
    neurons and inputs count from 1: `layer=2`, `neuron=(2, 7)`, `weight=(1, 4, 300)` show that part alone, `against`
    is the output that the winner is compared with. `terms` of a long sum are written out; the others are one number,
    so that every sum is exact. `t` and `state`, an optimizer's arrays by slot for (weight, bias) of each layer, show
    an update in the middle of a training. `classes` and `inputs` name outputs and inputs, `image` is (height, width)
    of inputs that are a picture.

    >>> import clearprop as cp
    >>> network = cp.Network.of([[[0.3, -0.2], [0.1, 0.4]]], [[0.0, 0.0]], activations=["softmax"])
    >>> explanation = cp.explain(network, [1.0, 2.0], [1, 0])
    >>> from clearprop.equations.notation import TEXT
    >>> print(explanation.steps[0].line(TEXT))
    z⁽¹⁾₁ = 0.3 · 1 + (−0.2) · 2 + 0 = −0.1
    """
    xs, ys = _examples(x, y)
    _require(example, learning_rate, t, digits, len(xs))
    notation_named(notation)
    quantities = Quantities(network, xs, ys, example)
    choice = Choice.of(quantities, terms, layer, neuron, weight)
    names = _names(network, classes, inputs)
    writer = Writer(quantities, choice.terms)
    sections = [forward_section(writer, choice, number) for number in choice.layers()]
    if network.sizes[0] <= FEW_INPUTS and 1 in choice.layers():
        sections[0] = replace(sections[0], blocks=(_inputs_told(quantities, names), *sections[0].blocks))
    if image is not None and 1 in choice.layers():
        sections[0] = with_pictures(sections[0], quantities, choice, _image(image, network.sizes[0]))
    if network.sizes[-1] > 1 and not choice.narrowed:
        sections.append(decision_section(writer, names, None if against is None else against - 1))
    if ys is not None:
        rule = optimizer_named(optimizer)
        options = _options(optimizer, optimizer_options or {})
        sections += _back_and_on(writer, choice, Update(writer, rule, learning_rate, options, t, state))
    return Explanation(
        title=f"{network!r}: one example explained",
        summary=_summary(quantities, names, ys is not None),
        sections=tuple(map(derived, sections) if calculus else sections),
        values=quantities.arrays(),
        notation=notation,
        digits=digits,
    )


def _back_and_on(writer: Writer, choice: Choice, update: Update) -> list[Section]:
    sections = [] if choice.narrowed else [cost_section(writer)]
    sections += [backward_section(writer, choice, number) for number in reversed(choice.layers())]
    if len(writer.quantities.step.x) > 1:
        sections.append(batch_section(writer, choice))
    sections.append(update_section(update, choice))
    return sections if choice.narrowed else [*sections, after_section(update)]


def _examples(x: Any, y: Any) -> tuple[Any, Any]:
    """One example as a batch of one; a batch as it is."""
    xs = np.asarray(x)
    if xs.ndim != 1:
        return x, y
    if y is None:
        return xs[None, :], None
    ys = np.asarray(y)
    return xs[None, :], ys[None] if ys.ndim < 2 else ys


def _require(example: int, learning_rate: float, t: int, digits: int, count: int) -> None:
    if isinstance(example, bool) or not isinstance(example, (int, np.integer)) or not 0 <= example < count:
        raise ArgumentError(f"example: expected a whole number from 0 to {count - 1}, got {example!r}.")
    number = isinstance(learning_rate, (int, float)) and not isinstance(learning_rate, bool)
    if not number or not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ArgumentError(f"learning_rate: expected a number above 0, got {learning_rate!r}.")
    if isinstance(t, bool) or not isinstance(t, (int, np.integer)) or t < 1:
        raise ArgumentError(f"t: expected a whole number of at least 1, got {t!r}.")
    if isinstance(digits, bool) or not isinstance(digits, (int, np.integer)) or not 2 <= digits <= MOST_DIGITS:
        raise ArgumentError(f"digits: expected a whole number from 2 to {MOST_DIGITS}, got {digits!r}.")


def _options(optimizer: str, given: Mapping[str, float]) -> dict[str, float]:
    known = dict(OPTIMIZERS[optimizer].options)
    for name in given:
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "no options"
            raise ArgumentError(f"optimizer_options: expected {expected} for {optimizer!r}, got {name!r}.")
    return dict(given)


def _names(network: Network, classes: Sequence[Any] | None, inputs: Sequence[str] | None) -> Names:
    n_in, n_out = network.sizes[0], network.sizes[-1]
    if classes is not None and len(classes) != n_out:
        raise ArgumentError(f"classes: expected {n_out} names, one for each output, got {len(classes)}.")
    if inputs is not None and len(inputs) != n_in:
        raise ArgumentError(f"inputs: expected {n_in} names, one for each input, got {len(inputs)}.")
    return Names(
        None if classes is None else tuple(map(str, classes)), None if inputs is None else tuple(map(str, inputs))
    )


def _inputs_told(quantities: Quantities, names: Names) -> Note:
    """What the example is, and the targets if they are known."""
    x = quantities.row("a", 0)
    called = [f" ({braced(names.input(k))})" if names.inputs else "" for k in range(len(x))]
    told = [f"{{{k}}} = {{{len(x) + k}}}{called[k]}" for k in range(len(x))]
    keys: tuple[Key, ...] = tuple(("a", (0, k)) for k in range(len(x)))
    return Note(f"The inputs: {', '.join(told)}.", keys, tuple(map(float, x)))


def _image(image: Sequence[int], width: int) -> tuple[int, int]:
    if isinstance(image, str) or len(image) != 2 or image[0] * image[1] != width:
        raise ArgumentError(f"image: expected height and width of {width} pixels in all, got {image!r}.")
    return int(image[0]), int(image[1])


def _summary(quantities: Quantities, names: Names, targeted: bool) -> tuple[Note, ...]:
    a = quantities.outputs
    winner = int(predicted_class(a[None])[0]) if len(a) > 1 else 0
    answer = Note(f"The network's answer: {braced(names.output(winner))}, with {{0}}.", (), (float(a[winner]),))
    if not targeted:
        return (answer, Note("No target is known for this example, so there is no cost and no way back."))
    y = quantities.step.y[quantities.example]
    if np.count_nonzero(y) == 1 and y.max() == 1:
        return (answer, Note(f"It ought to be {braced(names.output(int(np.argmax(y))))}."))
    return (answer,)
