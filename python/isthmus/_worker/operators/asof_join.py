"""As-of join of two keyed streams: each left record with the latest right record that is not after it.

A1. A left record waits for the watermark of its own time, for only then is the latest right record known.
A2. Of right records up to the watermark only the latest is kept; late records of either side are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..._values.keep import keeper
from ..runtime.opening import open_function
from ..runtime.operator import MIN_TIMESTAMP, Operator, OperatorContext
from .results import flatten
from .timed_record import TimedRecord
from .timed_records import LEFT, RIGHT, waiting_sides


class AsOfJoinOperator(Operator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._tolerance: int | None = ctx.params.get("tolerance")
        self._keeps_lonely = ctx.params.get("how") == "left"
        self._function, self._close = open_function(ctx, "join")
        self.functions = (self._function,)
        # The right record stays, for left ones to come.
        self._own = keeper(ctx)[0]
        self._sides = waiting_sides(ctx, _due_of)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        for value in records:
            self._wait(LEFT, value)
        return
        yield

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        for value in records:
            self._wait(RIGHT, value)
        return
        yield

    def _wait(self, side: int, value: Any) -> None:
        cursor = self.ctx.cursor
        timestamp = cursor.timestamp
        if timestamp == MIN_TIMESTAMP:
            raise Exception(
                "Records of an as-of join need timestamps: call assign_timestamps_and_watermarks on both "
                "inputs."
            )
        if timestamp <= self.ctx.watermark:
            return  # A2
        self._sides.add(side, cursor.key, TimedRecord(timestamp, value))

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        return flatten(self._join(watermark), self.ctx)

    def _join(self, watermark: int) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        sides = self._sides
        # A1. Left records first: they may want right records that nobody else needs any more.
        for key, left in self._due_lefts(watermark):
            cursor.key, cursor.timestamp = key, left.timestamp
            right = sides.latest(RIGHT, key, left.timestamp)
            if right is not None and not self._is_too_old(right, left.timestamp):
                yield (self._function(left.value, self._own(right.value)),)
            elif self._keeps_lonely:
                yield (self._function(left.value, None),)
        sides.keep_latest(RIGHT, watermark)  # A2

    def _due_lefts(self, watermark: int) -> Iterable[tuple[Any, TimedRecord]]:
        """In order of time."""
        taken = self._sides.take(LEFT, watermark, watermark, wanted=True)
        found = ((key, left) for key, lefts in taken for left in lefts)
        if self._sides.in_order:
            return found
        # All of a key are taken at once: one by one would cost their number squared.
        return sorted(found, key=lambda due: due[1].timestamp)

    def _is_too_old(self, right: TimedRecord, timestamp: int) -> bool:
        return self._tolerance is not None and timestamp - right.timestamp > self._tolerance

    def close(self) -> None:
        self._close()


def _due_of(side: int, records: list[TimedRecord]) -> int | None:
    """A left record is looked at at its time (A1), right ones when the second makes the first useless (A2)."""
    return records[side].timestamp if len(records) > side else None
