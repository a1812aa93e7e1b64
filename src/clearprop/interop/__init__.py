"""Other programs' data and models: what clearprop takes from them and gives to them."""

from __future__ import annotations

from clearprop.interop.arrow import ArrowLabeler

__all__ = ["ArrowLabeler"]
