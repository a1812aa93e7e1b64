"""Files with something wrong in them: flipped, cut and spliced copies of good ones."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from PIL import Image

from clearprop import Model, ModelError, Network, load, save
from clearprop.data import open_source, prepare
from clearprop.errors import ClearpropError
from clearprop.labelling import label_stream

LONGEST = 10.0
"""Seconds after which a reading counts as hanging."""


def good_files(folder: Path) -> dict[str, bytes]:
    """One small good file of every kind, by name."""
    rng = np.random.default_rng(0)
    numbers, classes = rng.standard_normal((30, 3)).round(3), ["ant", "bee"] * 15
    rows = [[*row, name] for row, name in zip(numbers.tolist(), classes, strict=True)]
    csv = "a,b,c,kind\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    table = pa.table({"a": numbers[:, 0], "b": numbers[:, 1], "kind": classes})
    parquet, npz, wav, flac, ogg, png, jpeg = (io.BytesIO() for _ in range(7))
    pq.write_table(table, parquet)
    np.savez(npz, x=numbers, y=np.arange(30) % 2)
    signal = np.sin(np.arange(2000) / 5)
    soundfile.write(wav, signal, 8000, format="WAV")
    soundfile.write(flac, signal, 8000, format="FLAC")
    soundfile.write(ogg, signal, 8000, format="OGG")
    image = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    image.save(png, "PNG")
    image.save(jpeg, "JPEG")
    images = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (30, 4, 4)) + bytes(range(240)) * 2
    save(Network.initialize([3, 4, 2]), folder / "good.safetensors")
    return {
        "model.safetensors": (folder / "good.safetensors").read_bytes(),
        "table.csv": csv.encode(),
        "table.csv.gz": gzip.compress(csv.encode(), mtime=0),
        "table.parquet": parquet.getvalue(),
        "table.jsonl": "".join(json.dumps(dict(zip("abck", row, strict=True))) + "\n" for row in rows).encode(),
        "arrays.npz": npz.getvalue(),
        "idx/train-images-idx3-ubyte": images,
        "sounds/low/0.wav": wav.getvalue(),
        "sounds/low/0.flac": flac.getvalue(),
        "sounds/low/0.ogg": ogg.getvalue(),
        "images/low/0.png": png.getvalue(),
        "images/low/0.jpg": jpeg.getvalue(),
    }


def companions() -> dict[str, bytes]:
    """Good files that must lie beside a mutated one, so that a folder is whole."""
    wav, png = io.BytesIO(), io.BytesIO()
    soundfile.write(wav, np.sin(np.arange(2000) / 50), 8000, format="WAV")
    Image.new("L", (12, 12), 7).save(png, "PNG")
    labels = b"\0\0\x08\x01" + (30).to_bytes(4, "big") + bytes([0, 1] * 15)
    return {
        "idx/train-labels-idx1-ubyte": labels,
        "sounds/high/1.wav": wav.getvalue(),
        "images/high/1.png": png.getvalue(),
    }


def mutated(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """A copy with flipped bits, cut short, with a part overwritten, doubled, or spliced with another file."""
    data = bytearray(content)
    place, end = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    match rng.integers(0, 6):
        case 0:
            for at in rng.integers(0, len(data), rng.integers(1, 4)).tolist():
                data[at] ^= 1 << int(rng.integers(0, 8))
        case 1:
            del data[place:]
        case 2:
            data[place:end] = rng.bytes(end - place)
        case 3:
            data[place:place] = data[place:end]
        case 4:
            data[place:] = other[int(rng.integers(0, len(other))) :]
        case _:
            at = int(rng.integers(0, len(data)))
            data[at : at + 8] = int(rng.integers(0, 2**63)).to_bytes(8, "little")
    return bytes(data)


def read_model(path: Path) -> None:
    model = load(path)
    model.network.probabilities(np.zeros((1, model.network.sizes[0])))


def read_data(path: Path) -> None:
    prepare(open_source(path), test=None)


def labelling(good: Path) -> Callable[[Path], None]:
    """Labels a file with a model that was made for a good one, as `clearprop label` does."""
    prepared = prepare(open_source(good), test=None)
    features, classes = prepared.features, prepared.classes
    model = Model(Network.initialize([features.width, 3, len(classes)]), features, classes)

    def label_data(path: Path) -> None:
        source = open_source(path, features.reading).as_text()
        features.check(source.schema)
        for labelled in label_stream(model, source.batches(features.columns)):
            assert all((label is None) == (row in labelled.reasons) for row, label in enumerate(labelled.labels))

    return label_data


def kinds(folder: Path) -> Iterator[tuple[str, bytes, Callable[[Path], None], Path]]:
    """Every kind of file: its name, its good content, how it is read, and what is opened to read it."""
    for name, content in good_files(folder).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        opened = folder / name.split("/")[0]
        if name.startswith("model"):
            yield name, content, read_model, opened
        else:
            place.write_bytes(content)
            yield name, content, read_data, opened
            yield name, content, labelling(opened), opened
            place.unlink()  # sounds and images share their folders


def complaint(read: Callable[[Path], None], path: Path) -> str | None:
    """What is wrong with how a file was answered: None for a right result or one sentence in good time."""
    began = time.perf_counter()
    try:
        read(path)
    except ClearpropError as error:
        told = str(error)
        if "\n" in told or len(told) > 2000:
            return f"not one sentence: {told[:300]!r}"
        if read is read_model and not isinstance(error, ModelError):
            return f"not a ModelError: {error!r}"
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        return f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - began
    return f"took {seconds:.1f} s" if seconds > LONGEST else None


def complaints(folder: Path, models: int, data: int, seed: int) -> Iterator[tuple[str, int, str]]:
    """Name, number and complaint of every badly answered file among so many mutated models and data files."""
    for name, content in companions().items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    found = list(kinds(folder))
    share = -(-data // (len(found) - 1))
    for index, (name, content, read, opened) in enumerate(found):
        rng = np.random.default_rng([seed, index])
        place = folder / name
        others = [other for other_name, other, *_ in found if other_name != name]
        for number in range(models if read is read_model else share):
            place.write_bytes(mutated(content, others[number % len(others)], rng))
            wrong = complaint(read, opened)
            if wrong:
                yield name, number, wrong
        place.unlink()  # sounds and images share their folders
