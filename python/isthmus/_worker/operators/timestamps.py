"""Assigns timestamps and makes watermarks.

W1. Watermarks come periodically (``pipeline.auto-watermark-interval``, 200 ms; 0: none but the final one),
    never per record. What a generator's ``on_event`` gives goes out at once.
W2. Watermarks from upstream stop here, except the final one.
W3. An output that was silent for the idle timeout is idle until its next record or watermark, which comes behind the news
    that it is active. While it is idle nobody asks the generator for a watermark.
W4. Whoever made several records of one gets its cursor back as it was: each is assigned from the timestamp of that one.
W5. Where it belongs to a source (``perSplit``), each split has a generator of its own (``split_times``).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..._program.operations import TimestampsOperation
from ..._values.whole_ms import GREATEST_MS, LEAST_MS, whole_ms
from ..runtime.opening import opened
from ..runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP, Operator, OperatorContext, SplitWatcher
from ..runtime.reach import FIXED, SHARED, Proof
from .split_times import SplitTime, SplitTimes


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
        self._per_split: bool = ctx.params.get("perSplit") is True
        self._is_stirred = False
        self._times = SplitTimes(ctx.clock.now_ms, self._new_generator, self._stir)
        self._emitted = MIN_TIMESTAMP
        self._next_tick: int | None = None
        if self._idle_timeout is not None and self._interval > 0:
            # Silence counts from the beginning.
            self._next_tick = ctx.clock.now_ms() + self._interval
        self._idle = False
        self._idle_change: bool | None = None
        self._pending: int | None = None

    def _new_generator(self) -> Any:
        return copy.deepcopy(self._custom) if self._per_split else self._custom

    def _stir(self) -> None:
        self._is_stirred = True

    @property
    def splits(self) -> SplitWatcher | None:
        """W5"""
        return self._times if self._per_split else None

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
        time = self._times.now
        for value in records:
            before = cursor.timestamp
            timestamp = assign(value, before)
            if type(timestamp) is not int or timestamp < LEAST_MS:
                timestamp = whole_ms(timestamp, "A timestamp")
            cursor.timestamp = timestamp
            if timestamp > time.max:
                # Looked at here alone: most records are no news, and all have to be quick.
                time.max = timestamp if timestamp <= GREATEST_MS else whole_ms(timestamp, "A timestamp")
            yield value
            cursor.timestamp = before  # W4

    def _with_idleness(self, records: Iterator[Any]) -> Iterator[Any]:
        time = self._times.now
        for value in self._assigned(records, self._assign):  # type: ignore[arg-type]
            time.records += 1
            yield value

    def _follow(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        time = self._times.now
        for value in records:
            if cursor.timestamp > time.max:
                time.max = cursor.timestamp
            time.records += 1
            yield value

    def _with_custom(self, records: Iterator[Any]) -> Iterator[Any]:
        cursor = self.ctx.cursor
        assign = self._assign
        time = self._times.now
        on_event = time.generator.on_event
        for value in records:
            before = cursor.timestamp
            if assign is not None:
                cursor.timestamp = whole_ms(assign(value, before), "A timestamp")
            time.records += 1
            if self._take(time, on_event(value, cursor.timestamp)):
                self._pass_on()
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
        time = self._times.now
        if self._is_stirred or (self._generates and self._watermark(time) > time.watermark):
            return True
        return self._idle_timeout is not None and (not self._idle or time.has_new)

    def _watermark(self, time: SplitTime) -> int:
        return time.max - self._delay - 1 if time.max != MIN_TIMESTAMP else MIN_TIMESTAMP

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        if self._next_tick is None or now < self._next_tick:  # W1
            return None
        self._next_tick = None
        self._is_stirred = False
        for time in self._times.all():
            self._tick(time, now)
        self._pass_on()
        return None

    def _tick(self, time: SplitTime, now: int) -> None:
        if self._idle_timeout is not None:
            time.look(now, self._idle_timeout)
        if time.is_idle:
            return  # W3
        if self._custom is not None:
            self._take(time, time.generator.on_periodic_emit())
        elif self._generates:
            time.advance(self._watermark(time))

    def _set_idle(self, idle: bool) -> None:
        if idle is not self._idle:
            self._idle = self._idle_change = idle

    def _take(self, time: SplitTime, watermark: Any) -> bool:
        return watermark is not None and time.advance(getattr(watermark, "timestamp", watermark))

    def _pass_on(self) -> None:
        watermark = self._times.together()
        self._set_idle(watermark is None)  # W3
        if watermark is not None and watermark > self._emitted:
            self._emitted = self._pending = watermark

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
