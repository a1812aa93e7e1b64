"""How a learner's function takes its arrays, and how its answer is read back: rows or columns, (out, in) or (in,
out)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.checking.running.values import OTHER
from clearprop.checking.trial import Key, Trial

EXAMPLES = ("single", "rows", "columns")
WEIGHTS = ("out_in", "in_out")

_TOLD = {
    "rows": "examples as rows",
    "columns": "examples as columns",
    "single": "one example at a time",
    "out_in": "weights as (out, in)",
    "in_out": "weights as (in, out)",
    "numpy": "NumPy arrays",
    "lists": "lists",
    "torch": "PyTorch tensors",
    "jax": "JAX arrays",
}


@dataclass(frozen=True)
class Layout:
    """One way to hand over parameters and examples.

    `vectors` is how a bias (and, one at a time, an example) is shaped: flat (n,), column (n, 1) or row (1, n); `labels`
    is what targets are: as outputs, flat (m,) for one output, or the index of the class.
    """

    examples: str
    weights: str
    vectors: str
    container: str
    labels: str = "as outputs"

    @property
    def single(self) -> bool:
        return self.examples == "single"

    def told(self) -> list[str]:
        """The conventions in words."""
        shapes = {"flat": [], "column": ["vectors as columns (n, 1)"], "row": ["vectors as rows (1, n)"]}[self.vectors]
        labels = {"as outputs": [], "flat": ["targets as (m,)"], "index": ["targets as class indices"]}[self.labels]
        return [_TOLD[self.examples], _TOLD[self.weights], *shapes, *labels, _TOLD[self.container]]

    def weight(self, W: FloatArray) -> FloatArray:
        return W if self.weights == "out_in" else W.T

    def vector(self, b: FloatArray) -> FloatArray:
        """A bias, or one example."""
        return {"flat": b, "column": b[:, None], "row": b[None, :]}[self.vectors]

    def table(self, x: FloatArray) -> FloatArray:
        """Examples (n, units)."""
        if self.single:
            return self.vector(x[0])
        return x if self.examples == "rows" else x.T

    def targets(self, y: FloatArray) -> Any:
        """Targets (n, units)."""
        if self.labels == "as outputs":
            return self.table(y)
        flat = y[:, 0] if self.labels == "flat" else y.argmax(axis=1)
        return flat[0].item() if self.single else flat

    def parameters(self, trial: Trial) -> tuple[list[FloatArray], list[FloatArray]]:
        layers = range(1, trial.layers + 1)
        return [self.weight(trial.W[layer]) for layer in layers], [self.vector(trial.b[layer]) for layer in layers]

    def read_weight(self, array: FloatArray) -> FloatArray:
        """A weight's gradient as (out, in)."""
        return array.T if self.weights == "in_out" and array.ndim == 2 else array

    def read_vector(self, array: FloatArray) -> FloatArray:
        """A bias's gradient; of a table, one row an example."""
        return array.T if self.examples == "columns" and array.ndim == 2 else array

    def read_table(self, array: FloatArray, like: FloatArray) -> FloatArray | None:
        """Activations as (n, units), or None where they have another shape."""
        table = array.T if self.examples == "columns" and array.ndim == 2 else array
        return table.reshape(like.shape) if _fits(table, like) else None


def _fits(table: FloatArray, like: FloatArray) -> bool:
    return np.squeeze(table).shape == np.squeeze(like).shape


def layouts(examples: str | None, weights: str | None, container: str, labels: str) -> Iterator[Layout]:
    """Every layout that may be meant, batches first: what takes several examples at once is checked with several."""
    for way, shapes in _SHAPES.items():
        for vectors in shapes:
            for orientation in WEIGHTS:
                if examples in (None, way) and weights in (None, orientation):
                    yield Layout(way, orientation, vectors, container, labels)


_SHAPES = {"rows": ("flat", "row"), "columns": ("column", "flat"), "single": ("flat", "column", "row")}


def parameter_lists(value: Any, sizes: Sequence[int]) -> tuple[list[FloatArray], list[FloatArray]] | str:
    """What a function gave back as lists for weights and biases, or a sentence that says what came instead."""
    layers = len(sizes) - 1
    if isinstance(value, dict) and value.keys() != {OTHER}:
        return _from_names(value, layers)
    listed = isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim > 0)
    parts = list(value) if listed else None
    if parts is not None and len(parts) == 2 and all(_is_list(part, layers) for part in parts):
        weights, biases = ([np.asarray(array) for array in part] for part in parts)
        if layers != 2 or _sizes_fit(weights, sizes) or not _pairs(parts, sizes):
            return weights, biases
    if parts is not None and len(parts) == layers and all(_is_list(part, 2) for part in parts):
        return [np.asarray(part[0]) for part in parts], [np.asarray(part[1]) for part in parts]
    return f"expected two lists of {layers} arrays, for weights and for biases, got {what_came(value)}"


def _is_list(value: Any, length: int) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0 and len(value) == length
    return isinstance(value, list) and len(value) == length and all(isinstance(part, np.ndarray) for part in value)


def _sizes_fit(weights: Sequence[FloatArray], sizes: Sequence[int]) -> bool:
    return all(W.size == n_in * n_out for W, n_in, n_out in zip(weights, sizes, sizes[1:], strict=False))


def _pairs(parts: Sequence[Any], sizes: Sequence[int]) -> bool:
    """Whether two lists of two arrays are (∂W, ∂b) of two layers."""
    return _sizes_fit([np.asarray(part[0]) for part in parts], sizes)


def _from_names(value: dict[str, Any], layers: int) -> tuple[list[FloatArray], list[FloatArray]] | str:
    """Dictionaries with dW1, db1, dW2, …, as courses have them."""
    found: dict[Key, FloatArray] = {}
    for name, array in value.items():
        match = re.fullmatch(r"(?:d|grad_?)?([Wb])(\d+)", name)
        if match and isinstance(array, np.ndarray):
            found[match[1], int(match[2])] = array
    numbers = range(1, layers + 1)
    if all((letter, number) in found for letter in "Wb" for number in numbers):
        return [found["W", number] for number in numbers], [found["b", number] for number in numbers]
    return f"expected the keys dW1, db1 to dW{layers}, db{layers}, got {', '.join(map(repr, value)) or 'none'}"


MOST_PARTS = 4
"""So many parts of a list are told."""


def what_came(value: Any, *, parts: bool = True) -> str:
    """What a function gave back, in words; of a list its parts as well.

    >>> what_came([np.zeros(2), None])
    'a list of 2: an array of shape (2,), None'
    """
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    if isinstance(value, dict):
        return str(value[OTHER]) if value.keys() == {OTHER} else f"a dictionary with {_keys(value)}"
    if not isinstance(value, list):
        return type(value).__name__
    told = [_part(each, parts=parts) for each in value[:MOST_PARTS]] + ["…"] * (len(value) > MOST_PARTS)
    return f"a list of {len(value)}: {', '.join(told)}" if told else "a list of 0"


def _part(value: Any, *, parts: bool) -> str:
    if not isinstance(value, list):
        return what_came(value)
    return f"({what_came(value, parts=False)})" if parts else f"a list of {len(value)}"


def _keys(value: dict[str, Any]) -> str:
    return ", ".join(map(repr, list(value)[:MOST_PARTS])) + ", …" * (len(value) > MOST_PARTS) or "nothing in it"
