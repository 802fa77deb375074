"""Bodies of control frames: one msgpack map with string keys. Twin of ``src/bridge/codec/control.ts``."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import BridgeProtocolError

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(dict[str, Any])


def encode_control(value: dict[str, Any]) -> bytes:
    return _encoder.encode(value)


def decode_control(body: bytes | memoryview) -> dict[str, Any]:
    """Decode a control body.

    Raises:
        BridgeProtocolError: It is not one msgpack map.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as e:
        raise BridgeProtocolError(f"body: it is not a map: {e}") from e
