"""Dropout: the same bits as `dropout_draw` in `equations/regularization.py`, a row at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import compiled, kernel


@kernel
def drop_out(values: Array, seed: int, step: int, layer: int, first_row: int, threshold: int, raised: float) -> None:
    """Switch off each value whose draw lies below the threshold, and raise the others; row 0 of `values` is row
    `first_row` of the mini-batch, and the draw is a hash of (seed, step, layer, row, unit)."""
    off, scale = values.dtype.type(0), values.dtype.type(raised)
    start = mix(np.uint32(seed) ^ mix(np.uint32(seed >> np.uint64(32)) + np.uint32(0x9E3779B9)))
    start = mix(start ^ mix(np.uint32(step) + np.uint32(0x9E3779B9)))
    start = mix(start ^ mix(np.uint32(layer) + np.uint32(0x9E3779B9)))
    for i in range(values.shape[0]):
        row = mix(start ^ mix(np.uint32(first_row + i) + np.uint32(0x85EBCA6B)))
        for j in range(values.shape[1]):
            draw = mix(row ^ mix(np.uint32(j) + np.uint32(0xC2B2AE35)))
            values[i, j] *= scale if draw >= np.uint32(threshold) else off


@compiled
def mix(h: Any) -> Any:
    h = np.uint32(h)  # sums of 32-bit numbers come in 64 bits
    h = np.uint32(np.uint32(h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D))
    h = np.uint32(np.uint32(h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B))
    return np.uint32(h ^ (h >> np.uint32(16)))
