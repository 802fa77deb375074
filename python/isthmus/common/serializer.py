"""Serializers of single values, which custom window assigners may name."""

from __future__ import annotations

from io import BytesIO
from typing import Generic, TypeVar

T = TypeVar("T")

__all__ = ["TypeSerializer", "VoidNamespaceSerializer"]


class TypeSerializer(Generic[T]):
    """Writes a value to a stream of bytes and reads it again. State does not need them here."""

    def serialize(self, element: T, stream: BytesIO) -> None:
        """Write a value."""
        raise NotImplementedError(f"{type(self).__name__}.serialize")

    def deserialize(self, stream: BytesIO) -> T:
        """Read a value."""
        raise NotImplementedError(f"{type(self).__name__}.deserialize")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return type(self).__name__


class VoidNamespaceSerializer(TypeSerializer[bytes]):
    """One byte that says nothing."""

    def serialize(self, element: bytes, stream: BytesIO) -> None:
        stream.write(b"\0")

    def deserialize(self, stream: BytesIO) -> bytes:
        return stream.read(1)
