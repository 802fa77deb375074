"""Frames of the bridge (``docs/protocol.md`` §2–3), twin of ``src/bridge/frame.ts``."""

from __future__ import annotations

import struct
from typing import Any

from ..errors import BridgeProtocolError

MAGIC = 0xB5
VERSION = 1
HEADER_BYTES = 16
DEFAULT_MAX_FRAME_BYTES = 64 << 20

HELLO, WELCOME, BLOB, DEPLOY, DEPLOYED, START = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
TASK_FINISHED, FAILED, CANCEL, RELEASE, RELEASED, SHUTDOWN = 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C
LOG, METRICS, PING, PONG, CLOSING = 0x0D, 0x0E, 0x0F, 0x18, 0x1A
BATCH, WATERMARK, BARRIER, IDLE, END, CREDIT = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
TRIGGER_CHECKPOINT, SNAPSHOT, CHECKPOINT_COMPLETE, STOP, TASK_DRAINED = 0x16, 0x17, 0x19, 0x1B, 0x1C
#: Its channel is the subtask that it is for.
SPLITS = 0x1D
STATE, CHECKPOINT_ABORTED = 0x1E, 0x1F
SUBMIT, SUBMITTED, RESULTS, RESULTS_CREDIT = 0x20, 0x21, 0x23, 0x24
JOB_FINISHED, JOB_CANCEL, JOB_EVENT, DRIVER_LOG, JOB_STOP = 0x25, 0x26, 0x27, 0x28, 0x29
CALL, ANSWER = 0x2A, 0x2B

#: What a barrier is of. The last two stop the job: where it is, or after all that the end of input brings about.
CHECKPOINT, SAVEPOINT, SUSPEND, DRAIN = range(4)

#: The channel of the CREDIT that answers LOG; no exchange has it.
LOG_CHANNEL = 0xFFFFFFFF

#: Flag of BLOB and STATE: the last piece.
FLAG_LAST = 1
#: Flags that a type may carry; none where absent.
FLAGS = {BLOB: FLAG_LAST, STATE: FLAG_LAST, BATCH: 3, RESULTS: 15}
#: Types whose body has a fixed size.
BODY_BYTES = {
    WATERMARK: 8,
    BARRIER: 17,
    IDLE: 1,
    END: 0,
    CREDIT: 4,
    RESULTS_CREDIT: 4,
    START: 0,
    STOP: 0,
    JOB_STOP: 0,
    RELEASE: 0,
    SHUTDOWN: 0,
    PING: 0,
    PONG: 0,
    CLOSING: 0,
}
TYPES = frozenset(range(0x01, 0x22)) | frozenset(range(0x23, 0x2C))

_HEADER = struct.Struct("<IBBBBII")
_I64 = struct.Struct("<q")
_U32 = struct.Struct("<I")
_BARRIER = struct.Struct("<QqB")

#: type, flags, channel, count, body.
Frame = tuple[int, int, int, int, Any]


def pack_header(length: int, kind: int, flags: int = 0, channel: int = 0, count: int = 0) -> bytes:
    return _HEADER.pack(length, MAGIC, VERSION, kind, flags, channel, count)


def pack_frame(kind: int, flags: int, channel: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(len(body), MAGIC, VERSION, kind, flags, channel, count) + body


class FrameDecoder:
    """Cuts a byte stream into frames; every violation is a ``BridgeProtocolError`` that names the field."""

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self.max_frame_bytes = max_frame_bytes
        self._parts: list[bytes] = []
        self._have = 0
        self._need = HEADER_BYTES

    def feed(self, data: bytes) -> list[Frame]:
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._need:
            return []
        buffer = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        view = memoryview(buffer)
        end = len(buffer)
        position = 0
        frames: list[Frame] = []
        need = HEADER_BYTES
        while end - position >= HEADER_BYTES:
            length, magic, version, kind, flags, channel, count = _HEADER.unpack_from(buffer, position)
            self._check(length, magic, version, kind, flags, count)
            if end - position < HEADER_BYTES + length:
                need = HEADER_BYTES + length
                break
            body = view[position + HEADER_BYTES : position + HEADER_BYTES + length]
            frames.append((kind, flags, channel, count, body))
            position += HEADER_BYTES + length
        rest = buffer[position:]
        self._parts = [rest] if rest else []
        self._have = len(rest)
        self._need = need
        return frames

    def end(self) -> None:
        """The stream has ended.

        Raises:
            BridgeProtocolError: It ended inside a frame.
        """
        if self._have:
            raise BridgeProtocolError(f"the stream ended inside a frame: {self._have} of {self._need} bytes")

    def _check(self, length: int, magic: int, version: int, kind: int, flags: int, count: int) -> None:
        if magic != MAGIC:
            raise BridgeProtocolError(f"magic: {magic:#04x} instead of {MAGIC:#04x}")
        if version != VERSION:
            raise BridgeProtocolError(f"version: {version}, this side speaks {VERSION}")
        if kind not in TYPES:
            raise BridgeProtocolError(f"type: {kind:#04x} is unknown")
        if length > self.max_frame_bytes:
            raise BridgeProtocolError(f"length: {length} bytes, the limit is {self.max_frame_bytes}")
        if flags & ~FLAGS.get(kind, 0):
            raise BridgeProtocolError(f"flags: {flags:#04x} are not defined for type {kind:#04x}")
        fixed = BODY_BYTES.get(kind)
        if fixed is not None and length != fixed:
            raise BridgeProtocolError(f"body: {length} bytes instead of {fixed} for type {kind:#04x}")
        if count and kind not in (BATCH, RESULTS):
            raise BridgeProtocolError(f"count: {count} in a frame of type {kind:#04x}")


def encode_watermark(watermark: int) -> bytes:
    return _I64.pack(watermark)


def decode_watermark(body: bytes) -> int:
    return _I64.unpack(body)[0]  # type: ignore[no-any-return]


def encode_credit(size: int) -> bytes:
    return _U32.pack(size)


def decode_credit(body: bytes) -> int:
    return _U32.unpack(body)[0]  # type: ignore[no-any-return]


def encode_barrier(checkpoint: int, timestamp: int, kind: int) -> bytes:
    return _BARRIER.pack(checkpoint, timestamp, kind)


def decode_barrier(body: bytes) -> tuple[int, int, int]:
    checkpoint, timestamp, kind = _BARRIER.unpack(body)
    if kind > DRAIN:
        raise BridgeProtocolError(f"body: barrier kind {kind}, must be 0 to 3")
    return checkpoint, timestamp, kind


def encode_idle(idle: bool) -> bytes:
    return b"\1" if idle else b"\0"


def decode_idle(body: bytes) -> bool:
    if body[0] > 1:
        raise BridgeProtocolError(f"body: idle is {body[0]}, must be 0 or 1")
    return body[0] == 1
