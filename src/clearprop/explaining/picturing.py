"""Inputs that are a picture, shown as one: the example, and the weights of a neuron that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from clearprop.arrays import FloatArray
from clearprop.explaining.choice import Choice
from clearprop.explaining.explanation import Picture, Section
from clearprop.explaining.quantities import Quantities

SHADES = " .:-=+*#%@"
"""From nothing to full, as letters of a terminal."""

MOST_ROWS = 14
"""Rows of a picture in letters."""


def with_pictures(section: Section, quantities: Quantities, choice: Choice, shape: tuple[int, int]) -> Section:
    """The first layer's section with the picture that it looks at, and what its shown neurons look for in it."""
    pictures = [Picture("The input as a picture", quantities.row("a", 0).reshape(shape))]
    for j in choice.neurons(1):
        title = f"The weights of neuron {j + 1} of layer 1: red raises its z where the picture is light, blue lowers it"
        pictures.append(Picture(title, quantities.step.W[1][j].reshape(shape), signed=True))
    return replace(section, blocks=(*pictures, *section.blocks))


def drawn(pixels: FloatArray) -> Iterator[str]:
    """The picture in letters. A letter is twice as high as wide, so a row of letters is two rows of pixels."""
    height, width = pixels.shape
    low, high = float(pixels.min()), float(pixels.max())
    level = (pixels - low) / ((high - low) or 1.0)
    shrink = max(1, -(-height // MOST_ROWS))
    across = max(1, round(shrink / 2))
    for top in range(0, height, shrink):
        rows = level[top : top + shrink]
        cells = [rows[:, left : left + across].mean() for left in range(0, width, across)]
        letters = [SHADES[int(np.clip(cell * len(SHADES), 0, len(SHADES) - 1))] for cell in cells]
        yield "".join(letter * (2 if shrink == 1 else 1) for letter in letters)
