"""Published files are read as their authors describe them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from clearprop.data import Reading, open_source, prepare
from clearprop.features import ArrayFeatures, NumberColumn, TableFeatures

from .helpers import refusal, rows

ADULT = Reading(missing=("?",), strip_label=".")
# of the 41 countries in column 13 one has a single row, and so no input of its own
CATEGORIES = {1: 8, 3: 16, 5: 7, 6: 14, 7: 6, 8: 5, 9: 2, 13: 40}


def test_adult_is_6_numbers_and_8_categories_with_missing_values(real: Path) -> None:
    source = open_source(real / "tables/adult-train.csv", ADULT)
    whole = prepare(source, test=open_source(real / "tables/adult-test.csv", source.reading))
    assert whole.classes == ("<=50K", ">50K")
    assert (len(whole.training.y), whole.training.y.sum()) == (32_561, 7_841)
    assert whole.test is not None
    assert (len(whole.test.y), whole.test.y.sum()) == (16_281, 3_846)
    assert isinstance(whole.features, TableFeatures)
    numbers = [encoding.name for encoding in whole.features.encodings if isinstance(encoding, NumberColumn)]
    assert numbers == [f"column{i}" for i in (0, 2, 4, 10, 11, 12)]
    widths = {int(encoding.name[6:]): encoding.width - 1 for encoding in whole.features.encodings}
    assert {i: width for i, width in widths.items() if i in CATEGORIES} == CATEGORIES
    assert "?" not in " ".join(whole.features.input_names)
    others = whole.features.input_names.index("column1 = other")
    assert whole.training.x[:, others].sum() == 1_836


def test_adult_without_the_ending_is_refused_with_the_cure(real: Path) -> None:
    source = open_source(real / "tables/adult-train.csv", Reading(missing=("?",)))
    test = open_source(real / "tables/adult-test.csv", source.reading)
    assert refusal(lambda: prepare(source, test=test)) == (
        "adult-test.csv: column 'column14': expected the classes of the training data '<=50K', '>50K', "
        "got '<=50K.', '>50K.'. --strip-label '.' would make them equal."
    )


@pytest.mark.parametrize(
    ("name", "counts", "width"),
    [
        ("iris", {"Iris-setosa": 50, "Iris-versicolor": 50, "Iris-virginica": 50}, 4),
        ("wheat-seeds", {1: 70, 2: 70, 3: 70}, 7),
        ("banknote_authentication", {0: 762, 1: 610}, 4),
    ],
)
def test_small_tables_are_read_whole(real: Path, name: str, counts: dict[object, int], width: int) -> None:
    source = open_source(real / f"tables/{name}.csv")
    whole = prepare(source, test=0.2, validation=0.1)
    assert whole.test is not None
    assert whole.validation is not None
    assert whole.features.width == width
    y = np.concatenate([part.y for part in (whole.training, whole.validation, whole.test)])
    assert dict(zip(whole.classes, np.bincount(y).tolist(), strict=True)) == counts
    assert source.reading.header is False


def test_the_first_row_of_a_headerless_table_is_a_row(real: Path) -> None:
    assert rows(open_source(real / "tables/iris.csv"))[0] == (5.1, 3.5, 1.4, 0.2, "Iris-setosa")


def test_mnist_is_70000_images_with_its_own_test_set(real: Path) -> None:
    source = open_source(real / "mnist")
    test = source.test
    assert test is not None
    assert (source.name, source.row_count(), test.row_count()) == ("mnist", 60_000, 10_000)
    whole = prepare(test, validation=0.1)
    assert isinstance(whole.features, ArrayFeatures)
    assert (whole.features.shape, whole.features.mean, whole.features.scale) == ((28, 28), 0.0, 255.0)
    assert whole.classes == tuple(range(10))
    assert (whole.training.x.min(), whole.training.x.max()) == (0.0, 1.0)
    assert whole.never_set[0]


def test_mnist_has_as_many_of_each_digit_as_published(real: Path) -> None:
    counts = np.zeros(10, int)
    for batch in open_source(real / "mnist").batches(["y"]):
        found = pc.value_counts(batch.column(0))
        counts[found.field("values").to_numpy()] += found.field("counts").to_numpy()
    assert counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
