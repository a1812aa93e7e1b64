"""The update: how each weight moves, and what that does to the cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.equations.equation import Call, witnessed
from clearprop.equations.updates import Optimizer, expected_cost
from clearprop.errors import ArgumentError
from clearprop.explaining.choice import Choice
from clearprop.explaining.explanation import Block, Group, Note, Section, Step
from clearprop.explaining.putting_in import Key
from clearprop.explaining.writing import Writer

SHOWN_WHOLE = 20
"""Parameters up to which every one's move is shown, if it takes one line."""


class Update:
    """What an optimizer makes of the gradients: every parameter after the step."""

    def __init__(
        self,
        writer: Writer,
        optimizer: Optimizer,
        learning_rate: float,
        options: Mapping[str, float],
        t: int,
        slots: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]] | None,
    ) -> None:
        self.writer, self.optimizer, self.learning_rate, self.t = writer, optimizer, learning_rate, t
        self.options, self._slots = {**dict(optimizer.options), **options}, slots
        step = writer.quantities.step
        self._require_state()
        self.moved: dict[tuple[str, int], FloatArray] = {}
        for layer in range(1, step.layers + 1):
            for name in ("W", "b"):
                theta, g = step.value(name, layer), step.value(f"d{name}", layer)
                self.moved[name, layer] = self._move(name, layer, theta, g, ...)[0]

    def _move(self, name: str, layer: int, theta: FloatArray, g: FloatArray, at: Any) -> Any:
        # decay pulls on weights alone
        options = {**self.options, "decay": 0.0} if name == "b" and "decay" in self.options else self.options
        return self.optimizer.update(
            theta, g, self._state(name, layer, theta, at), t=self.t, eta=self.learning_rate, options=options
        )

    def _require_state(self) -> None:
        """ArgumentError unless the state has every slot of the rule for the weight and the bias of every layer."""
        if self._slots is None:
            return
        layers = self.writer.quantities.network.layers
        try:
            for layer, kept in zip(layers, self._slots, strict=True):
                for array, slots in zip((layer.weight, layer.bias), kept, strict=True):
                    for slot in self.optimizer.slots:
                        if np.shape(slots[slot]) != array.shape:
                            raise ValueError(slot)
        except (ValueError, KeyError, TypeError):
            raise ArgumentError(
                f"state: expected for each of {len(layers)} layers two mappings, of the weight and of the bias, with "
                f"arrays of their shapes named {', '.join(self.optimizer.slots) or 'nothing'}, got something else."
            ) from None

    def _state(self, name: str, layer: int, theta: FloatArray, at: Any) -> dict[str, FloatArray]:
        """What the rule remembers of these parameters: 0 before the first step."""
        if self._slots is None:
            return {slot: np.zeros_like(theta) for slot in self.optimizer.slots}
        kept = self._slots[layer - 1][0 if name == "W" else 1]
        return {slot: np.asarray(kept[slot], dtype=np.float64)[at] for slot in self.optimizer.slots}

    def calls(self, name: str, layer: int, place: tuple[int, ...]) -> list[Call]:
        """The equations by which one parameter moved, in the order in which they were computed."""
        step, at = self.writer.quantities.step, tuple(slice(i, i + 1) for i in place)
        with witnessed() as calls:
            self._move(name, layer, step.value(name, layer)[at], step.value(f"d{name}", layer)[at], at)
        return calls


def update_section(update: Update, choice: Choice) -> Section:
    """Each shown parameter's move: the steps of each equation together, in the order in which the rule takes them."""
    groups: dict[str, list[Step]] = {}
    shown = list(_shown(update, choice))
    for name, layer, place in shown:
        for step in _moves(update, name, layer, place):
            groups.setdefault(step.equation.name, []).append(step)
    left_out = update.writer.quantities.network.parameter_count - len(shown)
    blocks: list[Block] = [
        Note("Every slope above was taken before anything moved; now all weights and biases move at once.")
    ]
    blocks += [Group(tuple(steps), left_out) for steps in groups.values()]
    title = f"The update: {update.optimizer.name}, learning rate {update.learning_rate:g}"
    return Section("update", title, tuple(blocks))


def _shown(update: Update, choice: Choice) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    """The parameters whose move is shown."""
    network = update.writer.quantities.network
    whole = network.parameter_count <= SHOWN_WHOLE and len(update.optimizer.equations) == 1
    for layer in choice.layers():
        neurons = choice.neurons(layer)
        for j in neurons if whole else neurons[:1]:
            inputs = choice.inputs(layer, j)
            for k in inputs if whole else inputs[:1]:
                yield "W", layer, (j, k)
            if whole or choice.input is None:
                yield "b", layer, (j,)


def _moves(update: Update, name: str, layer: int, place: tuple[int, ...]) -> Iterator[Step]:
    """One parameter's steps, from the optimizer's own calls: a number comes from the call that returned it."""
    writer, at = update.writer, (layer, *place)
    calls = update.calls(name, layer, place)
    origins: dict[int, str] = {}
    for call in calls:
        last = call is calls[-1]
        sources: dict[Key, str] = {
            (s, ()): origins[id(value)] for s, value in call.arguments.items() if id(value) in origins
        }
        if id(call.arguments.get("g")) not in origins and (gradient := writer.gradient_of(name, at)):
            sources["g", ()] = gradient
        made = writer.step(
            call.equation,
            {},
            local={(symbol, ()): _one(value) for symbol, value in call.arguments.items()},
            sources=sources,
            result=_one(call.result),
            key=(f"new_{name}" if last else f"{call.equation.name}_{name}", at),
            neuron=place[0],
            of=(name, at),
        )
        origins[id(call.result)] = made.id
        yield made


def _one(value: Any) -> float:
    return float(np.ravel(value)[0])


def after_section(update: Update) -> Section:
    """The cost after the step, beside what the slopes promised."""
    writer = update.writer
    quantities, step = writer.quantities, writer.quantities.step
    order = [(name, layer) for layer in range(1, step.layers + 1) for name in ("W", "b")]
    g = np.concatenate([np.ravel(step.value(f"d{name}", layer)) for name, layer in order])
    move = np.concatenate([np.ravel(update.moved[name, layer] - step.value(name, layer)) for name, layer in order])
    before = np.asarray(step.cost[step.layers].mean())
    expected = writer.step(
        expected_cost,
        {},
        {"k": len(g)},
        local={("C", ()): float(before)},
        arrays={"g": g, "move": move},
        terms=g * move,
        result=float(expected_cost(before, g, move)),
        key=("C_expected", ()),
    )
    layers = range(1, step.layers + 1)
    moved = quantities.network.with_parameters(
        [update.moved["W", layer] for layer in layers], [update.moved["b", layer] for layer in layers]
    )
    after = moved.cost_of(step.x, step.y)
    told = Note(
        "Really computed again with the new weights, the cost went from {0} to {1}, where the slopes promised {2}."
        + _verdict(float(before), after, expected.result),
        (),
        (float(before), after, expected.result),
    )
    blocks: list[Block] = [Group((expected,)), told]
    if len(step.x) > 1:
        blocks.insert(0, Note(f"C is here the mean cost of the {len(step.x)} examples, whose slopes were followed."))
    return Section("after", "The cost after the step", tuple(blocks))


def _verdict(before: float, after: float, expected: float) -> str:
    if not np.isfinite(after) or after > before:
        return " It rose: the step was too long for slopes that hold only nearby. Try a smaller learning rate."
    promised, kept = before - expected, before - after
    if promised <= 0 or abs(kept - promised) <= promised / 4:
        return ""
    return " The slopes changed on the way: a smaller learning rate would bring the two closer."
