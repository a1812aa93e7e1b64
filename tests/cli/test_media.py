"""Folders of images and of sounds on the command line."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from clearprop.data import open_source, prepare
from clearprop.training.checkpoints import CheckpointFolder

from .running import FAST, LEARNS, done, refusal


def sounds(folder: Path, each: int = 6) -> Path:
    for name, pitch in (("high", 1500), ("low", 200)):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            signal = np.sin(2 * np.pi * (pitch + 20 * i) * np.arange(2400) / 8000)
            soundfile.write(folder / name / f"{i}.wav", signal, 8000)
    return folder


def images(folder: Path, each: int = 6) -> Path:
    rng = np.random.default_rng(0)
    for name, grey in (("dark", 40), ("light", 200)):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            Image.fromarray((grey + rng.integers(-30, 30, (9, 7))).astype(np.uint8)).save(folder / name / f"{i}.png")
    return folder


def test_recordings_are_learned_and_labelled() -> None:
    sounds(Path("sounds"))
    trained = json.loads(done("train", "sounds", "--test", "sounds/*/[01].wav", *LEARNS, "--out", "m", "--json").out)
    assert trained["test"]["accuracy"] == 1.0
    assert trained["provenance"]["training rows"] + trained["provenance"]["validation rows"] == 8
    assert trained["provenance"]["rows left out because they are test rows"] == 4
    (row,) = done("label", "m", "sounds/high/3.wav").rows
    assert (row["file"], row["label"], row["reason"]) == ("high/3.wav", "high", "")
    assert [row["label"] for row in done("label", "m", "sounds/*/5.wav").rows] == ["high", "low"]
    assert json.loads(done("evaluate", "m", "sounds", "--json").out)["examples"] == 12


def test_pictures_are_learned_and_labelled_and_a_bad_one_gets_a_reason() -> None:
    images(Path("images"))
    done("train", "images", *LEARNS, "--size", "7x9", "--out", "m")
    Path("images/light/bad.png").write_bytes(b"no picture")
    rows = done("label", "m", "images/light").rows
    assert [row["label"] for row in rows] == ["light"] * 6 + [""]
    assert rows[-1]["reason"] == "light/bad.png: expected an image, got a file that is none or is damaged"
    assert json.loads(done("show", "m", "--json").out)["layers"][0] == 63


@pytest.mark.parametrize("size", ["28", "0x3", "ax3", "3x3x3", "-1x2"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    images(Path("images"))
    assert refusal("train", "images", *FAST, f"--size={size}", "--out", "m") == (
        f"--size: expected width and height of the images, such as 28x28, got {size!r}."
    )


def test_a_size_without_images_is_refused_and_the_advice_works() -> None:
    sounds(Path("sounds"))
    for data in ("small.csv", "sounds"):
        assert refusal("train", data, *FAST, "--size", "28x28", "--out", "m") == (
            f"--size: expected images to bring to that size, got {data}; leave --size out."
        )
        done("train", data, *FAST, "--out", "m")
        Path("m").unlink()


def test_a_size_that_no_memory_holds_is_refused_and_the_advice_works() -> None:
    images(Path("images"), each=500)
    told = refusal("train", "images", *FAST, "--size", "9999x9999", "--out", "m")
    assert re.sub(r"[0-9.]+ GB;", "… GB;", told) == (
        "images: expected inputs that fit in memory, got 1,000 rows of 99,980,001 numbers, which take 1,209.4 GB of "
        "… GB; choose a smaller --size."
    )
    done("train", "images", *FAST, "--size", "3x3", "--out", "m")


def test_a_model_of_one_sort_refuses_another() -> None:
    images(Path("images"))
    sounds(Path("sounds"))
    done("train", "images", *FAST, "--out", "m")
    assert refusal("label", "m", "sounds") == "sounds: expected images, as in training, got sounds."
    assert refusal("label", "m", "small.csv") == (
        "small.csv: expected image files, as in training, got a table or arrays."
    )


def test_what_cannot_be_learned_from_is_refused_and_nothing_is_written() -> None:
    images(Path("images"))
    Path("images/dark/bad.png").write_bytes(b"no picture")
    assert refusal("train", "images", *FAST, "--out", "m") == (
        "images: row 7: dark/bad.png: expected an image, got a file that is none or is damaged."
    )
    sounds(Path("sounds"))
    whole = Path("sounds/low/2.wav").read_bytes()
    Path("sounds/low/2.wav").write_bytes(whole[:1000])
    assert refusal("train", "sounds", *FAST, "--out", "m") == (
        "sounds: row 9: low/2.wav: expected a whole recording, got one that is cut short; copy the file again."
    )
    assert not Path("m").exists()


def test_the_documented_commands_run_on_a_part_of_the_spoken_digits(real: Path) -> None:
    page = Path(__file__).resolve().parents[2].joinpath("docs", "images-and-sound.md").read_text()
    (command,) = [line for line in page.splitlines() if "_0[0-4].wav" in line]
    for digit in "029":
        place = Path("spoken-digits", digit)
        place.mkdir(parents=True)
        for path in sorted((real / "spoken-digits" / digit).glob("*_0[0-9].wav")):
            place.joinpath(path.name).write_bytes(path.read_bytes())
    words = shlex.split(command)[1:]
    trained = json.loads(done(*words, "--epochs", "20", "--layers", "32", "--json").out)
    assert (trained["test"]["examples"], trained["provenance"]["rows"]) == (90, 90)
    assert trained["test"]["accuracy"] > 0.9


def test_mnist_as_pictures_gives_the_inputs_of_mnist_as_idx(real: Path) -> None:
    source = open_source(real / "mnist")
    batch = next(iter(source.batches())).slice(0, 300)
    pixels = np.asarray(batch.column("x").flatten()).reshape(-1, 28, 28)
    labels = batch.column("y").to_pylist()
    for number, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        Path("png", str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(f"png/{label}/{number:03d}.png")
    prepared = prepare(open_source("png"), test=None)
    place = sorted(range(300), key=lambda number: (str(labels[number]), number))
    np.testing.assert_array_equal(prepared.training.x, pixels[place].reshape(300, -1) / 255)
    np.testing.assert_array_equal(prepared.training.y, np.array(labels)[place])


def empty_class() -> None:
    images(Path("data"))
    Path("data/grey").mkdir()


def mixture() -> None:
    images(Path("data"))
    sounds(Path("more"))
    Path("more/low/0.wav").rename("data/dark/0.wav")


def one_class() -> None:
    images(Path("data"))
    shutil.rmtree("data/light")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            empty_class,
            "data: expected images or sounds in the folder of each class, got none in 'grey'; "
            "remove the folder or fill it.",
        ),
        (
            mixture,
            "data: expected only images or only sounds, got dark/0.png and dark/0.wav; "
            "keep them in folders of their own.",
        ),
        (one_class, "data: column 'class': expected labels of at least two classes, got only 'dark' in 6 rows."),
    ],
    ids=["a class without files", "a mixture", "one class"],
)
def test_folders_that_cannot_be_learned_from_are_refused(make: Callable[[], None], told: str) -> None:
    make()
    assert refusal("train", "data", *FAST, "--out", "m") == told
    assert not Path("m").exists()


def test_a_checkpoint_of_a_newer_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr("clearprop.storage.FORMAT", 2)
        done("train", "small.csv", *FAST, "--checkpoint", "run", "--out", "m")
    (path,) = Path("run").glob("checkpoint-*")
    assert refusal("train", "small.csv", *FAST, "--checkpoint", "run", "--resume", "--out", "m") == (
        f"{path}: expected format 1 or older, got format 2, written by a newer clearprop; update clearprop."
    )


def test_a_checkpoint_folder_in_use_is_refused() -> None:
    with CheckpointFolder(Path("run")).taken():
        assert refusal("train", "small.csv", *FAST, "--checkpoint", "run", "--out", "m") == (
            "run: another training is writing its checkpoints there. Wait until it has ended, or choose another folder."
        )
