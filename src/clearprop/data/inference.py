"""What the columns of a text table hold, found out from all of its rows: a sample would let a later row fail.

A column of numbers may have missing cells but no other text. Numbers written with a leading zero (`01234`, a
postcode) are text. A column whose numbers are spoiled by a few odd cells is refused: as text it would train,
and badly, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearprop.errors import DataError
from clearprop.features.cells import NUMBER, numbers, trimmed
from clearprop.features.wording import shown

if TYPE_CHECKING:
    import pyarrow as pa

LEADING_ZERO = r"^[+-]?0\d"
DECIMAL_COMMA = r"^[+-]?\d+(,\d+)?$"
DATE = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?$"
NUMBER_KINDS = ("int64", "float64", "decimal comma")
ODD_TEXTS = 3
ODD_SHARE = 0.1
MANY_NUMBERS = 20
COUNTED_NAMES = 3
NO_NAME = r"(?i)\W*|n/?a|nan|null|none"  # what may stand for a missing value says nothing about a header


def _all_match(pattern: str) -> Callable[[pa.Array], bool]:
    def test(text: pa.Array) -> bool:
        import pyarrow.compute as pc

        return pc.all(pc.match_substring_regex(text, pattern)).as_py() is not False

    return test


def _casts(kind: str) -> Callable[[pa.Array], bool]:
    def test(text: pa.Array) -> bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            pc.cast(text, pa.type_for_alias(kind))
        except pa.ArrowInvalid:
            return False
        return True

    return test


def _is_number(text: pa.Array) -> bool:
    return _casts("float64")(text) or _all_match(NUMBER)(text)


# in the order of preference; a column starts as all of them and keeps those that every cell fits
KINDS: dict[str, Callable[[pa.Array], bool]] = {
    "int64": _casts("int64"),
    "float64": _is_number,
    "bool": _all_match("^(?i:true|false)$"),
    "date": _all_match(DATE),
    "decimal comma": _all_match(DECIMAL_COMMA),
}


@dataclass
class ColumnSurvey:
    """What is known of a column so far. first: the cell in the file's first line, perhaps the column's name."""

    first: str | None
    kinds: list[str] = field(default_factory=lambda: list(KINDS))
    filled: int = 0
    number_count: int = 0
    odd_texts: set[str] = field(default_factory=set)
    leading_zeros: bool = False
    first_again: bool = False

    def add(self, column: pa.Array, missing: Sequence[str] = ()) -> None:
        """Take in more cells, as they stand in the file."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = column.value_counts()  # each text is looked at once, however often it stands there
        text = trimmed(found.field("values"), missing)
        counts = pc.if_else(pc.is_valid(text), found.field("counts"), pa.scalar(0, pa.int64()))
        filled = pc.sum(counts).as_py() or 0
        if not filled:
            return
        self.filled += filled
        if "float64" in self.kinds and pc.any(pc.match_substring_regex(text, LEADING_ZERO)).as_py():
            self.leading_zeros = True
            self.kinds = [kind for kind in self.kinds if kind not in NUMBER_KINDS]
        self.kinds = [kind for kind in self.kinds if KINDS[kind](text)]
        if "float64" not in self.kinds and "int64" in self.kinds:
            self.kinds.remove("int64")  # Arrow takes 0x1F for a whole number
        self._count(text, counts, filled)

    def _count(self, text: pa.Array, counts: pa.Array, filled: int) -> None:
        """Count the numbers of a column that may turn out to be text, and keep a few of its other texts."""
        import pyarrow.compute as pc

        if "float64" in self.kinds:
            self.number_count += filled
            return
        self.first_again |= pc.any(pc.equal(text, self.first)).as_py() is True
        if len(self.odd_texts) <= ODD_TEXTS:
            is_number = pc.match_substring_regex(text, NUMBER)
            self.number_count += pc.sum(counts.filter(is_number)).as_py() or 0
            self.odd_texts |= set(text.filter(pc.invert(is_number)).unique().slice(0, ODD_TEXTS + 1).to_pylist())

    @property
    def kind(self) -> str:
        """One of KINDS, or `string`."""
        return self.kinds[0] if self.filled and self.kinds else "string"

    @property
    def spoiled(self) -> bool:
        """Whether the column holds numbers but for a few cells."""
        few = 0 < len(self.odd_texts) <= ODD_TEXTS and not self.leading_zeros
        return self.kind == "string" and few and self.number_count >= (1 - ODD_SHARE) * self.filled


def has_header(columns: Sequence[ColumnSurvey]) -> bool:
    """Whether the first line names the columns: typed columns vote, by whether their first cell is of their type.

    Where all columns are text, a header has a different name for each, and none comes again as a value.
    """
    names = [column.first for column in columns]
    counted = [str(i) for i in range(len(names))]
    if len(names) >= COUNTED_NAMES and (names == counted or names == [None, *counted[:-1]]):
        return True  # what pandas writes for columns that have no names
    typed = [column for column in columns if column.kind != "string" and not re.fullmatch(NO_NAME, column.first or "")]
    if typed:
        fitting = sum(KINDS[column.kind](_text_array([column.first])) for column in typed)
        return 2 * fitting <= len(typed)
    complete = None not in names[1:] and len(set(names)) == len(names)
    numbers = any(name is not None and re.match(NUMBER, name) for name in names)
    return complete and not numbers and not any(column.first_again for column in columns)


def _text_array(values: Sequence[str | None]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, pa.string())


def arrow_type(name: str, survey: ColumnSurvey, where: str) -> pa.DataType:
    """The type of a column, for a file named `where`. Raises DataError for numbers with a decimal comma."""
    import pyarrow as pa

    if survey.kind == "decimal comma":
        raise DataError(
            f"{where}: column {name!r}: expected numbers with a decimal point, got numbers with a comma; "
            f"write 1.5 for 1,5."
        )
    types = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(), "date": pa.timestamp("s")}
    return types.get(survey.kind, pa.string())


def refuse_spoiled(name: str, survey: ColumnSurvey, where: str) -> None:
    """Raise DataError for a column of numbers that a few cells make text."""
    odd = [repr(shown(text)) for text in sorted(survey.odd_texts)]
    raise DataError(
        f"{where}: column {name!r}: expected numbers as in {survey.number_count} of its {survey.filled} rows, "
        f"got {', '.join(odd)}; correct the cells, or write {' '.join(f'--missing {text}' for text in odd)} "
        f"if that stands for a missing value."
    )


def converted_text(column: pa.Array, kind: pa.DataType, missing: Sequence[str]) -> pa.Array:
    """A column of text as values of the type that was found for it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(kind):
        return column
    if pa.types.is_boolean(kind):
        return pc.equal(pc.utf8_lower(trimmed(column, missing)), "true")
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        text = trimmed(column, missing)
    return pa.array(numbers(text)[0], from_pandas=True) if pa.types.is_float64(kind) else pc.cast(text, kind)
