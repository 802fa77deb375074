"""Elements that are no records, as frames and back. Twin of ``src/runtime/element-frames.ts``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._bridge import frame as wire

#: Makes an element of the body of a frame, by its type.
CONTROL: dict[int, Callable[[Any], tuple[Any, ...]]] = {
    wire.WATERMARK: lambda body: ("watermark", wire.decode_watermark(body)),
    wire.BARRIER: lambda body: ("barrier", *wire.decode_barrier(body)),
    wire.IDLE: lambda body: ("idle", wire.decode_idle(body)),
    wire.END: lambda body: ("end",),
}


def control_frame(element: tuple[Any, ...]) -> tuple[int, bytes]:
    """Type and body of an element's frame."""
    kind = element[0]
    if kind == "watermark":
        return wire.WATERMARK, wire.encode_watermark(element[1])
    if kind == "end":
        return wire.END, b""
    if kind == "idle":
        return wire.IDLE, wire.encode_idle(element[1])
    return wire.BARRIER, wire.encode_barrier(*element[1:])
