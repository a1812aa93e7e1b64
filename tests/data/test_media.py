"""Folders of images and of sounds."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from clearprop.data import fit, open_source, prepare
from clearprop.errors import ModelError
from clearprop.features import ImageFeatures, Reading, SoundFeatures, features_from_document
from clearprop.features.images import MOST_INPUTS, NO_IMAGE
from clearprop.features.sounds import NO_SOUND, fit_sounds

from .helpers import refusal, rows

RATE = 8000


def picture(seed: int = 0, size: tuple[int, ...] = (28, 28)) -> Any:
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def tone(pitch: float, seconds: float = 0.3, rate: int = RATE, loudness: float = 0.5) -> Any:
    return loudness * np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)


def recorded(signal: Any, kind: str = "WAV", rate: int = RATE) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, signal, rate, format=kind)
    return stream.getvalue()


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def pictures(folder: Path, each: int = 4, size: tuple[int, ...] = (28, 28)) -> Path:
    """A folder with the classes 3 and 10."""
    names = [(label, i) for label in (3, 10) for i in range(each)]
    return fill(folder, {f"{k}/{i}.png": encoded(Image.fromarray(picture(10 * i + k, size))) for k, i in names})


def recordings(folder: Path, each: int = 4) -> Path:
    """A folder with the classes high and low."""
    names = [(label, i) for label in ("high", "low") for i in range(each)]
    pitch = {"high": 1500.0, "low": 200.0}
    return fill(folder, {f"{k}/{i}.wav": recorded(tone(pitch[k] + 10 * i)) for k, i in names})


def inputs(features: Any, source: Any) -> tuple[Any, dict[int, str]]:
    (batch,) = source.batches(features.columns)
    found = features.transform(batch)
    return found.x, found.reasons


def test_grey_pictures_give_the_bits_of_their_array(tmp_path: Path) -> None:
    source = open_source(pictures(tmp_path))
    features = fit(list(source.batches()), "class")
    assert isinstance(features, ImageFeatures)
    assert (features.shape, features.width) == ((28, 28), 784)
    x, reasons = inputs(features, source)
    expected = [picture(10 * i + k).reshape(-1) / 255 for k in (10, 3) for i in range(4)]
    np.testing.assert_array_equal(x, expected)
    assert reasons == {}


def test_folders_of_digits_are_classes_that_are_numbers(tmp_path: Path) -> None:
    prepared = prepare(open_source(pictures(tmp_path)), test=0.25, seed=0)
    assert prepared.classes == (3, 10)
    assert prepare(open_source(recordings(tmp_path / "s")), test=None).classes == ("high", "low")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG", "PPM"])
def test_every_format_is_read(tmp_path: Path, kind: str) -> None:
    fill(tmp_path, {f"a/1.{kind.lower()}": encoded(Image.fromarray(np.full((8, 6), 51, np.uint8)), kind)})
    x, _ = inputs(ImageFeatures(8, 6, False), open_source(tmp_path))
    np.testing.assert_allclose(x, 0.2, atol=0.005)


@pytest.mark.parametrize(
    ("image", "value"),
    [
        (Image.new("RGBA", (4, 4), (0, 0, 0, 0)), 1.0),
        (Image.new("LA", (4, 4), (0, 255)), 0.0),
        (Image.fromarray(np.full((4, 4), 32768, np.uint16)), 32768 / 65535),
        (Image.new("P", (4, 4), 0), 0.0),
        (Image.new("1", (4, 4), 1), 1.0),
        (Image.new("RGB", (4, 4), (255, 255, 255)), 1.0),
    ],
    ids=["transparent is white", "opaque grey", "16 bits", "palette", "one bit", "colour"],
)
def test_every_way_to_write_a_value_is_read(tmp_path: Path, image: Image.Image, value: float) -> None:
    source = open_source(fill(tmp_path, {"a/1.png": encoded(image)}))
    np.testing.assert_allclose(inputs(ImageFeatures(4, 4, False), source)[0], value, atol=1e-6)
    np.testing.assert_allclose(inputs(ImageFeatures(2, 2, True), source)[0], value, atol=1e-6)


def test_a_picture_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 255]], np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    stream = io.BytesIO()
    image.save(stream, "PNG", exif=exif)
    x, _ = inputs(ImageFeatures(1, 2, False), open_source(fill(tmp_path, {"a/1.png": stream.getvalue()})))
    assert x.tolist() == [[1.0, 0.0]]


def test_the_size_is_that_of_the_median_picture_and_bounded(tmp_path: Path) -> None:
    sizes = [(10, 20), (12, 24), (30, 8)]
    fill(tmp_path / "a", {f"a/{i}.png": encoded(Image.fromarray(picture(i, size))) for i, size in enumerate(sizes)})
    features = fit(list(open_source(tmp_path / "a").batches()), "class")
    assert features.shape == (12, 20)
    named = fit(list(open_source(tmp_path / "a").batches()), "class", image_size=(5, 7))
    assert named.shape == (5, 7)
    fill(tmp_path / "b", {"b/1.png": encoded(Image.fromarray(picture(0, (300, 600, 3))))})
    large = fit(list(open_source(tmp_path / "b").batches()), "class")
    assert large.shape == (26, 52, 3)
    assert large.width <= MOST_INPUTS


def test_colour_counts_only_where_there_is_some(tmp_path: Path) -> None:
    grey = Image.fromarray(np.repeat(picture(0)[:, :, None], 3, axis=2))
    assert not fit(list(open_source(fill(tmp_path / "g", {"a/1.png": encoded(grey)})).batches()), "class").colour
    colour = Image.new("RGB", (4, 4), "red")
    assert fit(list(open_source(fill(tmp_path / "c", {"a/1.png": encoded(colour)})).batches()), "class").colour


def bomb() -> bytes:
    """A small PNG file that claims to be 20,000 pixels wide and high."""
    content = bytearray(encoded(Image.new("L", (1, 1))))
    content[16:24] = (20_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no image", NO_IMAGE),
        (b"", NO_IMAGE),
        (encoded(Image.fromarray(picture()))[:300], NO_IMAGE),
        (bomb(), "expected an image of at most 50,000,000 pixels, got a larger one"),
        (
            encoded(Image.new("1", (10_000, 6_000))),
            "expected an image of at most 50,000,000 pixels, got 10000 x 6000",
        ),
    ],
    ids=["text", "empty", "cut short", "bomb", "large"],
)
def test_a_file_that_is_no_image_is_refused_in_training_and_a_reason_in_labelling(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    folder = fill(pictures(tmp_path / "pictures"), {"3/bad.png": content})
    source = open_source(folder)
    x, reasons = inputs(ImageFeatures(4, 4, False), source)
    assert reasons == {8: f"3/bad.png: {reason}"}
    assert not x[8].any()
    assert refusal(prepare, source) == f"pictures: row 9: 3/bad.png: {reason}."


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "AIFF"])
def test_every_format_of_sound_is_heard_alike(tmp_path: Path, kind: str) -> None:
    features = SoundFeatures(RATE, 200, 40)
    signal = tone(400) + tone(1000, loudness=0.2)
    names = {"a/1.wav": recorded(signal), f"a/2.{kind.lower()}": recorded(signal, kind)}
    x, reasons = inputs(features, open_source(fill(tmp_path, names)))
    assert reasons == {}
    assert np.corrcoef(x)[0, 1] > 0.97


def test_rate_channels_loudness_and_silence_around_change_little(tmp_path: Path) -> None:
    features = SoundFeatures(RATE, 200, 40)
    signal = tone(300) + tone(900, loudness=0.3)
    higher = tone(300, rate=22_050) + tone(900, rate=22_050, loudness=0.3)
    files = {
        "a/1.wav": recorded(signal),
        "a/2.wav": recorded(0.1 * signal),
        "a/3.wav": recorded(np.stack([signal, signal], axis=1)),
        "a/4.wav": recorded(np.concatenate([np.zeros(4000), signal, np.zeros(3000)])),
        "a/5.wav": recorded(higher, rate=22_050),
    }
    x, reasons = inputs(features, open_source(fill(tmp_path, files)))
    assert reasons == {}
    assert np.corrcoef(x)[0].min() > 0.9


def test_a_low_and_a_high_tone_differ_where_they_should() -> None:
    features = SoundFeatures(RATE, 200, 40)
    low, high = (features.spectrogram(recorded(tone(pitch))) for pitch in (200, 2000))
    assert not isinstance(low, str)
    assert not isinstance(high, str)
    loudest = [int(np.argmax(sound.reshape(32, 40).mean(axis=0))) for sound in (low, high)]
    assert loudest[0] < 10 < 25 < loudest[1]


def test_sounds_are_standardised_over_the_training_rows(tmp_path: Path) -> None:
    source = open_source(recordings(tmp_path))
    features = fit(list(source.batches()), "class")
    assert isinstance(features, SoundFeatures)
    assert (features.rate, features.window, features.hop) == (8000, 200, 40)
    x, _ = inputs(features, source)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(x.std(axis=0), 1, atol=1e-9)


def without_end(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_nan() -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.array([0.1, np.nan]), RATE, format="WAV", subtype="FLOAT")
    return stream.getvalue()


CUT = "expected a whole recording, got one that is cut short; copy the file again"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.wav", b"no sound", NO_SOUND),
        ("cut.wav", without_end(recorded(tone(300))), CUT),
        ("cut.ogg", without_end(recorded(tone(300), "OGG")), CUT),
        ("none.wav", recorded(np.zeros(0)), "expected a sound, got a recording without samples"),
        ("silent.wav", recorded(np.zeros(2000)), "expected a sound, got silence"),
        (
            "fast.wav",
            recorded(tone(300), rate=2_000_000_000),
            "expected 1,000 to 768,000 samples a second, got 2,000,000,000",
        ),
        ("nan.wav", with_nan(), "expected finite samples, got NaN or infinity"),
    ],
    ids=["text", "cut wav", "cut ogg", "without samples", "silent", "rate", "nan"],
)
def test_a_file_that_is_no_sound_is_refused_in_training_and_a_reason_in_labelling(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    source = open_source(fill(recordings(tmp_path / "sounds"), {f"low/{name}": content}))
    _, reasons = inputs(SoundFeatures(RATE, 200, 40), source)
    assert reasons == {8: f"low/{name}: {reason}"}
    assert refusal(prepare, source) == f"sounds: row 9: low/{name}: {reason}."


def test_a_recording_that_lasts_too_long_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(1000)
        file.writeframes(bytes(600_001))
    found = SoundFeatures(RATE, 200, 40).spectrogram(path.read_bytes())
    assert found == "expected a sound of at most 600 seconds, got 600"


def test_one_sample_is_a_sound() -> None:
    found = SoundFeatures(RATE, 200, 40).spectrogram(recorded(np.array([0.5])))
    assert not isinstance(found, str)
    assert np.isfinite(found).all()


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(open_source, tmp_path) == (
        f"{tmp_path.name}: expected a folder of images or of sounds for each class, or IDX files such as "
        f"'train-images-idx3-ubyte.gz' and 'train-labels-idx1-ubyte.gz', got an empty folder."
    )


def test_a_class_without_files_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path / "p")
    (tmp_path / "p" / "4").mkdir()
    (tmp_path / "p" / "4" / "notes.txt").write_text("later")
    assert refusal(open_source, tmp_path / "p") == (
        "p: expected images or sounds in the folder of each class, got none in '4'; remove the folder or fill it."
    )


def test_a_single_class_is_refused(tmp_path: Path) -> None:
    source = open_source(fill(tmp_path / "p", {f"cat/{i}.png": encoded(Image.fromarray(picture(i))) for i in (1, 2)}))
    assert refusal(prepare, source) == (
        "p: column 'class': expected labels of at least two classes, got only 'cat' in 2 rows."
    )


def test_images_among_sounds_are_refused(tmp_path: Path) -> None:
    fill(recordings(tmp_path / "s"), {"low/0.png": encoded(Image.fromarray(picture()))})
    assert refusal(open_source, tmp_path / "s") == (
        "s: expected only images or only sounds, got high/0.wav and low/0.png; keep them in folders of their own."
    )


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    folder = fill(pictures(tmp_path), {"3/.DS_Store": b"x", "3/notes.txt": b"x", ".git/config": b"x"})
    assert open_source(folder).row_count() == 8


def test_a_model_of_one_sort_refuses_another(tmp_path: Path) -> None:
    images, sounds = open_source(pictures(tmp_path / "p")), open_source(recordings(tmp_path / "s"))
    picture_features, sound_features = ImageFeatures(2, 2, False), SoundFeatures(RATE, 200, 40)
    assert refusal(picture_features.check, sounds.schema) == "s: expected images, as in training, got sounds."
    assert refusal(sound_features.check, images.schema) == "p: expected sounds, as in training, got images."
    table = open_source("iris")
    assert refusal(sound_features.check, table.schema) == (
        "iris: expected sound files, as in training, got a table or arrays."
    )


def test_single_files_are_read_as_in_their_folder(tmp_path: Path) -> None:
    pictures(tmp_path)
    features = ImageFeatures(28, 28, False)
    whole, _ = inputs(features, open_source(tmp_path))
    for place, spec in ((0, "10/0.png"), (5, "3/1.png")):
        np.testing.assert_array_equal(inputs(features, open_source(tmp_path / spec))[0], whole[place : place + 1])
    np.testing.assert_array_equal(inputs(features, open_source(f"{tmp_path}/3/*.png"))[0], whole[4:])
    np.testing.assert_array_equal(inputs(features, open_source(tmp_path / "3"))[0], whole[4:])
    assert rows(open_source(tmp_path / "3"), ["file", "class"])[1] == ("3/1.png", 3)


def test_files_of_the_test_set_are_not_trained_on(tmp_path: Path) -> None:
    source, test = open_source(recordings(tmp_path)), open_source(f"{tmp_path}/*/0.wav")
    prepared = prepare(source, test=test, seed=0)
    assert prepared.test is not None
    assert (len(prepared.training.y), len(prepared.test.y)) == (6, 2)
    assert prepared.provenance["rows left out because they are test rows"] == 2


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    prepare(open_source(pictures(tmp_path)), test=0.25, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (8, 8)


FEATURES = [
    ImageFeatures(3, 4, True),
    SoundFeatures(8000, 200, 40, 2, 3, 30.0, tuple(0.1 * i for i in range(6)), tuple(1.1 + i for i in range(6))),
    SoundFeatures(16_000, 400, 80),
]


@pytest.mark.parametrize("features", FEATURES, ids=["image", "sound", "plain sound"])
def test_a_document_keeps_features_to_the_bit(features: Any) -> None:
    assert features_from_document(json.loads(json.dumps(features.to_document()))) == features


@pytest.mark.parametrize("features", FEATURES[:2], ids=["image", "sound"])
@pytest.mark.parametrize("value", [None, -1, "x", 0.5, [], {}, float("nan"), True])
def test_a_malformed_document_is_refused(features: Any, value: Any) -> None:
    whole = features.to_document()
    for name in whole.keys() - {"kind", "reading", "colour"}:
        if isinstance(value, float) and name in ("silence", "mean", "scale") and value == 0.5:
            continue
        if name == "mean" and value == -1 and not isinstance(value, bool):
            continue
        with pytest.raises(ModelError):
            features_from_document({**whole, name: value})
    with pytest.raises(ModelError):
        features_from_document({name: part for name, part in whole.items() if name != "reading"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("rate", 10**9, "from 1000 to 16000"),
        ("window", 10**9, "from 2 to 8000"),
        ("hop", 1, "from 20 to 8000"),
        ("hop", 10**9, "from 20 to 8000"),
    ],
)
def test_settings_of_sounds_that_would_take_all_memory_are_refused(name: str, value: int, expected: str) -> None:
    with pytest.raises(ModelError) as error:
        features_from_document({**FEATURES[1].to_document(), name: value})
    assert str(error.value) == (
        f"features.{name}: expected a whole number {expected}, got {value}; the model file is damaged, make it again."
    )


@pytest.mark.parametrize("rate", [1_000, 8_000, 44_100])
def test_settings_that_training_makes_are_read(rate: int) -> None:
    features = fit_sounds([recorded(tone(200.0, rate=rate), rate=rate)], Reading())
    assert features_from_document(json.loads(json.dumps(features.to_document()))) == features


def test_the_number_of_threads_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, features = open_source(recordings(tmp_path, 8)), SoundFeatures(RATE, 200, 40)
    many, _ = inputs(features, source)
    monkeypatch.setattr("clearprop.features.sounds.usable_cores", lambda: 1)
    np.testing.assert_array_equal(inputs(features, source)[0], many)
