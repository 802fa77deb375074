"""Process functions of one input: on a keyed stream with state and timers, else with the time alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..._interfaces.functions.process import KeyedProcessFunction, ProcessFunction
from ..._interfaces.time_domain import TimeDomain
from ..runtime.opening import open_function
from ..runtime.operator import Operator, OperatorContext
from ..runtime.runtime_context import runtime_context
from ..runtime.timer_queue import TimerQueue
from ..runtime.timers import KeyedTimerService, TimeService
from ..state.embedded_timers import EmbeddedTimers
from ..state.key_identity import thaw
from .results import flatten


class ProcessContext(ProcessFunction.Context):
    """Of a record on a stream that is not keyed."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._cursor = ctx.cursor
        self._timers = TimeService(ctx)

    def timer_service(self) -> TimeService:
        return self._timers

    def timestamp(self) -> int:
        return self._cursor.timestamp


class KeyedContext(KeyedProcessFunction.Context, KeyedProcessFunction.OnTimerContext):
    """Of a record or a timer of a key."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._cursor = ctx.cursor
        self._timers = KeyedTimerService(ctx, runtime_context(ctx).timers)
        self.domain = TimeDomain.EVENT_TIME

    def timer_service(self) -> KeyedTimerService:
        return self._timers

    def timestamp(self) -> int:
        return self._cursor.timestamp

    def get_current_key(self) -> Any:
        return thaw(self._cursor.key)

    def time_domain(self) -> TimeDomain:
        return self.domain


class TimerOperator(Operator):
    """What all operators with ``on_timer`` share. Set up by ``_open_timers``."""

    flattens = True

    _on_timer: Any = None
    _context: Any = None

    def _open_timers(self, ctx: OperatorContext, function: Any, context: Any) -> None:
        self._context = context
        self._timers = runtime_context(ctx).timers
        self._on_timer = getattr(function, "on_timer", None)
        if self._on_timer is not None:
            self.functions = (*self.functions, self._on_timer)

    def advance_watermark(self, watermark: int) -> Iterable[Any] | None:
        if self._context is None:
            return None
        return flatten(self._fired(self._timers.event, watermark, TimeDomain.EVENT_TIME), self.ctx)

    def next_processing_time(self) -> int | None:
        return None if self._context is None else self._timers.processing.next_time()

    def advance_processing_time(self, now: int) -> Iterable[Any] | None:
        if self._context is None:
            return None
        return flatten(self._fired(self._timers.processing, now, TimeDomain.PROCESSING_TIME), self.ctx)

    def _fired(
        self, queue: TimerQueue | EmbeddedTimers, now: int, domain: TimeDomain
    ) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        context = self._context
        on_timer = self._on_timer
        for time, key in queue.due(now):
            cursor.key = key
            cursor.timestamp = time
            context.domain = domain
            result = on_timer(time, context) if on_timer is not None else None
            if result is not None:
                yield result


class ProcessOperator(TimerOperator):
    """Results are a generator, any iterable, or None."""

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        self._function, self._close = open_function(ctx, "process_element")
        self.functions = (self._function,)
        if ctx.keyed:
            self._open_timers(ctx, getattr(self._function, "__self__", None), KeyedContext(ctx))
        else:
            self._plain_context = ProcessContext(ctx)

    def apply_keyed(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Any]:
        return flatten(self._each_of_key(pairs), self.ctx)

    def _each_of_key(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        process = self._function
        context = self._context
        for key, value in pairs:
            cursor.key = key
            result = process(value, context)
            if result is not None:
                yield result

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(records), self.ctx)

    def _each(self, records: Iterator[Any]) -> Iterator[Iterable[Any]]:
        process = self._function
        context = self._context or self._plain_context
        for value in records:
            result = process(value, context)
            if result is not None:
                yield result

    def close(self) -> None:
        self._close()
