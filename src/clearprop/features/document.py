"""Reading the JSON of a model file: every value is checked, and what is wrong is a ModelError that says where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from clearprop.errors import ModelError
from clearprop.features.wording import listed, shown

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


def malformed(where: str, expected: str, got: object) -> ModelError:
    text = shown(repr(got))
    return ModelError(f"{where}: expected {expected}, got {text}; the model file is damaged, make it again.")


def fields_of(document: JSON, where: str, *names: str) -> dict[str, JSON]:
    if not isinstance(document, Mapping):
        raise malformed(where, "a JSON object", document)
    for name in names:
        if name not in document:
            raise malformed(where, f"a field {name!r}", sorted(map(str, document)))
    return {name: document[name] for name in names}


def kind_of(document: JSON, where: str, kinds: Mapping[str, object]) -> str:
    kind = fields_of(document, where, "kind")["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        raise malformed(f"{where}.kind", f"one of {listed(kinds)}", kind)
    return kind


def text(value: JSON, where: str) -> str:
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise malformed(where, "a text", value)
    return value


def items(value: JSON, where: str) -> Sequence[JSON]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise malformed(where, "a list", value)
    return value


def texts(value: JSON, where: str) -> tuple[str, ...]:
    return tuple(text(item, f"{where}[{i}]") for i, item in enumerate(items(value, where)))


def boolean(value: JSON, where: str) -> bool:
    if not isinstance(value, bool):
        raise malformed(where, "true or false", value)
    return value


def number(value: JSON, where: str) -> float:
    # compared, not converted first: float() of a whole number of 400 digits overflows
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise malformed(where, "a finite number", value)
    return float(value)


def positive(value: JSON, where: str) -> float:
    found = number(value, where)
    if found <= 0:
        raise malformed(where, "a number above 0", value)
    return found


def size(value: JSON, where: str, least: int = 1, most: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= (value if most is None else most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise malformed(where, f"a whole number {bounds}", value)
    return value


def one_or_each(value: JSON, where: str, width: int, read: Callable[[JSON, str], float]) -> float | tuple[float, ...]:
    if isinstance(value, int | float):
        return read(value, where)
    found = items(value, where)
    if len(found) != width:
        raise malformed(where, f"one number or {width}", found)
    return tuple(read(item, f"{where}[{i}]") for i, item in enumerate(found))


def refuse_repeated(names: Sequence[str], where: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise malformed(where, "every name once", repeated)
