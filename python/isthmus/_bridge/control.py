"""Bodies of control frames: one msgpack map with string keys. Twin of ``src/bridge/codec/control.ts``."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import BridgeProtocolError

#: Bodies nest no deeper than this, as values do.
MAX_DEPTH = 64


def _no_extension(code: int, data: memoryview) -> Any:
    raise ValueError(f"extension type {code:#04x} has no place in it")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(dict[str, Any], ext_hook=_no_extension)


def encode_control(value: dict[str, Any]) -> bytes:
    return _encoder.encode(value)


def decode_control(body: bytes | memoryview) -> dict[str, Any]:
    """Decode a control body.

    Raises:
        BridgeProtocolError: It is not one msgpack map of plain values.
    """
    try:
        value = _decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as e:
        raise BridgeProtocolError(f"body: it is not a map: {e}") from e
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return value
        level = [
            part
            for item in level
            for part in (item.values() if type(item) is dict else item)
            if type(part) in (dict, list)
        ]
    raise BridgeProtocolError(f"body: it nests deeper than {MAX_DEPTH}")
