"""Serializers of windows, for custom assigners that name one. State does not need them here."""

from __future__ import annotations

import struct
from typing import BinaryIO, Generic, TypeVar

from .windows import CountWindow, GlobalWindow, TimeWindow

W = TypeVar("W")

_TWO_LONGS = struct.Struct(">qq")
_LONG = struct.Struct(">q")


class _WindowSerializer(Generic[W]):
    def serialize(self, element: W, stream: BinaryIO) -> None:
        raise NotImplementedError

    def deserialize(self, stream: BinaryIO) -> W:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class TimeWindowSerializer(_WindowSerializer[TimeWindow]):
    """Start and end as big-endian longs."""

    def serialize(self, element: TimeWindow, stream: BinaryIO) -> None:
        stream.write(_TWO_LONGS.pack(element.start, element.end))

    def deserialize(self, stream: BinaryIO) -> TimeWindow:
        return TimeWindow(*_TWO_LONGS.unpack(stream.read(16)))


class CountWindowSerializer(_WindowSerializer[CountWindow]):
    """The id as a big-endian long."""

    def serialize(self, element: CountWindow, stream: BinaryIO) -> None:
        stream.write(_LONG.pack(element.id))

    def deserialize(self, stream: BinaryIO) -> CountWindow:
        return CountWindow(_LONG.unpack(stream.read(8))[0])


class GlobalWindowSerializer(_WindowSerializer[GlobalWindow]):
    """One byte."""

    def serialize(self, element: GlobalWindow, stream: BinaryIO) -> None:
        stream.write(b"\0")

    def deserialize(self, stream: BinaryIO) -> GlobalWindow:
        stream.read(1)
        return GlobalWindow()
