"""Timers of one operator, by event time and by processing time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._interfaces.timerservice import TimerService
from ..._values.whole_ms import GREATEST_MS, whole_ms
from ..state.changes import Changes
from ..state.embedded import EmbeddedStore
from ..state.embedded_timers import EmbeddedTimers
from ..state.store import OperatorStore
from .operator import OperatorContext
from .timer_queue import TimerQueue, TouchingTimerQueue
from .timer_table import TimerTable


class Timers:
    """Both domains.

    Args:
        disk: Where timers are kept, if not on the heap.
    """

    def __init__(self, state: OperatorStore, disk: EmbeddedStore | None = None) -> None:
        def made(changes: Changes | None) -> TimerTable:
            if disk is not None:
                touches = (_touching(domain, changes) for domain in (0, 1))
                return TimerTable(tuple(EmbeddedTimers(disk, state.touch_key, touch) for touch in touches))
            if changes is None:
                return TimerTable((TimerQueue(), TimerQueue()))
            queues = (TouchingTimerQueue(domain, changes.touch, state.touch_key) for domain in (0, 1))
            return TimerTable(tuple(queues))

        self.event: TimerQueue | EmbeddedTimers
        self.processing: TimerQueue | EmbeddedTimers
        self.event, self.processing = state.own("timers", TimerTable.form, made)


def _touching(domain: int, changes: Changes | None) -> Callable[[int, Any], None] | None:
    if changes is None:
        return None
    touch = changes.touch
    return lambda time, key: touch(((domain, time, key),))


class KeyedTimerService(TimerService):
    """Timers of the key at hand."""

    def __init__(self, ctx: OperatorContext, timers: Timers) -> None:
        self._ctx = ctx
        self._cursor = ctx.cursor
        self._timers = timers

    def current_processing_time(self) -> int:
        return self._ctx.clock.now_ms()

    def current_watermark(self) -> int:
        return self._ctx.watermark

    def register_event_time_timer(self, timestamp: int) -> None:
        if type(timestamp) is not int or timestamp > GREATEST_MS:
            timestamp = whole_ms(timestamp, "The time of a timer")
        self._timers.event.register(timestamp, self._cursor.key)

    def register_processing_time_timer(self, timestamp: int) -> None:
        if type(timestamp) is not int or timestamp > GREATEST_MS:
            timestamp = whole_ms(timestamp, "The time of a timer")
        self._timers.processing.register(timestamp, self._cursor.key)

    def delete_event_time_timer(self, timestamp: int) -> None:
        self._timers.event.delete(timestamp, self._cursor.key)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        self._timers.processing.delete(timestamp, self._cursor.key)


class TimeService(TimerService):
    """Tells the time to functions whose stream is not keyed, which can have no timers."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx

    def current_processing_time(self) -> int:
        return self._ctx.clock.now_ms()

    def current_watermark(self) -> int:
        return self._ctx.watermark

    def register_event_time_timer(self, timestamp: int) -> None:
        raise _no_timers()

    register_processing_time_timer = register_event_time_timer
    delete_event_time_timer = register_event_time_timer
    delete_processing_time_timer = register_event_time_timer


def _no_timers() -> Exception:
    return Exception("Register timers is only supported on a keyed stream. Call key_by before process.")
