"""How a file was read, so that new files are read alike."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.errors import ArgumentError
from clearprop.features import document
from clearprop.features.document import JSON


@dataclass(frozen=True)
class Reading:
    """How the training file was read, so that new files are read alike.

    missing: texts that stand for a missing value, besides the empty cell; strip_label: an ending that is
    taken off every label; header: whether the first line of a text table names the columns (None: find out).
    """

    missing: tuple[str, ...] = ()
    strip_label: str = ""
    header: bool | None = None

    def __post_init__(self) -> None:
        if isinstance(self.missing, str):
            raise ArgumentError(f"missing: expected a tuple of texts, got {self.missing!r}; write ({self.missing!r},).")
        object.__setattr__(self, "missing", tuple(text.strip() for text in self.missing))

    def to_document(self) -> dict[str, JSON]:
        return {"missing": list(self.missing), "strip_label": self.strip_label, "header": self.header}

    @staticmethod
    def from_document(contents: JSON, where: str) -> Reading:
        fields = document.fields_of(contents, where, "missing", "strip_label", "header")
        header = fields["header"]
        if header is not None and not isinstance(header, bool):
            raise document.malformed(f"{where}.header", "true, false or null", header)
        return Reading(
            document.texts(fields["missing"], f"{where}.missing"),
            document.text(fields["strip_label"], f"{where}.strip_label"),
            header,
        )
