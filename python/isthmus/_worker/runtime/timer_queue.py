"""Timers of one operator, by event time and by processing time.

T1. A timer is (key, time, domain); registering it again changes nothing, deleting it takes it away.
T2. Timers fire in order of time; those of one time in order of registration.
T3. A timer registered while timers fire takes its place among those still due: also before the rest of the time at hand, and
    once, where it is among the rest already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any

from ..state.changes import Touch


class TimerQueue:
    """The timers of one domain: a heap of the distinct times, and the keys of each.

    Many timers share a time (all keys of a window do), so the heap stays small and a timer costs a dict
    entry.
    """

    __slots__ = ("_fires", "_firing", "_firing_time", "_keys", "_times")

    def __init__(self) -> None:
        self._times: list[int] = []
        self._keys: dict[int, dict[Any, bool]] = {}
        #: The time that fires now and its keys; one that has fired, or was deleted meanwhile, is False.
        self._firing_time: int | None = None
        self._firing: dict[Any, bool] = {}
        #: Told of a timer before it fires.
        self._fires: Callable[[int, Any], None] | None = None

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
        fires = self._fires
        while times and times[0] <= now:
            time = heappop(times)
            keys = self._keys.pop(time)
            self._firing_time, self._firing = time, keys
            for key, is_due in keys.items():
                if is_due:
                    if fires is not None:
                        fires(time, key)
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

    def has(self, time: int, key: Any) -> bool:
        keys = self._keys.get(time)
        return (keys is not None and key in keys) or (
            time == self._firing_time and self._firing.get(key, False)
        )

    def by_time(self) -> Iterator[tuple[int, dict[Any, bool] | list[Any]]]:
        """Keys by time: as a dict those that change with the queue."""
        time = self._firing_time
        for each, keys in self._keys.items():
            if each != time:
                yield each, keys
        if time is not None:
            yield time, [*(key for key, due in self._firing.items() if due), *self._keys.get(time, ())]

    def items(self) -> Iterator[tuple[int, Any]]:
        for time, keys in [*self._keys.items(), (self._firing_time or 0, self._firing)]:
            for key, is_due in keys.items():
                if is_due:
                    yield time, key

    def __len__(self) -> int:
        return sum(1 for _ in self.items())


class TouchingTimerQueue(TimerQueue):
    """Tells of its timers before they come and go, as ``(domain, time, key)``; and of keys whose timers fire."""

    __slots__ = ("_domain", "_touch_key", "_touch_timers")

    def __init__(self, domain: int, touch_timers: Touch, touch_key: Callable[[Any], None]) -> None:
        super().__init__()
        self._domain = domain
        self._touch_timers = touch_timers
        self._touch_key = touch_key
        self._fires = self._touch_fired

    def register(self, time: int, key: Any) -> None:
        self._touch_timers(((self._domain, time, key),))
        super().register(time, key)

    def delete(self, time: int, key: Any) -> None:
        self._touch_timers(((self._domain, time, key),))
        super().delete(time, key)

    def _touch_fired(self, time: int, key: Any) -> None:
        self._touch_timers(((self._domain, time, key),))
        self._touch_key(key)
