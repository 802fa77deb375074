"""How a channel's batches become bytes and back: pickle between Python tasks, msgpack to and from TypeScript."""

from __future__ import annotations

from array import array
from typing import Any

from ..errors import IsthmusError
from .failure import safe_repr
from .isolate import dumps, loads

_BIG_ENDIAN = array("H", [1]).tobytes()[0] == 0


class ChannelCodec:
    """Encodes and decodes the bodies of BATCH frames of one channel (``docs/protocol.md`` §5)."""

    def __init__(self, kind: str, type_spec: dict[str, Any] | None, operator: str) -> None:
        if kind == "pickle":
            self._dump, self._load = self._pickle, loads
        else:
            # Imported on use: an all-Python job needs no msgpack for its records.
            from .._bridge import codec as values

            self._dump = values.encode
            self._load = values.decode
        self._operator = operator

    def encode(self, records: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> bytes:
        payload: Any = records if keys is None else [keys, records]
        data = self._dump(payload)
        if timestamps is None:
            return data
        return _pack_timestamps(timestamps) + data

    def decode(
        self, body: memoryview | bytes, flags: int, count: int
    ) -> tuple[list[Any], list[int] | None, list[Any] | None]:
        timestamps = None
        if flags & 1:
            timestamps = _unpack_timestamps(body[: 8 * count])
            body = body[8 * count :]
        payload = self._load(body)
        keys = None
        if flags & 2:
            keys, payload = payload
        if len(payload) != count or (keys is not None and len(keys) != count):
            raise IsthmusError(
                f"A batch announces {count} records and carries {len(payload)}.", code="ISTHMUS_PROTOCOL"
            )
        return payload, timestamps, keys

    def _pickle(self, payload: Any) -> bytes:
        try:
            return dumps(payload)
        except Exception as e:
            records = payload if not _is_keyed(payload) else payload[1]
            for record in records:
                try:
                    dumps(record)
                except Exception as single:
                    raise IsthmusError(
                        f'A record of operator "{self._operator}" cannot be pickled for the next process: '
                        f"{type(single).__name__}: {single}. The record: {safe_repr(record)}",
                        code="ISTHMUS_CODEC",
                    ) from single
            raise IsthmusError(
                f'Keys made behind operator "{self._operator}" cannot be pickled: {e}', code="ISTHMUS_CODEC"
            ) from e


def _is_keyed(payload: Any) -> bool:
    return len(payload) == 2 and type(payload[0]) is list and type(payload[1]) is list


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
