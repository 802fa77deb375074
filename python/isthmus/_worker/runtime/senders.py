"""The channels of an exchange, seen from their sending end: records are batched, and held to their credit. Twin of
``src/runtime/output-channel.ts``.

S1. Per channel, elements leave in the order in which they were emitted; a control element goes behind all records before it.
S2. A channel sends records only while its balance is positive; control elements need no credit, but never overtake records.
S3. A channel sends at once while fewer than ``EAGER_FRAMES`` of its frames are unanswered; so batches grow only while
    the consumer is busy. Where functions are slow all that is finished is pushed: it does not wait for them.
S4. What waits for a consumer is bounded in records and in bytes; one chunk of any size is taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from ..._values.failure import safe_repr
from ..._values.keep import isolated
from ..._values.weight import Scale
from ...errors import IsthmusError
from .reach import FIXED, SHARED

#: Records and bytes of one frame.
MAX_BATCH_RECORDS = 1024
MAX_BATCH_BYTES = 256 << 10
#: Of what records weigh in memory, the least that is expected of a frame: others may come.
_LEAST_SHARE = 1 / 8
#: Frames that may be on their way before batches begin to grow.
EAGER_FRAMES = 2
#: Records and bytes that a neighbour in the same slot may have waiting.
LOCAL_WINDOW_RECORDS = 8192
LOCAL_WINDOW_BYTES = 8 << 20


class Sender(Protocol):
    """One channel, seen from its sending end."""

    #: How far the records that it is sent next may be reachable by others (``reach.py``).
    reach: int

    @property
    def ready(self) -> bool:
        """Whether more records may be emitted; a task with a channel that is not ready is suspended."""
        ...

    def send(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None: ...

    @property
    def empty(self) -> bool:
        """Whether nothing is left to send."""
        ...

    def push(self) -> None:
        """Send what is held back to make batches larger."""
        ...

    def control(self, element: tuple[Any, ...]) -> None:
        """Send a watermark, barrier, idle or end element, as ``gate`` names them."""
        ...


class LocalSender:
    """To a task of the same slot: objects are handed over, which are the task's alone (O1 of ``outputs.py``)."""

    def __init__(
        self, deliver: Callable[[int, tuple[Any, ...]], None], channel: int, copies: bool, scale: Scale
    ) -> None:
        self._deliver = deliver
        self._channel = channel
        #: Whether others are given the same records, so that those that can be changed in place are copied.
        self.copies = copies
        #: That of the exchange, which weighs what it is given.
        self.scale = scale
        self.reach = SHARED
        self._waiting = 0
        self._waiting_bytes = 0.0

    @property
    def ready(self) -> bool:
        return self._waiting < LOCAL_WINDOW_RECORDS and self._waiting_bytes < LOCAL_WINDOW_BYTES

    @property
    def empty(self) -> bool:
        return True

    def send(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        if self.copies and self.reach != FIXED:
            values = isolated(values)
        count = len(values)
        size = count * self.scale.per_record
        self._waiting += count
        self._waiting_bytes += size
        self._deliver(self._channel, ("batch", values, timestamps, keys, (count, size), self.reach))

    def push(self) -> None:
        pass

    def taken(self, credit: tuple[int, float]) -> None:
        """The consumer took a batch off its queue."""
        self._waiting -= credit[0]
        self._waiting_bytes -= credit[1]

    def control(self, element: tuple[Any, ...]) -> None:
        self._deliver(self._channel, element)


class RemoteSender:
    """To another process, through the runtime."""

    def __init__(
        self,
        channel: int,
        encode: Callable[[list[Any], list[int] | None, list[Any] | None], bytes],
        transmit_batch: Callable[[int, int, int, bytes], None],
        transmit_control: Callable[[int, tuple[Any, ...]], None],
        window_bytes: int,
        max_frame_bytes: int,
        scale: Scale,
    ) -> None:
        self.channel = channel
        self.reach = SHARED
        self._scale = scale
        self._encode = encode
        self._transmit_batch = transmit_batch
        self._transmit_control = transmit_control
        self._balance = window_bytes
        self._window = window_bytes
        self._max_frame_bytes = max_frame_bytes
        self._in_flight = 0
        self._frames: deque[int] = deque()
        # Buffered: (values, timestamps, keys) or a control element, in order.
        self._queue: deque[tuple[Any, ...]] = deque()
        self._queued_records = 0
        # Records of a frame, by what records of this exchange weigh and by how much of that frames have had.
        self._limit = MAX_BATCH_RECORDS
        self._encoded_share = 1.0

    @property
    def ready(self) -> bool:
        return self._queued_records < self._limit  # S4

    @property
    def empty(self) -> bool:
        return not self._queue

    def send(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        queue = self._queue
        last = queue[-1] if queue else None
        if (
            last is not None
            and last[0] == "batch"
            and (last[2] is None) == (timestamps is None)
            and (last[3] is None) == (keys is None)
        ):
            last[1].extend(values)
            if timestamps is not None:
                last[2].extend(timestamps)
            if keys is not None:
                last[3].extend(keys)
        else:
            # Copies: the caller may go on using its lists.
            queue.append(
                ("batch", list(values), timestamps and list(timestamps), None if keys is None else list(keys))
            )
        self._queued_records += len(values)
        per_record = self._scale.per_record * self._encoded_share
        if per_record * MAX_BATCH_RECORDS > MAX_BATCH_BYTES:
            self._limit = max(1, int(MAX_BATCH_BYTES / per_record))
        else:
            self._limit = MAX_BATCH_RECORDS
        self.flush()

    def push(self) -> None:
        if self._queue:
            self.flush(pushed=True)

    def control(self, element: tuple[Any, ...]) -> None:
        if self._queue:
            self._queue.append(element)  # S1
            self.flush()
        else:
            self._transmit_control(self.channel, element)

    def credit(self, size: int) -> None:
        self._balance += size
        self._in_flight -= size
        frames = self._frames
        while frames and size >= frames[0]:
            size -= frames.popleft()
        if frames and size:
            frames[0] -= size
        self.flush()

    def flush(self, pushed: bool = False) -> None:
        queue = self._queue
        limit = self._limit
        while queue:
            head = queue[0]
            if head[0] != "batch":
                self._transmit_control(self.channel, queue.popleft())
                continue
            if self._balance <= 0:  # S2
                return
            _, values, timestamps, keys = head
            count = len(values)
            # S3; records with a control element behind them go too: nothing will join them.
            if not pushed and len(self._frames) >= EAGER_FRAMES and count < limit and len(queue) == 1:
                return
            if count > limit:
                part = values[:limit]
                del values[:limit]
                part_timestamps = part_keys = None
                if timestamps is not None:
                    part_timestamps = timestamps[:limit]
                    del timestamps[:limit]
                if keys is not None:
                    part_keys = keys[:limit]
                    del keys[:limit]
                self._queued_records -= limit
                self._emit(part, part_timestamps, part_keys)
            else:
                queue.popleft()
                self._queued_records -= count
                self._emit(values, timestamps, keys)

    def _emit(self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None) -> None:
        body = self._encode(values, timestamps, keys)
        size = len(body)
        if size > self._max_frame_bytes:
            self._emit_halves(values, timestamps, keys, size)
            return
        self._balance -= size
        self._in_flight += size
        self._frames.append(size)
        share = size / (len(values) * self._scale.per_record)
        self._encoded_share = max(_LEAST_SHARE, min(1.0, share))
        flags = (1 if timestamps is not None else 0) | (2 if keys is not None else 0)
        self._transmit_batch(self.channel, flags, len(values), body)

    def _emit_halves(
        self, values: list[Any], timestamps: list[int] | None, keys: list[Any] | None, size: int
    ) -> None:
        if len(values) == 1:
            raise IsthmusError(
                f"A record of {size} bytes is larger than a frame may be ({self._max_frame_bytes} bytes): "
                f"{safe_repr(values[0])[:100]}. Raise isthmus.bridge.max-frame-bytes or split the record.",
                code="ISTHMUS_CODEC",
            )
        half = len(values) // 2
        for part in (slice(None, half), slice(half, None)):
            self._emit(values[part], timestamps and timestamps[part], None if keys is None else keys[part])
