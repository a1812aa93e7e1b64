"""Accuracy at the defaults on folders of recordings and of pictures.

    python benchmarks/media.py [--data FOLDER]

Spoken digits with their published test set, and MNIST written out as PNG files beside MNIST as IDX, all through the
command line. FOLDER holds `spoken-digits/` and `mnist/`; without it the folder that CLEARPROP_DATA names is read, else
../shared/data. The figures are written to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from real_data import ROOT, tested

from clearprop.data import Source, open_source


def write_pictures(part: Source, folder: Path) -> None:
    """The images of a source as PNG files, in a folder for each class."""
    number = 0
    for batch in part.batches():
        images = np.asarray(batch.column("x").flatten()).reshape(-1, 28, 28)
        for image, y in zip(images, batch.column("y").to_pylist(), strict=True):
            place = folder / str(y)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"{number:05d}.png", compress_level=1)
            number += 1


def timed(*arguments: str | Path) -> dict[str, Any]:
    began = time.perf_counter()
    return {**tested(*arguments), "seconds": round(time.perf_counter() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CLEARPROP_DATA", ROOT / "../shared/data")))
    data = parser.parse_args().data
    digits = data / "spoken-digits"
    results = {"spoken digits": timed(digits, "--test", f"{digits}/*/*_0[0-4].wav")}
    source = open_source(data / "mnist")
    assert source.test is not None
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(source, Path(folder, "train"))
        write_pictures(source.test, Path(folder, "test"))
        results["MNIST as PNG"] = timed(f"{folder}/train", "--test", f"{folder}/test")
    results["MNIST as IDX"] = timed(data / "mnist")
    for name, figures in results.items():
        print(f"{name}: {figures['accuracy']:.2%} of {figures['examples']}, {figures['seconds']} s")
    kept = ROOT / "benchmarks/results/media.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
