"""Who runs the equations. `engine_named` is the one place that knows all engines."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from clearprop.arrays import FloatArray, IntArray, is_finite
from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine
from clearprop.equations.tables import lookup
from clearprop.errors import ArgumentError, MissingExtraError
from clearprop.network import Network
from clearprop.targets import predicted_class

if TYPE_CHECKING:
    from clearprop.engines.cpu.forward import ForwardPass


def _cpu() -> Engine:
    try:
        from clearprop.engines.cpu.engine import CpuEngine
    except ImportError as error:
        raise MissingExtraError(
            f"engine 'cpu': it needs Numba and SciPy, which cannot be loaded here ({error})."
        ) from None
    return CpuEngine()


def _jax() -> Engine:
    try:
        from clearprop.engines.jax.engine import JaxEngine
    except ImportError as error:
        raise MissingExtraError(
            f"engine 'jax': it needs JAX, which cannot be loaded here ({error}). Type: pip install 'clearprop[jax]'"
        ) from None
    return JaxEngine()


def _auto() -> Engine:
    try:
        return _cpu()
    except MissingExtraError as error:
        _say_once(f"{error} The reference engine computes instead, slowly.")
        return ReferenceEngine()


@cache
def _say_once(sentence: str) -> None:
    logging.getLogger("clearprop").warning(sentence)


ENGINES: dict[str, Callable[[], Engine]] = {"auto": _auto, "cpu": _cpu, "jax": _jax, "reference": ReferenceEngine}


def engine_named(name: str) -> Engine:
    """A new engine of that name; `auto` is the fastest that can run here."""
    return lookup(ENGINES, name, "engine")()


def outputs_of(network: Network) -> Callable[[FloatArray], tuple[FloatArray, bool]]:
    """A function from inputs (n, inputs) to the activations of the output layer (n, units), and whether all are finite:
    compiled, in the network's own precision, where that can run, and then NaN for a row with NaN or infinity in it;
    else the equations, in float64."""
    if compiled := _compiled_pass(network):
        return compiled.outputs

    def outputs(x: FloatArray) -> tuple[FloatArray, bool]:
        a = network.probabilities(x)
        return a, is_finite(a)

    return outputs


def classes_of(network: Network) -> Callable[[FloatArray], tuple[IntArray, bool]]:
    """The same with the class of each row (n,) in place of the activations that say it."""
    if compiled := _compiled_pass(network):
        return compiled.classes
    outputs = outputs_of(network)

    def classes(x: FloatArray) -> tuple[IntArray, bool]:
        a, finite = outputs(x)
        return predicted_class(a), finite

    return classes


def _compiled_pass(network: Network) -> ForwardPass | None:
    try:
        from clearprop.engines.cpu.forward import forward_pass
    except ImportError:
        return None
    return forward_pass(network)


def precision_for(engine: Engine, wanted: str | None) -> str:
    """The precision that an engine trains in: the wanted one, else its own choice."""
    if wanted is None:
        return engine.precisions[0]
    if wanted not in engine.precisions:
        raise ArgumentError(
            f"precision: expected {' or '.join(engine.precisions)} for engine {engine.name!r}, got {wanted!r}."
        )
    return wanted
