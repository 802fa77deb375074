"""Assigns timestamps and makes watermarks.

W1. Watermarks come periodically (``pipeline.auto-watermark-interval``, 200 ms; 0: none but the final one),
    never per record.
W2. Watermarks from upstream stop here, except the final one.
W3. An output that was silent for the idle timeout is idle until its next record or watermark, which comes behind the news
    that it is active. While it is idle nobody asks the generator for a watermark.
W4. Whoever made several records of one gets its cursor back as it was: each is assigned from the timestamp of that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..._program.operations import TimestampsOperation
from ..runtime.opening import opened
from ..runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP, Operator, OperatorContext
from ..runtime.reach import FIXED, SHARED, Proof
from ..runtime.whole_ms import whole_ms


class TimestampsOperator(Operator):
    changes_count = False
    assigns_timestamps = True
    follows_idleness = False

    _close: Callable[[], None] | None = None

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        operation = self._operation(ctx)
        self._assign: Callable[[Any, int], int] | None = None
        self._proof: Proof | None = None
        if operation.assigner is not None:
            self._assign, self._close = opened(operation.assigner, ctx, "extract_timestamp")
            self.functions = (self._assign,)
            self._proof = Proof(self._assign)
        self._delay = operation.max_out_of_orderness if operation.generator == "bounded" else 0
        self._custom: Any = operation.custom if operation.generator == "custom" else None
        self.punctuates = self._custom is not None and _overrides_on_event(self._custom)
        self._generates = operation.generator in ("bounded", "monotonous")
        self._interval = ctx.settings.auto_watermark_interval_ms
        self._idle_timeout = operation.idle_timeout
        #: Largest timestamp so far.
        self._max = MIN_TIMESTAMP
        self._emitted = MIN_TIMESTAMP
        self._next_tick: int | None = None
        self._records = 0
        self._records_at_tick = 0
        self._active_at = ctx.clock.now_ms()
        if self._idle_timeout is not None and self._interval > 0:
            # Silence counts from the beginning.
            self._next_tick = self._active_at + self._interval
        self._idle = False
        self._idle_change: bool | None = None
        self._pending: int | None = None

    @staticmethod
    def _operation(ctx: OperatorContext) -> TimestampsOperation:
        params = ctx.params
        return TimestampsOperation(
            generator=params["generator"],
            max_out_of_orderness=params.get("maxOutOfOrdernessMs") or 0,
            assigner=ctx.load("timestampAssigner"),
            idle_timeout=params.get("idleTimeoutMs"),
            custom=ctx.load("generator"),
        )

    def reach_after(self, given: int) -> int:
        if given == FIXED or (self._assign is None and self._custom is None):
            return given
        return SHARED if self._custom is not None or self._proof is None else self._proof.after(given)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        if self._next_tick is None and self._interval > 0:
            # From the first record that can move the watermark, however long it or the next one takes.
            self._next_tick = self.ctx.clock.now_ms() + self._interval
        if self._custom is not None:
            return self._with_custom(records)
        if self._assign is None:
            return self._follow(records)
        if self._idle_timeout is not None or not self._generates:
            return self._with_idleness(records)
        return self._assigned(records, self._assign)

    def _assigned(self, records: Iterator[Any], assign: Callable[[Any, int], int]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        for value in records:
            before = cursor.timestamp
            timestamp = assign(value, before)
            if type(timestamp) is not int:
                timestamp = whole_ms(timestamp, "A timestamp")
            cursor.timestamp = timestamp
            if timestamp > self._max:
                self._max = timestamp
            yield value
            cursor.timestamp = before  # W4

    def _with_idleness(self, records: Iterator[Any]) -> Iterator[Any]:
        for value in self._assigned(records, self._assign):  # type: ignore[arg-type]
            self._records += 1
            yield value

    def _follow(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        for value in records:
            if cursor.timestamp > self._max:
                self._max = cursor.timestamp
            self._records += 1
            yield value

    def _with_custom(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        assign = self._assign
        on_event = self._custom.on_event
        for value in records:
            before = cursor.timestamp
            if assign is not None:
                cursor.timestamp = whole_ms(assign(value, before), "A timestamp")
            self._records += 1
            self._take(on_event(value, cursor.timestamp))
            yield value
            cursor.timestamp = before  # W4

    def forward_watermark(self, watermark: int) -> int | None:
        return watermark if watermark == MAX_TIMESTAMP else None  # W2

    def next_processing_time(self) -> int | None:
        if self._interval <= 0 and self._pending is None:
            return None
        if self._pending is not None:
            return 0
        if self._next_tick is None and self._is_tick_needed():
            self._next_tick = self.ctx.clock.now_ms() + self._interval
        return self._next_tick

    def _is_tick_needed(self) -> bool:
        if self._custom is not None:
            return True
        if self._generates and self._watermark() > self._emitted:
            return True
        return self._idle_timeout is not None and (not self._idle or self._records != self._records_at_tick)

    def _watermark(self) -> int:
        return self._max - self._delay - 1 if self._max != MIN_TIMESTAMP else MIN_TIMESTAMP

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        if self._next_tick is None or now < self._next_tick:
            return None
        self._next_tick = None
        if self._idle_timeout is not None and self._is_silent(now, self._idle_timeout):
            self._set_idle(True)  # W3
        elif self._custom is not None:
            self._take(self._custom.on_periodic_emit())
        elif self._generates:
            self._take(self._watermark())
        return None

    def _is_silent(self, now: int, timeout: int) -> bool:
        if self._records == self._records_at_tick:
            return now - self._active_at >= timeout
        self._records_at_tick = self._records
        self._active_at = now
        self._set_idle(False)
        return False

    def _set_idle(self, idle: bool) -> None:
        if idle is not self._idle:
            self._idle = self._idle_change = idle

    def _take(self, watermark: Any) -> None:
        if watermark is None:
            return
        watermark = getattr(watermark, "timestamp", watermark)
        if watermark > self._emitted:
            self._emitted = self._pending = watermark
            self._set_idle(False)  # W3

    def poll_watermark(self) -> int | None:
        watermark, self._pending = self._pending, None
        return watermark

    def poll_idle(self) -> bool | None:
        change, self._idle_change = self._idle_change, None
        return change

    def close(self) -> None:
        if self._close is not None:
            self._close()


def _overrides_on_event(generator: Any) -> bool:
    from ...common.watermark_strategy import WatermarkGenerator

    return getattr(type(generator), "on_event", None) is not WatermarkGenerator.on_event
