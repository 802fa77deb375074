"""As-of join of two keyed streams: each left record with the latest right record that is not after it.

A1. A left record waits for the watermark of its own time, for only then is the latest right record known.
A2. Of right records up to the watermark only the latest is kept; late records of either side are dropped.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Any

from ..._values.keep import keeper
from ..runtime.opening import open_function
from ..runtime.operator import MIN_TIMESTAMP, Operator, OperatorContext
from ..runtime.timers import TimerQueue
from .results import flatten
from .timed_records import TimedRecord, last_sequence, time_of, waiting_sides


class AsOfJoinOperator(Operator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._tolerance: int | None = ctx.params.get("tolerance")
        self._keeps_lonely = ctx.params.get("how") == "left"
        self._function, self._close = open_function(ctx, "join")
        self.functions = (self._function,)
        # The right record stays, for left ones to come.
        self._own = keeper(ctx)[0]
        sides = self._lefts, self._rights = waiting_sides(ctx)
        self._sequence = last_sequence(sides)
        self._due = TimerQueue()
        for side in sides:
            for key, waiting in side.items():
                for record in waiting:
                    self._due.register(record.timestamp, key)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        for value in records:
            self._wait(self._lefts, value)
        return
        yield

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        for value in records:
            self._wait(self._rights, value)
        return
        yield

    def _wait(self, side: dict[Any, list[TimedRecord]], value: Any) -> None:
        cursor = self.ctx.cursor
        timestamp = cursor.timestamp
        if timestamp == MIN_TIMESTAMP:
            raise Exception(
                "Records of an as-of join need timestamps: call assign_timestamps_and_watermarks on both "
                "inputs."
            )
        if timestamp <= self.ctx.watermark:
            return  # A2
        key = cursor.key
        self._sequence += 1
        insort(side.setdefault(key, []), TimedRecord(timestamp, self._sequence, value))
        self._due.register(timestamp, key)

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        return flatten(self._join(watermark), self.ctx)

    def _join(self, watermark: int) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        keys = dict.fromkeys(key for _, key in self._due.due(watermark))
        for left, key in self._due_lefts(keys, watermark):
            cursor.key, cursor.timestamp = key, left.timestamp
            right = self._partner(self._rights.get(key), left.timestamp)
            if right is not None:
                yield (self._function(left.value, self._own(right.value)),)
            elif self._keeps_lonely:
                yield (self._function(left.value, None),)
        for key in keys:
            rights = self._rights.get(key)
            if rights:
                # What is older than the latest up to now is of no use to anybody (A2).
                del rights[: max(0, bisect_right(rights, watermark, key=time_of) - 1)]

    def _due_lefts(self, keys: Iterable[Any], watermark: int) -> list[tuple[TimedRecord, Any]]:
        """In order of time. All of a key are taken at once: one by one would cost their number squared."""
        found: list[tuple[TimedRecord, Any]] = []
        for key in keys:
            lefts = self._lefts.get(key)
            if lefts is None:
                continue
            end = bisect_right(lefts, watermark, key=time_of)
            found.extend((left, key) for left in lefts[:end])
            del lefts[:end]
            if not lefts:
                del self._lefts[key]
        found.sort(key=lambda due: due[0].timestamp)
        return found

    def _partner(self, rights: list[TimedRecord] | None, timestamp: int) -> TimedRecord | None:
        at = bisect_right(rights, timestamp, key=time_of) if rights else 0
        if not rights or at == 0:
            return None
        right = rights[at - 1]
        too_old = self._tolerance is not None and timestamp - right.timestamp > self._tolerance
        return None if too_old else right

    def close(self) -> None:
        self._close()
