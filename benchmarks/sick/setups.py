"""The setup that `diagnose` would examine, without examining it."""

from __future__ import annotations

from typing import Any

from clearprop.diagnosing.examination import setup_from
from clearprop.diagnosing.setup import Setup
from clearprop.diagnosing.shape import shape_from, shape_of
from clearprop.settings import Settings


def setup_of(arguments: dict[str, Any]) -> Setup:
    """From the arguments of `cp.diagnose`."""
    given = dict(arguments)
    settings = Settings(**{name: given.pop(name) for name in vars(Settings()) if name in given})
    kept = {name: given.pop(name) for name in ("x", "y", "test", "sample_weight", "class_weight") if name in given}
    network = given.pop("network", None)
    shape = shape_from(**given) if network is None else shape_of(network)
    return setup_from(kept.pop("x"), kept.pop("y"), shape, settings, **kept)
