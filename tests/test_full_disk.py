"""A full disk: what was there stays, and a sentence says so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clearprop import Network, load, save, train
from data.helpers import refusal

KIBIBYTES = 64


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={KIBIBYTES}k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here: it takes the rights of root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_model_that_does_not_fit_leaves_the_one_before(small_disk: Path) -> None:
    path = small_disk / "model.safetensors"
    small = Network.initialize([4, 3, 2])
    save(small, path)
    assert refusal(save, Network.initialize([200, 200, 2]), path) == (
        f"{path}: the file cannot be written: no space left on device. Choose another place."
    )
    assert os.listdir(small_disk) == ["model.safetensors"]
    np.testing.assert_array_equal(load(path).network.weights[0], small.weights[0])


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(small_disk: Path) -> None:
    folder = small_disk / "run"
    x = np.random.default_rng(0).standard_normal((40, 60))
    y = np.arange(40) % 2

    def run_until_full() -> None:
        network = Network.initialize([60, 16, 2], seed=1)
        train(network, x, y, epochs=1_000_000, checkpoint=folder, checkpoint_seconds=0)

    message = refusal(run_until_full)
    written = sorted(name for name in os.listdir(folder) if name.startswith("checkpoint"))
    assert message.endswith(": the file cannot be written: no space left on device. Choose another place.")
    assert message.startswith(f"{folder}/checkpoint-")
    assert len(written) >= 1
    assert not [name for name in os.listdir(folder) if name.endswith(".part")]


def test_the_command_line_says_that_the_disk_is_full(small_disk: Path) -> None:
    out = small_disk / "m.safetensors"
    words = ["train", "iris", "--layers", "200,200", "--epochs", "1", "--out", str(out)]
    run = subprocess.run([sys.executable, "-m", "clearprop", *words], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1] == (
        f"error: {out}: the file cannot be written: no space left on device. Choose another place."
    )
    assert os.listdir(small_disk) == []
