"""Result types, under PyFlink's module name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._pyflink.lazy import absent_names
from ._streams.collected import CloseableIterator

__all__ = ["CloseableIterator"]

if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
