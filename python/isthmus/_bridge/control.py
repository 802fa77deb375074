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
    """Encode a control body; lone surrogates, which user code may put into messages, become ``\\udc80`` and the like."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_well_formed(value))


def _well_formed(value: Any) -> Any:
    if type(value) is dict:
        return {_well_formed(key): _well_formed(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return [_well_formed(item) for item in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


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
