"""Result types, under PyFlink's module name."""

from ._streams.collected import CloseableIterator

__all__ = ["CloseableIterator"]
