"""Timers of one operator, by event time and by processing time.

T1. A timer is (key, time, domain); registering it again changes nothing, deleting it takes it away.
T2. Timers fire in order of time; those of one time in order of registration.
T3. A timer registered while timers fire takes its place among those still due: also before the rest of the time at hand, and
    once, where it is among the rest already.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from ..._interfaces.timerservice import TimerService
from ..state.embedded import EmbeddedStore
from ..state.embedded_timers import EmbeddedTimers
from ..state.store import OperatorStore
from .operator import OperatorContext
from .whole_ms import whole_ms


class TimerQueue:
    """The timers of one domain: a heap of the distinct times, and the keys of each.

    Many timers share a time (all keys of a window do), so the heap stays small and a timer costs a dict
    entry.
    """

    __slots__ = ("_firing", "_firing_time", "_keys", "_times")

    def __init__(self) -> None:
        self._times: list[int] = []
        self._keys: dict[int, dict[Any, bool]] = {}
        #: The time that fires now and its keys; one that has fired, or was deleted meanwhile, is False.
        self._firing_time: int | None = None
        self._firing: dict[Any, bool] = {}

    def register(self, time: int, key: Any) -> None:
        if time == self._firing_time and self._firing.get(key):
            return  # T3
        keys = self._keys.get(time)
        if keys is None:
            self._keys[time] = {key: True}
            heappush(self._times, time)
        else:
            keys[key] = True  # T1

    def delete(self, time: int, key: Any) -> None:
        keys = self._keys.get(time)
        if keys is not None:
            keys.pop(key, None)
        if time == self._firing_time and key in self._firing:
            self._firing[key] = False

    def next_time(self) -> int | None:
        """When the earliest timer is due."""
        times = self._times
        while times:
            if self._keys[times[0]]:
                return times[0]
            del self._keys[heappop(times)]
        return None

    def due(self, now: int) -> Iterator[tuple[int, Any]]:
        """Takes away and gives, one by one, the timers up to ``now`` (T2, T3)."""
        times = self._times
        while times and times[0] <= now:
            time = heappop(times)
            keys = self._keys.pop(time)
            self._firing_time, self._firing = time, keys
            for key, is_due in keys.items():
                if is_due:
                    keys[key] = False
                    yield time, key
                    if times and times[0] < time:
                        self._put_back(time, keys)  # T3
                        break
        self._firing_time, self._firing = None, {}

    def _put_back(self, time: int, firing: dict[Any, bool]) -> None:
        """An earlier timer has been registered; the rest of this time waits behind it."""
        later = self._keys.pop(time, None)
        rest = {key: True for key, is_due in firing.items() if is_due}
        if later is None:
            heappush(self._times, time)
        self._keys[time] = {**rest, **(later or {})}

    def items(self) -> Iterator[tuple[int, Any]]:
        for time, keys in [*self._keys.items(), (self._firing_time or 0, self._firing)]:
            for key, is_due in keys.items():
                if is_due:
                    yield time, key

    def __len__(self) -> int:
        return sum(1 for _ in self.items())


class Timers:
    """Both domains.

    Args:
        disk: Where timers are kept, if not on the heap.
    """

    def __init__(self, state: OperatorStore, disk: EmbeddedStore | None = None) -> None:
        self.event = _queue(disk)
        self.processing = _queue(disk)
        self._domains = (self.event, self.processing)
        for key, (domain, time) in state.derived("timers", self._entries):
            self._domains[domain].register(time, key)

    def _entries(self) -> Iterator[tuple[Any, tuple[int, int]]]:
        for domain, queue in enumerate(self._domains):
            for time, key in queue.items():
                yield key, (domain, time)


def _queue(disk: EmbeddedStore | None) -> TimerQueue | EmbeddedTimers:
    return TimerQueue() if disk is None else EmbeddedTimers(disk)


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
        if type(timestamp) is not int:
            timestamp = whole_ms(timestamp, "The time of a timer")
        self._timers.event.register(timestamp, self._cursor.key)

    def register_processing_time_timer(self, timestamp: int) -> None:
        if type(timestamp) is not int:
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
