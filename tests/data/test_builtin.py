"""The built-in sets are those of scikit-learn, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.datasets

from clearprop.data import open_source
from clearprop.data.memory import shape_of

from .helpers import rows

TABLES = {
    "iris": (sklearn.datasets.load_iris, "species"),
    "wine": (sklearn.datasets.load_wine, "cultivar"),
    "breast-cancer": (sklearn.datasets.load_breast_cancer, "diagnosis"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_built_in_table_has_scikit_learns_numbers_and_names(name: str) -> None:
    load, target = TABLES[name]
    bunch, source = load(), open_source(name)
    assert source.schema.names == [*bunch.feature_names, target]
    assert source.default_target == target
    got = rows(source)
    assert np.array_equal([row[:-1] for row in got], bunch.data)
    assert [row[-1] for row in got] == bunch.target_names[bunch.target].tolist()


def test_digits_are_images_with_whole_numbers_as_classes() -> None:
    bunch, source = sklearn.datasets.load_digits(), open_source("digits")
    assert (source.name, source.default_target, source.row_count()) == ("digits", "y", 1797)
    assert shape_of(source.schema.field("x")) == (8, 8)
    got = rows(source)
    assert np.array_equal([row[0] for row in got], bunch.data)
    assert [row[1] for row in got] == bunch.target.tolist()
