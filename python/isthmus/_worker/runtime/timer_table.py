"""The timers of an operator as a table of its store: an entry for each, so that an increment has those that came and went."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from ..state.embedded_timers import EmbeddedTimers
from ..state.tables import Table
from ..state.views import GONE, LiveView, View
from .timer_queue import TimerQueue

#: Timers that are listed in a step, when they are saved.
_LISTED = 1_024


class TimerTable(Table):
    """Timers of both domains, as ``(key, (domain, time), True)``."""

    form = "namespaced"
    keyed = True

    def __init__(self, queues: tuple[TimerQueue | EmbeddedTimers, ...]) -> None:
        self.held = queues

    def entries(self) -> Iterator[Any]:
        for domain, queue in enumerate(self.held):
            for time, key in queue.items():
                yield key, (domain, time), True

    def view(self, changed: set[Any] | None) -> View:
        queues = [queue for queue in self.held if isinstance(queue, TimerQueue)]
        if not queues:
            return LiveView(self._units, changed, self._rows_of, _timer_address, _timer_key)
        if changed is None:
            return _TimersView(
                {
                    (domain, time): keys
                    for domain, queue in enumerate(queues)
                    for time, keys in queue.by_time()
                }
            )
        pending = {unit: True if queues[unit[0]].has(*unit[1:]) else GONE for unit in changed}
        return _TimersView({}, pending)

    def _units(self) -> Iterator[list[Any]]:
        for domain, queue in enumerate(self.held):
            timers = queue.items()
            while some := [(domain, time, key) for time, key in islice(timers, _LISTED)]:
                yield some

    def _rows_of(self, unit: Any) -> list[Any]:
        domain, time, key = unit
        return _timer_entry(unit, True) if self.held[domain].has(time, key) else []

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        for key, (domain, time), _ in entries:
            self.held[domain].register(time, key)

    def remove(self, addresses: list[Any]) -> None:
        for key, (domain, time) in addresses:
            self.held[domain].delete(time, key)


class _TimersView(View):
    """All timers, by domain and time; or those that have changed."""

    def __init__(self, by_time: dict[Any, Any], changed: dict[Any, Any] | None = None) -> None:
        increment = changed is not None
        super().__init__(changed or {}, _timer_entry, _timer_address if increment else None)
        self._by_time = by_time

    def keep(self, units: Collection[Any]) -> None:
        by_time = self._by_time
        for domain, time, _ in units:
            keys = by_time.get((domain, time))
            if type(keys) is dict:
                by_time[domain, time] = _due_of(keys)

    def units(self) -> Iterator[list[Any]]:
        yield from super().units()
        by_time = self._by_time
        some: list[Any] = []
        for domain, time in list(by_time):
            keys = by_time.pop((domain, time))
            some += [(domain, time, key) for key in (_due_of(keys) if type(keys) is dict else keys)]
            while len(some) >= _LISTED:
                listed, some = some[:_LISTED], some[_LISTED:]
                self._pending.update(dict.fromkeys(listed, True))
                yield listed
        self._pending.update(dict.fromkeys(some, True))
        yield some

    def key_of(self, unit: Any) -> Any:
        return unit[2]


def _due_of(keys: dict[Any, bool]) -> list[Any]:
    return [key for key, is_due in keys.items() if is_due]


def _timer_entry(unit: Any, held: Any) -> list[Any]:
    domain, time, key = unit
    return [(key, (domain, time), True)]


def _timer_key(unit: Any) -> Any:
    return unit[2]


def _timer_address(unit: Any) -> Any:
    domain, time, key = unit
    return key, (domain, time)
