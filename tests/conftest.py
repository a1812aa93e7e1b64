"""The kernels of an ordinary training are compiled before the first test: a test that reads what the program says then
finds nothing there about compiling, and pytest-xdist's processes need not all do it."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRAINING = """
import clearprop as cp
network = cp.train(cp.Network.initialize([2, 3, 2]), [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1, validation=0).network
cp.labeller(network)([1.0, 0.0])
"""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # not again in each of pytest-xdist's processes
        subprocess.run([sys.executable, "-c", TRAINING], check=True, stderr=subprocess.DEVNULL)
