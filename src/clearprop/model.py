"""Model: a network, how data becomes its inputs, what its outputs are called, and where it came from. One file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any

from clearprop import storage
from clearprop.arrays import FloatArray, is_finite, plain
from clearprop.errors import ArgumentError, ClearpropError, ModelError
from clearprop.features import Features, features_from_document
from clearprop.network import PRECISIONS, Network
from clearprop.targets import ClassName, count_of_classes


@dataclass(frozen=True, eq=False)
class Model:
    """A network with everything that labelling needs.

    `features` says how rows of data become inputs (None: they are the inputs), `classes` what the outputs are called
    (None: they are real numbers), `provenance` what the network was trained on, how, and how well it did.
    """

    network: Network
    features: Features | None = None
    classes: tuple[ClassName, ...] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = self.network.sizes
        if self.classes is not None:
            object.__setattr__(self, "classes", _class_names(self.classes))
        if self.classes is not None and len(self.classes) != count_of_classes(sizes[-1]):
            raise ArgumentError(
                f"classes: expected {count_of_classes(sizes[-1])} for {sizes[-1]} outputs, got {len(self.classes)}."
            )
        if self.features is not None and self.features.width != sizes[0]:
            raise ArgumentError(f"features: expected {sizes[0]} inputs for this network, got {self.features.width}.")

    def __repr__(self) -> str:
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"Model: {self.network!r}{classes}"


def save(model: Model | Network, path: str | os.PathLike[str]) -> None:
    """Write a model, or a bare network, to one `.safetensors` file, whole or not at all.

    ArgumentError if the place cannot be written, or the weights are not finite; an older file of that name then stays
    as it was. JSON knows no infinity: such figures of the provenance become None.
    """
    if not isinstance(model, (Model, Network)):
        raise ArgumentError(
            f"save: expected a Model or a Network and then the file's name, got {type(model).__name__} first; "
            f"write cp.save(model, path)."
        )
    whole = Model(model) if isinstance(model, Network) else model
    document = {
        "activations": [layer.activation for layer in whole.network.layers],
        "cost": whole.network.cost,
        "classes": None if whole.classes is None else list(whole.classes),
        "features": None if whole.features is None else whole.features.to_document(),
        "provenance": storage.strict(dict(whole.provenance)),
    }
    arrays = parameters_by_name(whole.network.weights, whole.network.biases)
    _require_finite(arrays)
    storage.write(Path(path), "model", arrays, document)


def load(path: str | os.PathLike[str]) -> Model:
    """The model that `save` wrote. ModelError, in one sentence, for a file that is damaged or something else."""
    arrays, document = storage.read(Path(path), "model")
    try:
        return _model(arrays, document)
    except ClearpropError as error:
        raise ModelError(f"{path}: {error}") from None


def parameters_by_name(weights: Any, biases: Any) -> dict[str, FloatArray]:
    """The parameters under the names that the file gives them."""
    named = {}
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        named[f"layers.{number}.weight"], named[f"layers.{number}.bias"] = weight, bias
    return named


def _model(arrays: dict[str, FloatArray], document: storage.Document) -> Model:
    activations, cost = document.get("activations"), document.get("cost")
    if not isinstance(activations, list) or not isinstance(cost, str):
        raise ModelError("the model's description lacks its activations or its cost.")
    names = [f"layers.{number}.{part}" for number in range(len(activations)) for part in ("weight", "bias")]
    if sorted(names) != sorted(arrays):
        raise ModelError(f"expected the arrays {', '.join(names)}, got {', '.join(arrays) or 'none'}.")
    if any(str(array.dtype) not in PRECISIONS for array in arrays.values()):
        raise ModelError(f"expected arrays of {' or '.join(PRECISIONS)}, got another precision.")
    _require_finite(arrays)
    weights, biases = ([arrays[name] for name in names[start::2]] for start in (0, 1))
    features, classes = document.get("features"), document.get("classes")
    if not isinstance(classes, (list, NoneType)):
        raise ModelError(f"expected class names as a list, got {classes!r}.")
    provenance = document.get("provenance")
    return Model(
        Network.of(weights, biases, activations=activations, cost=cost),
        None if features is None else features_from_document(features),
        None if classes is None else tuple(classes),
        provenance if isinstance(provenance, dict) else {},
    )


def _require_finite(arrays: Mapping[str, FloatArray]) -> None:
    for name, array in arrays.items():
        if not is_finite(array):
            raise ArgumentError(f"expected finite weights and biases, got NaN or infinity in {name}.")


def _class_names(names: Iterable[Any]) -> tuple[ClassName, ...]:
    given = tuple(plain(name) for name in names)
    if not all(isinstance(name, (str, int, float)) for name in given):
        raise ArgumentError(f"classes: expected texts or numbers, got {list(given)!r}.")
    if len(set(given)) != len(given):
        raise ArgumentError(f"classes: expected different names, got one of them twice in {list(given)!r}.")
    return given
