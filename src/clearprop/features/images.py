"""Images: brought to one size, in grey or in colour, each value from 0 to 1."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.features import document
from clearprop.features.document import JSON
from clearprop.features.media import FILE, IMAGE, check_media, decoded
from clearprop.features.protocol import Float64Array, Transformed
from clearprop.features.reading import Reading

if TYPE_CHECKING:
    import pyarrow as pa
    from PIL import Image

MOST_PIXELS = 50_000_000
"""Images of more pixels are refused before they are decoded: a small file can claim to be a huge image."""
MOST_INPUTS = 4096
"""The size that is chosen from the data stays below so many inputs."""
COLOUR_CHECKED = 100
"""So many training images are looked at to see whether they have colour."""
NO_IMAGE = "expected an image, got a file that is none or is damaged"


@dataclass(frozen=True)
class ImageFeatures:
    """height × width × (3 for colour, 1 for grey) inputs; value / 255, transparent parts on white."""

    height: int
    width_in_pixels: int
    colour: bool
    reading: Reading = field(default_factory=Reading)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.height, self.width_in_pixels, 3) if self.colour else (self.height, self.width_in_pixels)

    @property
    def width(self) -> int:
        return math.prod(self.shape)

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(f"{IMAGE}[{', '.join(map(str, place))}]" for place in np.ndindex(*self.shape))

    @property
    def columns(self) -> tuple[str, ...]:
        return (FILE, IMAGE)

    def check(self, schema: pa.Schema) -> None:
        check_media(schema, IMAGE)

    def transform(self, batch: pa.RecordBatch) -> Transformed:
        self.check(batch.schema)
        with bombs_refused():
            return decoded(batch, IMAGE, self.width, self._inputs)

    def _inputs(self, content: bytes) -> Float64Array | str:
        image = opened(content)
        if isinstance(image, str):
            return image
        try:
            return self._resized(image).reshape(-1)
        except (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, MemoryError, OverflowError):
            return NO_IMAGE  # a damaged image fails in as many ways as there are formats

    def _resized(self, image: Image.Image) -> Float64Array:
        from PIL import Image, ImageOps

        image = ImageOps.exif_transpose(image)
        size = (self.width_in_pixels, self.height)
        if image.mode.startswith(("I", "F")):
            values = np.asarray(image, dtype=np.float32) / np.float32(65535)
            grey = Image.fromarray(np.clip(values, 0, 1)).resize(size, Image.Resampling.BILINEAR)
            plane = np.asarray(grey, dtype=np.float64)
            return np.repeat(plane[:, :, None], 3, axis=2) if self.colour else plane
        plain = on_white(image).convert("RGB" if self.colour else "L")
        if plain.size != size:
            plain = plain.resize(size, Image.Resampling.BILINEAR)
        return np.asarray(plain, dtype=np.float64) / 255

    def to_document(self) -> dict[str, JSON]:
        return {
            "kind": IMAGE,
            "height": self.height,
            "width": self.width_in_pixels,
            "colour": self.colour,
            "reading": self.reading.to_document(),
        }

    @staticmethod
    def from_document(contents: JSON, where: str) -> ImageFeatures:
        fields = document.fields_of(contents, where, "height", "width", "colour", "reading")
        return ImageFeatures(
            document.size(fields["height"], f"{where}.height"),
            document.size(fields["width"], f"{where}.width"),
            document.boolean(fields["colour"], f"{where}.colour"),
            Reading.from_document(fields["reading"], f"{where}.reading"),
        )


def fit_images(contents: Sequence[bytes], size: tuple[int, int] | None, reading: Reading) -> ImageFeatures:
    """The size (height, width) of the median training image, unless named; colour if the training images have it.

    Files that are no images are passed over here: transforming them tells what is wrong.
    """
    with bombs_refused():
        images = [image for image in map(opened, contents) if not isinstance(image, str)]
        colour = any(map(_has_colour, images[:: max(1, len(images) // COLOUR_CHECKED)]))
    if size is None:
        heights, widths = [image.height for image in images] or [1], [image.width for image in images] or [1]
        size = _bounded(float(np.median(heights)), float(np.median(widths)), 3 if colour else 1)
    return ImageFeatures(*size, colour, reading)


def _bounded(height: float, width: float, channels: int) -> tuple[int, int]:
    shrink = min(1.0, math.sqrt(MOST_INPUTS / (height * width * channels)))
    return max(1, int(height * shrink)), max(1, int(width * shrink))


def _has_colour(image: Any) -> bool:
    if image.mode in ("1", "L", "LA", "La") or image.mode.startswith(("I", "F")):
        return False
    try:
        pixels = np.asarray(on_white(image).convert("RGB"), dtype=np.int16)
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, MemoryError, OverflowError):
        return False
    return bool(np.any(pixels[:, :, 0] != pixels[:, :, 1]) or np.any(pixels[:, :, 1] != pixels[:, :, 2]))


def opened(content: bytes) -> Image.Image | str:
    """An image whose header was read and whose pixels were not, or what is wrong with it."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(content))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"expected an image of at most {MOST_PIXELS:,} pixels, got a larger one"
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, OverflowError):
        return NO_IMAGE
    if image.width * image.height > MOST_PIXELS:
        return f"expected an image of at most {MOST_PIXELS:,} pixels, got {image.width} x {image.height}"
    return image


def on_white(image: Image.Image) -> Image.Image:
    """An image without transparency."""
    from PIL import Image

    if "A" not in image.mode and "a" not in image.mode and "transparency" not in image.info:
        return image
    seen = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)


@contextmanager
def bombs_refused() -> Iterator[None]:
    """Pillow's warning of huge images as an error, in all threads."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
