"""A small table, a model that has learned it, a folder to work in, and the real data where it is at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from .running import LEARNS, done

ROOT = Path(__file__).resolve().parents[2]

Write = Callable[[str, "str | bytes"], Path]


def small_table() -> str:
    """90 animals of three kinds, told apart by their height and weight; their colour says nothing."""
    rows = []
    noise = np.random.default_rng(1).standard_normal((90, 2))
    for row, (one, other) in enumerate(noise.tolist()):
        kind, colour = row % 3, ["red", "blue", "green"][row // 3 % 3]
        rows.append(f"{2 * kind + 0.4 * one:.3f},{5 - kind + 0.5 * other:.3f},{colour},{['ant', 'bee', 'cat'][kind]}")
    return "\n".join(["height,weight,colour,kind", *rows, ""])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to work in, with `small.csv`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "small.csv").write_text(small_table())
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    """write(name, content) -> name of a file in the folder."""

    def write_one(name: str, content: str | bytes) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Path(name)

    return write_one


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a model that was trained on `small.csv`."""
    place = tmp_path_factory.mktemp("trained")
    (place / "small.csv").write_text(small_table())
    done("train", place / "small.csv", *LEARNS, "--out", place / "model.safetensors")
    return (place / "model.safetensors").read_bytes()


@pytest.fixture
def model(folder: Path, trained: bytes) -> Path:
    """`model.safetensors` in the folder, trained on `small.csv`."""
    (folder / "model.safetensors").write_bytes(trained)
    return Path("model.safetensors")


@pytest.fixture
def real() -> Path:
    """The folder of real data."""
    place = Path(os.environ.get("CLEARPROP_DATA") or ROOT.parent / "shared" / "data")
    if not place.is_dir():
        pytest.skip(f"real data is not at {place}; set CLEARPROP_DATA to its folder")
    return place
