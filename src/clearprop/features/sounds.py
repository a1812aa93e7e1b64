"""Sounds: how loud each band of pitch is over time, as a picture of fixed size (a log-mel spectrogram)."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from clearprop.capacity import usable_cores
from clearprop.features import document
from clearprop.features.document import JSON
from clearprop.features.media import FILE, SOUND, check_media, decoded, most_frequent
from clearprop.features.protocol import Float64Array, Transformed
from clearprop.features.reading import Reading

if TYPE_CHECKING:
    import pyarrow as pa

HIGHEST_RATE = 16_000
"""Recordings are analysed at the training data's most frequent rate, but not above."""
MOST_SECONDS = 600
LOWEST_RATE, TOP_RATE = 1_000, 768_000
"""Rates outside are damage: nobody records so, and bringing them to another rate would take all memory."""
LOWEST_PITCH = 50.0
FLOOR = 1e-6
"""Loudness below this share of the loudest moment is taken for silence."""
NO_SOUND = "expected a sound, got a file that is none or is damaged"


@dataclass(frozen=True)
class SoundFeatures:
    """frames × bands inputs. `rate` in samples a second, `window` and `hop` in samples, `silence` in decibels below the
    loudest moment; mean and scale, one number for each input, standardise as in training."""

    rate: int
    window: int
    hop: int
    bands: int = 40
    frames: int = 32
    silence: float = 30.0
    mean: tuple[float, ...] | float = 0.0
    scale: tuple[float, ...] | float = 1.0
    reading: Reading = field(default_factory=Reading)

    @property
    def width(self) -> int:
        return self.frames * self.bands

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(f"{SOUND}[{time}, {band}]" for time in range(self.frames) for band in range(self.bands))

    @property
    def columns(self) -> tuple[str, ...]:
        return (FILE, SOUND)

    def check(self, schema: pa.Schema) -> None:
        check_media(schema, SOUND)

    def transform(self, batch: pa.RecordBatch) -> Transformed:
        self.check(batch.schema)
        raw, reasons = decoded(batch, SOUND, self.width, self.spectrogram)
        x = (raw - np.asarray(self.mean)) / np.asarray(self.scale)
        x[list(reasons)] = 0.0
        return Transformed(x, reasons)

    def spectrogram(self, content: bytes) -> Float64Array | str:
        """The picture of a recording before standardising, flattened, or what is wrong with the file."""
        heard = samples(content)
        if isinstance(heard, str):
            return heard
        signal, rate = heard
        power = self._loud_part(self._powers(_resampled(signal, rate, self.rate)))
        if not power.any():
            return "expected a sound, got silence"
        loudness = np.log(power @ self._bank.T + FLOOR * power.max())  # (moments, bands)
        picture = _stretched(loudness, self.frames)
        spread = picture.std()
        return np.asarray(picture - picture.mean()).reshape(-1) / (spread if spread > 0 else 1.0)

    def _powers(self, signal: Float64Array) -> Float64Array:
        """The power of each frequency at each moment, (moments, frequencies)."""
        from scipy.fft import rfft
        from scipy.signal.windows import hann

        lacking = max(0, self.window - len(signal))
        padded = np.pad(signal, (lacking // 2, lacking - lacking // 2))
        moments = np.lib.stride_tricks.sliding_window_view(padded, self.window)[:: self.hop]
        return np.asarray(np.abs(rfft(moments * hann(self.window), self._fft_size)) ** 2)

    def _loud_part(self, power: Float64Array) -> Float64Array:
        """Without the silence before and after."""
        energy = power.sum(axis=1)
        loud = np.flatnonzero(energy >= energy.max() * 10 ** (-self.silence / 10))
        return np.asarray(power[loud[0] : loud[-1] + 1])

    @property
    def _fft_size(self) -> int:
        return int(2 ** math.ceil(math.log2(self.window)))

    @cached_property
    def _bank(self) -> Float64Array:
        """How much each frequency counts in each band, (bands, frequencies): triangles on the mel scale."""
        top = 2595 * math.log10(1 + self.rate / 2 / 700)
        bottom = 2595 * math.log10(1 + min(LOWEST_PITCH, self.rate / 4) / 700)
        edges = 700 * (10 ** (np.linspace(bottom, top, self.bands + 2) / 2595) - 1)
        pitch = np.linspace(0, self.rate / 2, self._fft_size // 2 + 1)
        rising = (pitch - edges[:-2, None]) / np.diff(edges)[:-1, None]
        falling = (edges[2:, None] - pitch) / np.diff(edges)[1:, None]
        return np.asarray(np.maximum(0, np.minimum(rising, falling)))

    def to_document(self) -> dict[str, JSON]:
        return {
            "kind": SOUND,
            "rate": self.rate,
            "window": self.window,
            "hop": self.hop,
            "bands": self.bands,
            "frames": self.frames,
            "silence": self.silence,
            "mean": list(self.mean) if isinstance(self.mean, tuple) else self.mean,
            "scale": list(self.scale) if isinstance(self.scale, tuple) else self.scale,
            "reading": self.reading.to_document(),
        }

    @staticmethod
    def from_document(contents: JSON, where: str) -> SoundFeatures:
        names = ("rate", "window", "hop", "bands", "frames", "silence", "mean", "scale", "reading")
        fields = document.fields_of(contents, where, *names)
        # what training never makes could take all time and memory: a rate of a gigahertz, a moment for every sample
        rate = document.size(fields["rate"], f"{where}.rate", LOWEST_RATE, HIGHEST_RATE)
        window = document.size(fields["window"], f"{where}.window", 2, rate)
        hop = document.size(fields["hop"], f"{where}.hop", max(1, window // 10), rate)
        bands, frames = (document.size(fields[name], f"{where}.{name}") for name in ("bands", "frames"))
        return SoundFeatures(
            rate,
            window,
            hop,
            bands,
            frames,
            document.positive(fields["silence"], f"{where}.silence"),
            document.one_or_each(fields["mean"], f"{where}.mean", frames * bands, document.number),
            document.one_or_each(fields["scale"], f"{where}.scale", frames * bands, document.positive),
            Reading.from_document(fields["reading"], f"{where}.reading"),
        )


def fit_sounds(contents: Sequence[bytes], reading: Reading) -> SoundFeatures:
    """The rate that most training recordings have; mean and scale of every input over them."""
    heard = [found[1] for found in map(samples, contents) if not isinstance(found, str)]
    rate = min(most_frequent(heard) if heard else HIGHEST_RATE, HIGHEST_RATE)
    features = SoundFeatures(rate, window=max(2, round(0.025 * rate)), hop=max(1, round(0.005 * rate)), reading=reading)
    with ThreadPoolExecutor(usable_cores()) as pool:
        pictures = [found for found in pool.map(features.spectrogram, contents) if not isinstance(found, str)]
    if not pictures:
        return features
    mean, spread = np.mean(pictures, axis=0), np.std(pictures, axis=0)
    return replace(features, mean=tuple(mean.tolist()), scale=tuple(np.where(spread > 0, spread, 1.0).tolist()))


def samples(content: bytes) -> tuple[Float64Array, int] | str:
    """A recording as one channel of samples, and its rate; or what is wrong with the file."""
    import soundfile

    if _is_cut_short(content):
        return "expected a whole recording, got one that is cut short; copy the file again"
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            expected, rate = file.frames, file.samplerate
            if not LOWEST_RATE <= rate <= TOP_RATE:
                return f"expected {LOWEST_RATE:,} to {TOP_RATE:,} samples a second, got {rate:,}"
            if expected > MOST_SECONDS * rate:
                return f"expected a sound of at most {MOST_SECONDS} seconds, got {expected / rate:.0f}"
            channels = file.read(dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, OSError, ValueError, TypeError, MemoryError, OverflowError):
        return NO_SOUND
    if len(channels) < expected:
        return "expected a whole recording, got one that is cut short; copy the file again"
    if not len(channels):
        return "expected a sound, got a recording without samples"
    if not np.isfinite(channels).all():
        return "expected finite samples, got NaN or infinity"
    return np.asarray(channels.mean(axis=1)), int(rate)


def _is_cut_short(content: bytes) -> bool:
    """Whether a WAV file is shorter than its header says, or the last page of an OGG file is not marked as the last."""
    if content[:4] == b"RIFF":
        claimed = int.from_bytes(content[4:8], "little")
        return claimed not in (0, 0xFFFFFFFF) and claimed + 8 > len(content) + 1
    last = content.rfind(b"OggS")
    return content[:4] == b"OggS" and (last + 5 >= len(content) or not content[last + 5] & 4)


def _resampled(signal: Float64Array, rate: int, wanted: int) -> Float64Array:
    if rate == wanted:
        return signal
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    return np.asarray(resample_poly(signal, wanted // common, rate // common))


def _stretched(loudness: Float64Array, frames: int) -> Float64Array:
    """Moments (moments, bands) as a fixed number of frames, each the mean over its part of the time."""
    moments, bands = loudness.shape
    edges = np.linspace(0, moments, frames + 1)
    total = np.vstack([np.zeros(bands), np.cumsum(loudness, axis=0)])
    at = np.stack([np.interp(edges, np.arange(moments + 1), total[:, band]) for band in range(bands)], axis=1)
    return np.asarray(np.diff(at, axis=0) * frames / moments)
