"""The waiting records of a join, by side and key, in order of time. Twin of ``src/operators/two-sides.ts``.

S1. A key is looked at once for all of its records that are due: there is a timer for the earliest of them, not for each.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from ..runtime.operator import OperatorContext
from ..runtime.runtime_context import runtime_context
from ..runtime.timer_queue import TimerQueue
from ..state.changes import Touch
from .stored_sides import StoredSides
from .timed_record import TimedRecord, time_of

LEFT, RIGHT = 0, 1

#: When the records of a key on a side are to be looked at; None where they are not. Depends on the first two only.
DueOf = Callable[[int, "list[TimedRecord]"], "int | None"]


class Sides(Protocol):
    """On the heap or on disk."""

    #: Whether ``take`` gives single records in order of time, rather than all of a key.
    in_order: bool

    def add(self, side: int, key: Any, record: TimedRecord) -> None:
        """It waits from now on."""
        ...

    def partners(
        self, side: int, key: Any, record: TimedRecord, first: int, last: int
    ) -> Sequence[TimedRecord]:
        """Those of the other side whose times are from ``first`` to ``last``: they and ``record`` have met."""
        ...

    def latest(self, side: int, key: Any, time: int) -> TimedRecord | None:
        """The last of a key that is not after a time."""
        ...

    def take(self, side: int, now: int, until: int, wanted: bool) -> Iterator[tuple[Any, list[TimedRecord]]]:
        """Takes away what is not after ``until``, of the keys that are to be looked at by ``now``; gives it by key where it
        is ``wanted``.
        """
        ...

    def keep_latest(self, side: int, now: int) -> None:
        """Takes away those that are not after ``now`` but for the last of each key."""
        ...


def waiting_sides(ctx: OperatorContext, due_of: DueOf) -> Sides:
    """Both sides, with what was restored."""
    disk = runtime_context(ctx).backend.store
    if disk is None:
        return HeapSides(ctx.state.namespaced("sides"), due_of, ctx.state.touch)
    sides: Sides = ctx.state.own("sides", StoredSides.form, lambda changes: StoredSides(disk, changes))
    return sides


class HeapSides:
    in_order = False

    def __init__(self, held: dict[int, dict[Any, list[TimedRecord]]], due_of: DueOf, touch: Touch) -> None:
        #: side → key → records in order of time
        self._held = (held.setdefault(LEFT, {}), held.setdefault(RIGHT, {}))
        self._due_of = due_of
        self._touch = touch
        self._timers = (TimerQueue(), TimerQueue())
        for side, of_keys in enumerate(self._held):
            for key, waiting in of_keys.items():
                self._watch(side, key, waiting)

    def add(self, side: int, key: Any, record: TimedRecord) -> None:
        waiting = self._held[side].get(key)
        if waiting is None:
            waiting = self._held[side][key] = [record]
            at = 0
        elif record.timestamp >= waiting[-1].timestamp:
            at = len(waiting)
            waiting.append(record)
        else:
            at = bisect_right(waiting, record.timestamp, key=time_of)
            waiting.insert(at, record)
        if at < 2:
            self._watch(side, key, waiting)

    def partners(
        self, side: int, key: Any, record: TimedRecord, first: int, last: int
    ) -> Sequence[TimedRecord]:
        waiting = self._held[1 - side].get(key)
        if not waiting:
            return ()
        begin = bisect_left(waiting, first, key=time_of)
        found = waiting[begin : bisect_right(waiting, last, begin, key=time_of)]
        if found:
            record.matched = True
            for partner in found:
                partner.matched = True
        return found

    def latest(self, side: int, key: Any, time: int) -> TimedRecord | None:
        waiting = self._held[side].get(key)
        at = bisect_right(waiting, time, key=time_of) if waiting else 0
        return waiting[at - 1] if waiting and at else None

    def take(self, side: int, now: int, until: int, wanted: bool) -> Iterator[tuple[Any, list[TimedRecord]]]:
        of_keys = self._held[side]
        for _, key in self._timers[side].due(now):
            waiting = of_keys.get(key)
            if waiting is None:
                continue
            self._touch((key,))
            end = bisect_right(waiting, until, key=time_of)
            taken = waiting[:end]
            del waiting[:end]
            if waiting:
                self._watch(side, key, waiting)  # S1
            else:
                del of_keys[key]
            if wanted:
                yield key, taken

    def keep_latest(self, side: int, now: int) -> None:
        of_keys = self._held[side]
        for _, key in self._timers[side].due(now):
            waiting = of_keys.get(key)
            if waiting is not None:
                self._touch((key,))
                del waiting[: max(0, bisect_right(waiting, now, key=time_of) - 1)]
                self._watch(side, key, waiting)

    def _watch(self, side: int, key: Any, waiting: list[TimedRecord]) -> None:
        due = self._due_of(side, waiting)
        if due is not None:
            self._timers[side].register(due, key)
