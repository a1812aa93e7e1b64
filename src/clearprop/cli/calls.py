"""A call that cannot be understood, told in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from clearprop.errors import ArgumentError, nearest


def number(text: str | float) -> float:
    """What an option for a number was given."""
    try:
        return float(text)
    except ValueError:
        _refuse("a number", text)


def whole(text: str | int) -> int:
    """What an option for a whole number was given."""
    try:
        return int(text)
    except ValueError:
        _refuse("a whole number", text)


def _refuse(expected: str, got: object) -> NoReturn:
    raise typer.BadParameter(f"expected {expected}, got {got!r}.")


@contextmanager
def under_the_names_of_options() -> Iterator[None]:
    """Errors that begin with the name of a setting (`batch_size: …`) begin with its option (`--batch-size: …`)."""
    try:
        yield
    except ArgumentError as error:
        message = re.sub(r"^\w+(?=: )", lambda name: f"--{name[0].replace('_', '-')}", str(error))
        raise ArgumentError(message.replace(" or None,", ",")) from None


def sentence(error: TyperException) -> str:
    """What was wrong with a call, and where its options are told."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "clearprop"
    return f"{_what(error)} Type {command} --help to see what there is."


def _what(error: TyperException) -> str:
    if parameter := getattr(error, "param", None):
        return f"{parameter.opts[0]}: {error.message}" if error.message else error.format_message()
    if hasattr(error, "possibilities") and hasattr(error, "option_name"):
        return f"No such option {error.option_name!r}.{nearest(error.option_name, error.possibilities or ())}"
    text = error.format_message()
    return text if text.endswith((".", "?")) else f"{text}."
