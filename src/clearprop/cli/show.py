"""`clearprop show`: what is in a model file."""

from __future__ import annotations

from typing import Any

from clearprop.cli import options
from clearprop.cli.console import output, print_json, speaking
from clearprop.cli.report import print_table, table_of
from clearprop.model import Model, load

NAMES_SHOWN = 20


@speaking
def show_command(model: options.ModelFile, json: options.Json = False) -> None:
    """Show a model: its layers, its inputs, its classes, what it was trained on and how well it did."""
    loaded = load(model)
    if json:
        print_json(document(loaded))
        return
    output.print(repr(loaded.network))
    _print_layers(loaded)
    if loaded.features is not None:
        output.print(f"Inputs: {_listed(loaded.features.input_names)}")
    if loaded.classes is not None:
        output.print(f"Classes: {_listed(loaded.classes)}")
    for key, value in loaded.provenance.items():
        if not _is_empty(value):
            output.print(f"{key[:1].upper()}{key[1:]}: {_told(value)}")


def document(model: Model) -> dict[str, Any]:
    """What `show --json` prints."""
    network = model.network
    return {
        "layers": list(network.sizes),
        "activations": [layer.activation for layer in network.layers],
        "cost": network.cost,
        "precision": network.precision,
        "parameters": network.parameter_count,
        "inputs": None if model.features is None else list(model.features.input_names),
        "classes": None if model.classes is None else list(model.classes),
        "provenance": dict(model.provenance),
    }


def _print_layers(model: Model) -> None:
    table = table_of(("layer", "inputs", "neurons", "activation", "smallest weight", "largest weight"))
    for number, layer in enumerate(model.network.layers, 1):
        neurons, inputs = layer.weight.shape
        smallest, largest = f"{layer.weight.min():.4g}", f"{layer.weight.max():.4g}"
        table.add_row(str(number), str(inputs), str(neurons), layer.activation, smallest, largest)
    print_table(table)


def _listed(names: Any) -> str:
    more = f", … ({len(names):,} in all)" if len(names) > NAMES_SHOWN else ""
    return ", ".join(map(str, names[:NAMES_SHOWN])) + more


def _is_empty(value: Any) -> bool:
    return value is None or value == {}


def _told(value: Any) -> str:
    if isinstance(value, dict):
        parts = ((key.replace("_", " "), part) for key, part in value.items() if not _is_empty(part))
        return ", ".join(f"{key} {_told(part)}" for key, part in parts)
    if isinstance(value, list):
        return " to ".join(map(_told, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
