"""A model file that is damaged, false or something else gets one sentence from every command."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from clearprop import storage

from .running import FAST, done, refusal

OTHER = (
    "m: expected a clearprop model, got a file that is cut short, damaged or of another kind. "
    "Copy it again, or name another file."
)


def answers(name: str = "m") -> str:
    """The one sentence that every command answers."""
    told = {refusal("show", name), refusal("label", name, "small.csv"), refusal("evaluate", name, "small.csv")}
    assert len(told) == 1
    return told.pop()


def parts(model: Path) -> tuple[dict[str, Any], bytes]:
    """The header and the rest of a model file."""
    raw = model.read_bytes()
    end = 8 + struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:end]), raw[end:]


def joined(header: dict[str, Any], rest: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + rest


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 1000, -300, -1])
def test_a_file_that_is_cut_short_is_refused(model: Path, kept: int) -> None:
    Path("m").write_bytes(model.read_bytes()[:kept])
    assert answers() == OTHER


def test_every_flipped_bit_is_noticed(model: Path) -> None:
    raw = model.read_bytes()
    for place in [*range(0, len(raw), len(raw) // 40), len(raw) - 1]:
        flipped = bytearray(raw)
        flipped[place] ^= 1 << place % 8
        Path("m").write_bytes(flipped)
        assert refusal("show", "m").startswith("m: ")


def test_a_flipped_bit_in_the_weights_is_told_as_damage(model: Path) -> None:
    raw = model.read_bytes()
    Path("m").write_bytes(raw[:-5] + bytes([raw[-5] ^ 1]) + raw[-4:])
    assert answers() == "m: the file is damaged: its contents do not match its checksum. Copy it again."
    Path("m").write_bytes(raw)
    done("show", "m")


def test_a_header_that_claims_gigabytes_is_refused(model: Path) -> None:
    header, rest = parts(model)
    Path("m").write_bytes(struct.pack("<Q", 6 << 30) + model.read_bytes()[8:])
    assert answers() == OTHER
    header["layers.0.weight"] |= {"shape": [1 << 20, 1 << 12], "data_offsets": [0, 1 << 35]}
    Path("m").write_bytes(joined(header, rest))
    assert answers() == OTHER


def test_a_newer_version_is_refused_with_what_to_do(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays, document = storage.read(model, "model")
    with monkeypatch.context() as newer:
        newer.setattr(storage, "FORMAT", 2)
        storage.write(Path("m"), "model", arrays, document)
    assert answers() == ("m: expected format 1 or older, got format 2, written by a newer clearprop; update clearprop.")


def test_arrays_that_do_not_fit_together_are_refused(model: Path) -> None:
    arrays, document = storage.read(model, "model")

    def told(changed: dict[str, Any], **changes: Any) -> str:
        storage.write(Path("m"), "model", changed, {**document, **changes})
        return answers()

    assert told({**arrays, "layers.1.weight": np.zeros((3, 5))}) == (
        "m: layer 2: expected a weight of shape (3, 4), because layer 1 has 4 neurons, got (3, 5)."
    )
    assert told({**arrays, "layers.0.weight": np.zeros((4, 5))}) == (
        "m: features: expected 5 inputs for this network, got 6."
    )
    assert told(arrays, classes=["ant", "bee"]) == "m: classes: expected 3 for 3 outputs, got 2."
    names = "layers.0.weight, layers.0.bias, layers.1.weight, layers.1.bias"
    fewer = {name: array for name, array in arrays.items() if name != "layers.0.bias"}
    assert told(fewer) == (f"m: expected the arrays {names}, got layers.0.weight, layers.1.bias, layers.1.weight.")
    assert told({**arrays, "layers.0.weight": arrays["layers.0.weight"] * np.nan}).startswith(
        "m: expected finite weights and biases, got NaN or infinity"
    )


def test_what_is_no_model_is_refused() -> None:
    assert answers("nothing") == "nothing: expected a clearprop model, got nothing there."
    Path("folder").mkdir()
    assert answers("folder") == "folder: expected a clearprop model, got a folder."
    Path("m").write_bytes(Path("small.csv").read_bytes())
    assert answers() == OTHER
    save_file({"a": np.zeros(2)}, "other")
    assert answers("other") == "other: expected a clearprop model, got a .safetensors file of another program."
    done("train", "small.csv", *FAST, "--checkpoint", "run", "--out", "trained")
    checkpoint = sorted(Path("run").iterdir())[-1]
    assert answers(str(checkpoint)) == f"{checkpoint}: expected a clearprop model, got a clearprop checkpoint."
