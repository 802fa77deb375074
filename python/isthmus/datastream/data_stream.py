"""Streams and what can be done with them, under PyFlink's module name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._pyflink.lazy import absent_names
from ._streams.broadcast import BroadcastConnectedStream, BroadcastStream
from ._streams.collected import CloseableIterator
from ._streams.connected import ConnectedStreams
from ._streams.data_stream import DataStream
from ._streams.data_stream_sink import DataStreamSink
from ._streams.joins import lookup_join
from ._streams.keyed_stream import KeyedStream
from ._streams.windowed import AllWindowedStream, WindowedStream

__all__ = [
    "AllWindowedStream",
    "BroadcastConnectedStream",
    "BroadcastStream",
    "CloseableIterator",
    "ConnectedStreams",
    "DataStream",
    "DataStreamSink",
    "KeyedStream",
    "WindowedStream",
    "lookup_join",
]

if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
