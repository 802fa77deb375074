"""How a channel's batches become bytes and back: pickle between Python tasks, msgpack to and from TypeScript."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

from ..._values.isolate import dumps, loads, unsendable
from ..._values.raised import ANYTHING
from ...errors import BridgeProtocolError, CodecError

if TYPE_CHECKING:
    from ..._program.job_graph import TypeSpec

_BIG_ENDIAN = sys.byteorder == "big"


class ChannelCodec:
    """Encodes and decodes the bodies of BATCH frames of one channel (``docs/protocol.md`` §5)."""

    def __init__(self, kind: str, type_spec: TypeSpec | None, operator: str) -> None:
        self._operator = operator
        self._coerce = None
        if kind == "pickle":
            self._dump, self._load = self._pickle, _unpickle
        else:
            # Imported on use: an all-Python job needs no msgpack for its records.
            from ..._bridge.codec import decode_batch, encode_batch

            self._dump, self._load = encode_batch, decode_batch
            if type_spec is not None:
                from ..._types.coerce import coercer

                # What JavaScript cannot tell (1.0 and 1, tuple and list) the declared type can.
                self._coerce = coercer(type_spec)

    def encode(self, records: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> bytes:
        try:
            data = self._dump(records, keys)
        except CodecError as e:
            raise CodecError(f'Operator "{self._operator}": {e}', e.path) from e
        if timestamps is None:
            return data
        return _pack_timestamps(timestamps) + data

    def decode(
        self, body: memoryview | bytes, flags: int, count: int
    ) -> tuple[list[Any], list[int] | None, list[Any] | None]:
        timestamps = None
        if flags & 1:
            if len(body) < 8 * count:
                raise BridgeProtocolError(f"body: {len(body)} bytes are too few for {count} timestamps")
            timestamps = _unpack_timestamps(body[: 8 * count])
            body = body[8 * count :]
        records, keys = self._load(body, bool(flags & 2))
        if len(records) != count or (keys is not None and len(keys) != count):
            raise BridgeProtocolError(f"count: {count} announced, the batch carries {len(records)} records")
        if self._coerce is not None:
            records = self._coerce(records)
        return records, timestamps, keys

    def _pickle(self, records: list[Any], keys: list[Any] | None) -> bytes:
        try:
            return dumps(records if keys is None else (keys, records))
        except ANYTHING as e:
            unsendable(records, e)


def _unpickle(body: memoryview | bytes, keyed: bool) -> tuple[list[Any], list[Any] | None]:
    payload = loads(body)
    return (payload[1], payload[0]) if keyed else (payload, None)


def _pack_timestamps(timestamps: list[int]) -> bytes:
    packed = array("q", timestamps)
    if _BIG_ENDIAN:
        packed.byteswap()
    return packed.tobytes()


def _unpack_timestamps(data: memoryview | bytes) -> list[int]:
    packed = array("q")
    packed.frombytes(data)
    if _BIG_ENDIAN:
        packed.byteswap()
    return packed.tolist()
