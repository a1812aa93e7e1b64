"""Published data as people have it, from the file to the labels."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

from .running import done

ADULT = ("--strip-label", ".", "--missing", "?")


def cut(source: Path, name: str, lines: int) -> Path:
    with open(source) as file:
        Path(name).write_text("".join(islice(file, lines)))
    return Path(name)


def test_iris_is_learned_and_labelled(real: Path) -> None:
    words = ("--epochs", "60", "--layers", "16", "--learning-rate", "0.01")
    report = json.loads(done("train", real / "tables/iris.csv", *words, "--out", "m", "--json").out)
    assert report["test"]["accuracy"] >= 0.9
    assert report["test"]["classes"] == ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]
    Path("new.csv").write_text("5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n")
    labelled = done("label", "m", "new.csv").rows
    assert [row["label"] for row in labelled] == ["Iris-setosa", "Iris-virginica"]


def test_adult_is_trained_and_measured_on_its_own_test_file(real: Path) -> None:
    training = cut(real / "tables/adult-train.csv", "train.csv", 4000)
    test = cut(real / "tables/adult-test.csv", "test.csv", 1000)
    words = ("--epochs", "2", "--layers", "16", *ADULT)
    report = json.loads(done("train", training, "--test", test, *words, "--out", "m", "--json").out)
    assert (report["test"]["classes"], report["test"]["examples"]) == (["<=50K", ">50K"], 1000)
    assert report["test"]["accuracy"] > report["test"]["baseline"]
    evaluated = json.loads(done("evaluate", "m", test, "--json").out)
    assert evaluated == {**report["test"], "left out": 0}
    assert done("label", "m", test, "--out", "labels.csv").err == "1,000 rows labelled; the labels are in labels.csv.\n"


def test_mnist_is_read_as_it_is_published(real: Path) -> None:
    folder = Path("mnist")
    folder.mkdir()
    # the first tenth of each file, for a quick test
    for part, count in (("train", 6000), ("t10k", 1000)):
        for what, size in (("images-idx3", 784), ("labels-idx1", 1)):
            name = f"{part}-{what}-ubyte.gz"
            with gzip.open(real / "mnist" / name) as file:
                header = bytearray(file.read(16 if size > 1 else 8))
                header[4:8] = count.to_bytes(4, "big")
                (folder / name).write_bytes(gzip.compress(header + file.read(count * size), 1))
    outcome = done("train", folder, "--epochs", "2", "--layers", "16", "--learning-rate", "0.01", "--out", "m")
    assert outcome.err == "Training 784-16-10 on 5,400 rows: 2 epochs of 169 updates.\n"
    assert "\nAccuracy on 1,000 rows of mnist (t10k): " in outcome.out
    found = json.loads(done("evaluate", "m", folder, "--json").out)
    assert found["accuracy"] >= 0.8
    assert set(found["classes"]) == set(range(10))
