"""Interval join of two keyed streams: right.timestamp within [left.timestamp + lower, left.timestamp +
upper].

I1. A record waits until the watermark says that no partner can come any more; late records are dropped.
I2. A pair is emitted when its second record comes, with the later of the two timestamps.
I4. Records that wait are handed out as copies where they can be changed.
I3. In the outer forms a record without partner is emitted when it stops waiting, with None on the other
    side. Watermarks are held back by the longest such wait, so that these results are not late.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Any

from ..._operations import IntervalJoinOperation
from ...datastream._functions.process import ProcessJoinFunction
from ..keep import keeper
from ..opening import opened
from ..operator import MAX_TIMESTAMP, MIN_TIMESTAMP, Operator, OperatorContext
from ..timers import TimerQueue
from .results import flatten
from .windowing.partition import from_groups, to_groups

_LEFT, _RIGHT = 0, 1


class _Waiting:
    """A record of one side; ordered by time, then arrival."""

    __slots__ = ("matched", "sequence", "timestamp", "value")

    def __init__(self, timestamp: int, sequence: int, value: Any) -> None:
        self.timestamp = timestamp
        self.sequence = sequence
        self.value = value
        self.matched = False

    def __lt__(self, other: _Waiting) -> bool:
        return (self.timestamp, self.sequence) < (other.timestamp, other.sequence)

    def __reduce__(self) -> Any:
        return _restored, (self.timestamp, self.sequence, self.value, self.matched)


def _restored(timestamp: int, sequence: int, value: Any, matched: bool) -> _Waiting:
    waiting = _Waiting(timestamp, sequence, value)
    waiting.matched = matched
    return waiting


def _time(waiting: _Waiting) -> int:
    return waiting.timestamp


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
    def __init__(self) -> None:
        #: (side, key, timestamp) of restored records whose waits ``open`` knows.
        self._restored: list[tuple[int, Any, int]] = []
        self._sequence = 0
        #: side → key → records in order of time
        self._sides: tuple[dict[Any, list[_Waiting]], ...] = ({}, {})
        self._ends = (TimerQueue(), TimerQueue())

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        operation = self._operation(ctx)
        self._lower = operation.lower + (0 if operation.lower_inclusive else 1)
        self._upper = operation.upper - (0 if operation.upper_inclusive else 1)
        self._outer = (operation.how in ("left", "full"), operation.how in ("right", "full"))
        self._function, self._close = opened(operation.function, ctx, "process_element")
        self.functions = (self._function,)
        self._many = hasattr(operation.function, "process_element")
        self._context = JoinContext()
        self._own = keeper(ctx)[0]
        #: How long a record of each side waits for partners after its own time.
        self._wait = (max(0, self._upper), max(0, -self._lower))
        self._hold_ms = max(
            (w + 1 for w, outer in zip(self._wait, self._outer, strict=True) if outer), default=0
        )
        for side, key, timestamp in self._restored:
            self._ends[side].register(min(timestamp + self._wait[side], MAX_TIMESTAMP), key)
        self._restored.clear()

    @staticmethod
    def _operation(ctx: OperatorContext) -> IntervalJoinOperation:
        loaded = ctx.load_function(ctx.spec["fn"])
        if isinstance(loaded, IntervalJoinOperation):
            return loaded
        params = ctx.params
        return IntervalJoinOperation(
            lower=params["lower"],
            upper=params["upper"],
            lower_inclusive=params.get("lowerInclusive", True),
            upper_inclusive=params.get("upperInclusive", True),
            how=params.get("how", "inner"),
            function=loaded,
        )

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(_LEFT, records), self.ctx)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(_RIGHT, records), self.ctx)

    def _each(self, side: int, records: Iterator[Any]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        own = self._own
        mine, others = self._sides[side], self._sides[1 - side]
        first, last = (self._lower, self._upper) if side == _LEFT else (-self._upper, -self._lower)
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
            self._sequence += 1
            record = _Waiting(timestamp, self._sequence, value)
            partners = others.get(key)
            if partners:
                begin = bisect_left(partners, timestamp + first, key=_time)
                end = bisect_right(partners, timestamp + last, key=_time)
                for partner in partners[begin:end]:
                    record.matched = partner.matched = True
                    pair = (record, partner) if side == _LEFT else (partner, record)
                    yield from self._joined(
                        own(pair[0].value), own(pair[1].value), pair[0].timestamp, pair[1].timestamp
                    )  # I4
                cursor.timestamp = timestamp
            waiting = mine.get(key)
            if waiting is None:
                mine[key] = [record]
            else:
                insort(waiting, record)
            self._ends[side].register(min(timestamp + self._wait[side], MAX_TIMESTAMP), key)

    def _joined(self, left: Any, right: Any, left_time: int, right_time: int) -> Iterator[Iterable[Any]]:
        context = self._context
        context.left, context.right = left_time, right_time
        self.ctx.cursor.timestamp = max(left_time, right_time)
        if not self._many:
            yield (self._function(left, right),)
            return
        results = self._function(left, right, context)
        if results is not None:
            yield results

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        return flatten(self._expire(watermark), self.ctx)

    def _expire(self, watermark: int) -> Iterator[Iterable[Any]]:
        for side in (_LEFT, _RIGHT):
            own = self._sides[side]
            for _, key in self._ends[side].due(watermark):
                waiting = own.get(key)
                if not waiting:
                    continue
                end = bisect_right(waiting, watermark - self._wait[side], key=_time)
                over = waiting[:end]
                del waiting[:end]
                if not waiting:
                    del own[key]
                if self._outer[side]:
                    self.ctx.cursor.key = key
                    for record in over:
                        if not record.matched:
                            yield from self._alone(side, record)

    def _alone(self, side: int, record: _Waiting) -> Iterator[Iterable[Any]]:
        if side == _LEFT:
            return self._joined(record.value, None, record.timestamp, MIN_TIMESTAMP)
        return self._joined(None, record.value, MIN_TIMESTAMP, record.timestamp)

    def forward_watermark(self, watermark: int) -> int | None:
        if watermark == MAX_TIMESTAMP or not self._hold_ms:
            return watermark
        held = watermark - self._hold_ms
        return held if held > MIN_TIMESTAMP else None

    def snapshot_own(self) -> Any:
        return to_groups(
            self.ctx,
            (
                (key, (side, waiting))
                for side in (_LEFT, _RIGHT)
                for key, waiting in self._sides[side].items()
            ),
        )

    def restore_own(self, states: list[Any]) -> None:
        for key, (side, waiting) in from_groups(self.ctx, states):
            self._sides[side][key] = waiting
            for record in waiting:
                self._restored.append((side, key, record.timestamp))
                self._sequence = max(self._sequence, record.sequence)

    def close(self) -> None:
        self._close()
