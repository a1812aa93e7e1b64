"""DuckDB at arm's length."""

from __future__ import annotations

import duckdb
import pytest

from clearprop.data.duck import connected
from clearprop.errors import DataError


@pytest.mark.parametrize(
    "error",
    [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error: Interrupted!")],
    ids=["while a query is taken in", "while it runs"],
)
def test_what_duckdb_makes_of_ctrl_c_is_an_interrupt(error: Exception) -> None:
    with pytest.raises(KeyboardInterrupt), connected(str):
        raise error


def test_an_error_of_duckdb_is_told_in_our_words() -> None:
    with pytest.raises(DataError, match=r"^in our words$"), connected(lambda _: "in our words"):
        raise duckdb.InvalidInputException("Conversion Error: a cell reads 'interrupted'")


def test_an_error_of_our_own_passes_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="ours"), connected(str):
        raise RuntimeError("ours")
