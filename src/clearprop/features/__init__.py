"""How the columns of a table, or the pixels of an image, become the inputs of a network.

Features are frozen: `clearprop.data.fit` makes them from the training rows alone, the model file carries
them, and `transform` then does to new rows exactly what was done to the training rows. The kinds:

* `TableFeatures`: numbers are standardised, categories become one input each;
* `ArrayFeatures`: the numbers of an array (an image, a row of measurements) are shifted and scaled;
* `ImageFeatures`, `SoundFeatures`: files of images and of recordings, brought to one size.

Importing this module loads NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.features import document as _document
from clearprop.features.array import ArrayFeatures
from clearprop.features.columns import CategoryColumn, NumberColumn
from clearprop.features.document import JSON
from clearprop.features.images import ImageFeatures
from clearprop.features.protocol import Features, Transformed
from clearprop.features.reading import Reading
from clearprop.features.sounds import SoundFeatures
from clearprop.features.table import TableFeatures

__all__ = [
    "ArrayFeatures",
    "CategoryColumn",
    "Features",
    "ImageFeatures",
    "NumberColumn",
    "Reading",
    "SoundFeatures",
    "TableFeatures",
    "Transformed",
    "features_from_document",
]

KINDS: Mapping[str, type[TableFeatures] | type[ArrayFeatures] | type[ImageFeatures] | type[SoundFeatures]] = {
    "table": TableFeatures,
    "array": ArrayFeatures,
    "image": ImageFeatures,
    "sound": SoundFeatures,
}


def features_from_document(contents: JSON, where: str = "features") -> Features:
    """The features that `to_document` wrote. Raises ModelError, saying which field is malformed."""
    return KINDS[_document.kind_of(contents, where, KINDS)].from_document(contents, where)
