"""What can go wrong, as one tree.

ClearpropError
├── ArgumentError      an argument of a call cannot be used
├── DataError          a data file, folder or table cannot be used
├── ModelError         a model file or checkpoint cannot be used
└── MissingExtraError  an optional library is not installed

A message says what was expected, what came and what to do. The command line prints it as it stands
and ends with exit code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ClearpropError(Exception):
    """Base of every error that clearprop raises on purpose."""


class ArgumentError(ClearpropError, ValueError):
    """An argument of a call cannot be used."""


class DataError(ClearpropError, ValueError):
    """A data file, folder or table cannot be used."""


class ModelError(ClearpropError, ValueError):
    """A model file or a checkpoint cannot be used."""


class MissingExtraError(ClearpropError, ImportError):
    """An optional library is not installed."""


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'relu'?` for a misspelled word, or nothing when no known word is near.

    >>> nearest("rellu", ["sigmoid", "relu"])
    " Did you mean 'relu'?"
    >>> nearest("zzz", ["sigmoid", "relu"])
    ''
    """
    spelled = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.5)
    return f" Did you mean {spelled[found[0]]!r}?" if found else ""
