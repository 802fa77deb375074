"""Interval join of two keyed streams: right.timestamp within [left.timestamp + lower, left.timestamp +
upper].

I1. A record waits until the watermark says that no partner can come any more; late records are dropped.
I2. A pair is emitted when its second record comes, with the later of the two timestamps.
I4. Records that wait are handed out as copies where they can be changed.
I3. In the outer forms a record without partner is emitted when it stops waiting, with None on the other
    side. Watermarks are held back by the longest such wait, so that these results are not late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..._interfaces.functions.process import ProcessJoinFunction
from ..._values.keep import keeper
from ..runtime.opening import opened
from ..runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP, Operator, OperatorContext
from .results import flatten
from .timed_record import TimedRecord
from .timed_records import LEFT, RIGHT, waiting_sides


class JoinContext(ProcessJoinFunction.Context):
    """Timestamps of the pair at hand."""

    left = right = MIN_TIMESTAMP

    def get_left_timestamp(self) -> int:
        return self.left

    def get_right_timestamp(self) -> int:
        return self.right

    def timestamp(self) -> int:
        return max(self.left, self.right)


class IntervalJoinOperator(Operator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        params = ctx.params
        self._lower = params["lower"] + (0 if params.get("lowerInclusive", True) else 1)
        self._upper = params["upper"] - (0 if params.get("upperInclusive", True) else 1)
        how = params.get("how", "inner")
        self._outer = (how in ("left", "full"), how in ("right", "full"))
        function = ctx.load("function")
        self._function, self._close = opened(function, ctx, "process_element")
        self.functions = (self._function,)
        self._many = hasattr(function, "process_element")
        self._context = JoinContext()
        self._own = keeper(ctx)[0]
        #: How long a record of each side waits for partners after its own time.
        self._wait = (max(0, self._upper), max(0, -self._lower))
        self._hold_ms = max(
            (w + 1 for w, outer in zip(self._wait, self._outer, strict=True) if outer), default=0
        )
        self._sides = waiting_sides(ctx, self._due_of)

    def _due_of(self, side: int, records: list[TimedRecord]) -> int:
        """Keys are looked at when their earliest record stops to wait."""
        due: int = min(records[0].timestamp + self._wait[side], MAX_TIMESTAMP)
        return due

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(LEFT, records), self.ctx)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(RIGHT, records), self.ctx)

    def _each(self, side: int, records: Iterator[Any]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        own = self._own
        sides = self._sides
        first, last = (self._lower, self._upper) if side == LEFT else (-self._upper, -self._lower)
        for value in records:
            timestamp = cursor.timestamp
            if timestamp == MIN_TIMESTAMP:
                raise Exception(
                    "Records of an interval join need timestamps: call assign_timestamps_and_watermarks on "
                    "both inputs."
                )
            if timestamp <= self.ctx.watermark:
                continue  # I1
            key = cursor.key
            record = TimedRecord(timestamp, value)
            partners = sides.partners(side, key, record, timestamp + first, timestamp + last)
            sides.add(side, key, record)
            for partner in partners:
                left, right = (record, partner) if side == LEFT else (partner, record)
                yield from self._joined(
                    own(left.value), own(right.value), left.timestamp, right.timestamp
                )  # I4

    def _joined(self, left: Any, right: Any, left_time: int, right_time: int) -> Iterator[Iterable[Any]]:
        context = self._context
        context.left, context.right = left_time, right_time
        self.ctx.cursor.timestamp = max(left_time, right_time)  # I2
        if not self._many:
            yield (self._function(left, right),)
            return
        results = self._function(left, right, context)
        if results is not None:
            yield results

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        return flatten(self._expire(watermark), self.ctx)

    def _expire(self, watermark: int) -> Iterator[Iterable[Any]]:
        for side in (LEFT, RIGHT):
            until = watermark if watermark == MAX_TIMESTAMP else watermark - self._wait[side]
            for key, over in self._sides.take(side, watermark, until, self._outer[side]):
                self.ctx.cursor.key = key
                for record in over:
                    if not record.matched:
                        yield from self._alone(side, record)  # I3

    def _alone(self, side: int, record: TimedRecord) -> Iterator[Iterable[Any]]:
        if side == LEFT:
            return self._joined(record.value, None, record.timestamp, MIN_TIMESTAMP)
        return self._joined(None, record.value, MIN_TIMESTAMP, record.timestamp)

    def forward_watermark(self, watermark: int) -> int | None:
        if watermark == MAX_TIMESTAMP or not self._hold_ms:
            return watermark
        held = watermark - self._hold_ms  # I3
        return held if held > MIN_TIMESTAMP else None

    def close(self) -> None:
        self._close()
