"""The package as a whole: what it shows, what it loads, what its examples print."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import clearprop

MODULES = [module.name for module in pkgutil.walk_packages(clearprop.__path__, "clearprop.")]
HEAVY = [
    "scipy",
    "duckdb",
    "pyarrow",
    "pandas",
    "sklearn",
    "safetensors",
    "typer",
    "rich",
    "click",
    "numba",
    "jax",
    "torch",
    "matplotlib",
    "threadpoolctl",
    "PIL",
    "soundfile",
    "latex2mathml",
]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_public_names_are_these() -> None:
    assert clearprop.__all__ == [
        "ArgumentError",
        "ArrowLabeler",
        "CheckReport",
        "ClearpropError",
        "DataError",
        "Diagnosis",
        "Explanation",
        "Gradients",
        "Layer",
        "MissingExtraError",
        "Model",
        "ModelError",
        "Network",
        "Training",
        "__version__",
        "check",
        "check_numbers",
        "diagnose",
        "explain",
        "gradients",
        "labeller",
        "load",
        "save",
        "train",
    ]
    assert all(hasattr(clearprop, name) for name in clearprop.__all__)


def test_every_public_name_says_what_it_is() -> None:
    for name in set(clearprop.__all__) - {"__version__"}:
        assert getattr(clearprop, name).__doc__, name


def test_importing_the_package_loads_numpy_and_nothing_heavier() -> None:
    loaded = python("-c", "import clearprop, sys; print(*sys.modules)")
    assert loaded.stderr == ""
    roots = {name.split(".")[0] for name in loaded.stdout.split()}
    assert roots & set(HEAVY) == set()
    standard = set(sys.stdlib_module_names) | {"__main__", "_distutils_hack", "sitecustomize"}
    others = {root for root in roots - standard if not root.startswith(("__editable__", "_virtualenv"))}
    assert others <= {"clearprop", "numpy"}


def test_arrays_can_be_trained_on_and_labelled_without_tables_or_a_command_line() -> None:
    program = (
        "import sys, clearprop as cp\n"
        "network = cp.Network.initialize([2, 2])\n"
        "model = cp.train(network, [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=2).model\n"
        "cp.labeller(model)([0.0, 1.0])\n"
        "print(*sys.modules)"
    )
    done = python("-c", program)
    assert done.stderr in ("", "Compiling for this machine; the next training starts at once.\n")
    roots = {name.split(".")[0] for name in done.stdout.split()}
    # the CPU engine's own: threads and BLAS
    assert roots & set(HEAVY) <= {"numba", "scipy", "threadpoolctl"}


@pytest.mark.parametrize("call", [["-m", "clearprop"], ["-c", "from clearprop.cli.app import main; main()"]])
def test_the_program_tells_its_version(call: list[str]) -> None:
    done = python(*call, "--version")
    assert (done.stdout, done.stderr, done.returncode) == (f"clearprop {clearprop.__version__}\n", "", 0)


def test_the_version_is_that_of_the_installed_package() -> None:
    assert clearprop.__version__ == version("clearprop")
    assert re.fullmatch(r"\d+\.\d+\.\d+", clearprop.__version__)


def test_every_module_says_what_it_is_for() -> None:
    for name in MODULES:
        if not name.endswith("__main__"):
            assert importlib.import_module(name).__doc__, name


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_the_examples_in_the_docstrings_print_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_in_the_docstrings() -> None:
    source = Path(clearprop.__file__).parent
    with_examples = [path for path in source.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    found = sum(bool(test.examples) for name in MODULES if not name.endswith("__main__") for test in _doctests(name))
    assert found >= len(with_examples) > 5


def _doctests(name: str) -> list[doctest.DocTest]:
    return doctest.DocTestFinder().find(importlib.import_module(name))


def test_the_marker_of_annotations_is_installed() -> None:
    assert (Path(clearprop.__file__).parent / "py.typed").is_file()
