"""The event times of the splits whose records a watermark generator sees. Twin of ``src/operators/split-times.ts``.

E1. Each split that has begun and has not ended has a generator of its own. Together they are as far as the least of those
    that are not idle, and idle where all are.
E2. Where there is no split, there is one time of all records.
E3. Records are of the split that was named last: nothing is looked up for one.
E4. How far a split is goes with its position, to whichever subtask goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ..runtime.operator import MIN_TIMESTAMP


class SplitTime:
    __slots__ = ("_active_at", "_records_at_look", "generator", "is_idle", "max", "records", "watermark")

    def __init__(self, now: int, generator: Any) -> None:
        #: Largest timestamp so far.
        self.max = MIN_TIMESTAMP
        self.watermark = MIN_TIMESTAMP
        self.records = 0
        self.is_idle = False
        self.generator = generator
        self._records_at_look = 0
        self._active_at = now

    def advance(self, watermark: int) -> bool:
        """Whether that is news."""
        if watermark <= self.watermark:
            return False
        self.watermark = watermark
        self.is_idle = False
        return True

    @property
    def has_new(self) -> bool:
        """Whether records have come since the last look."""
        return self.records != self._records_at_look

    def look(self, now: int, timeout: int) -> None:
        """Look whether it has been silent for so long."""
        if self.has_new:
            self._records_at_look = self.records
            self._active_at = now
            self.is_idle = False
        elif now - self._active_at >= timeout:
            self.is_idle = True


class SplitTimes:
    """A ``SplitWatcher``."""

    def __init__(
        self, now: Callable[[], int], new_generator: Callable[[], Any], changed: Callable[[], None]
    ) -> None:
        """``changed`` is called when what they are together may be another."""
        self._clock = now
        self._new_generator = new_generator
        self._changed = changed
        self._splits: dict[str, SplitTime] = {}
        #: E2
        self._own = self._new()
        #: Of the record in flight (E3).
        self.now = self._own

    def _new(self) -> SplitTime:
        return SplitTime(self._clock(), self._new_generator())

    def split_began(self, split: str, saved: Any = None) -> None:
        time = self._new()
        if saved is not None:
            largest, watermark, time.is_idle = saved
            time.max = MIN_TIMESTAMP if largest is None else largest
            time.watermark = MIN_TIMESTAMP if watermark is None else watermark
        self._splits[split] = time
        self._changed()

    def split_ended(self, split: str) -> None:
        was_idle = self.together() is None
        self._splits.pop(split, None)
        if not self._splits:
            self._own = self._new()
            self._own.is_idle = was_idle
        self._changed()

    def split_is(self, split: str) -> None:
        self.now = self._splits.get(split, self._own)

    def split_saved(self, split: str) -> Any:
        """E4"""
        time = self._splits.get(split)
        if time is None:
            return None
        return [_said(time.max), _said(time.watermark), time.is_idle]

    def all(self) -> Collection[SplitTime]:
        """Those that count (E1, E2)."""
        return self._splits.values() if self._splits else (self._own,)

    def together(self) -> int | None:
        """How far they are; None where all are idle (E1)."""
        return min((time.watermark for time in self.all() if not time.is_idle), default=None)


def _said(timestamp: int) -> int | None:
    """As in TypeScript, whose numbers have no exact least one of Java's."""
    return None if timestamp == MIN_TIMESTAMP else timestamp
