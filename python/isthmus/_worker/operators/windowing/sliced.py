"""Sliding windows put together from slices, for functions that declare themselves mergeable. (Time is event time and the
watermark, or the clock, of whose windows nothing is late.)

A record goes into one slice (the greatest common divisor of size and slide long). The slices that windows to come still
hold are two stacks: ``back``, newest last, with one running value a key; and ``front``, oldest first, where a key's value
is that of its oldest slice there and all younger ones of the stack. A window is then the value of ``front`` merged with
the running one: about three merges per key and slide, however many slices a window spans. (The two-stacks algorithm as in
Tangwongsan, Hirzel and Schneider, "Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time", 2017, with slices
in place of records.) All keys share one time line, so the stacks are of slices, not of keys: that leaves little to do
for a key but its merges.

  S1. ``merge`` gets the older value first and must not change its arguments. What is emitted is a copy of what stays.
  S2. Slices up to ``_done`` (passed by time) are in the stacks, younger ones in ``_slices``; a
      late record for a slice in the stacks rebuilds what they say of its key.
  S3. Every window that holds a record of a key fires once, in order of its end, as with exact accumulation.
  S4. Memory goes with the values in slices: a key costs nothing in slices that it has no record in.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from math import gcd
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.times import NO_TIMESTAMP
from ...._interfaces.window.windows import TimeWindow
from ...._values.keep import as_it_is
from ...runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP, OperatorContext
from ..field_folds import settled
from .contents import NOTHING
from .engine import Engine

#: Start of a slice and the value of each key in it.
Slice = tuple[int, dict[Any, Any]]
#: Value of a key's slice and all its younger ones in ``front``, and the same from its next slice there on, if any.
Suffix = tuple[Any, Any]


class Stacks:
    """The slices that windows to come still hold."""

    def __init__(self, merge: Any) -> None:
        self._merge = merge
        #: Oldest first.
        self._front: deque[Slice] = deque()
        #: Newest last.
        self._back: list[Slice] = []
        self.suffixes: dict[Any, Suffix] = {}
        self.running: dict[Any, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._front or self._back)

    def slices(self) -> Iterator[Slice]:
        """All of them, oldest first."""
        yield from self._front
        yield from self._back

    def value(self, key: Any) -> Any:
        """What the slices of a key come to; it must have one."""
        young = self.running.get(key, NOTHING)
        older = self.suffixes.get(key)
        if older is None:
            return young
        return older[0] if young is NOTHING else self._merge(older[0], young)

    def push(self, start: int, contents: dict[Any, Any]) -> None:
        """Add a slice younger than all others."""
        self._back.append((start, contents))
        running, merge = self.running, settled(self._merge)
        if not running:
            self.running = contents.copy()
            return
        for key, own in contents.items():
            found = running.get(key, NOTHING)
            running[key] = own if found is NOTHING else merge(found, own)  # S1

    def drop(self, oldest: int) -> None:
        """Leave out slices that begin before ``oldest``."""
        front, suffixes = self._front, self.suffixes
        while front and front[0][0] < oldest:
            for key in front.popleft()[1]:
                younger = suffixes[key][1]
                if younger is None:
                    del suffixes[key]  # S4
                else:
                    suffixes[key] = younger
        if not front and self._back and self._back[0][0] < oldest:
            self._flip(oldest)

    def _flip(self, oldest: int) -> None:
        """Turn ``back`` into ``front``, leaving out what is older than ``oldest``."""
        merge, suffixes = settled(self._merge), self.suffixes
        while self._back:
            start, contents = self._back.pop()
            if start < oldest:
                break
            self._front.appendleft((start, contents))
            for key, own in contents.items():
                younger = suffixes.get(key)
                suffixes[key] = (own, None) if younger is None else (merge(own, younger[0]), younger)
        self._back = []
        self.running = {}

    def change(self, key: Any, start: int, with_value: Any) -> None:
        """Set the value of a key in a slice to ``with_value(old value or NOTHING)``, and what follows from it."""
        in_front = bool(self._front) and start <= self._front[-1][0]
        slices = self._front if in_front else self._back
        contents = next((c for s, c in slices if s == start), None)
        if contents is None:
            contents = {}
            insort(slices, (start, contents), key=_start_of)
        contents[key] = with_value(contents.get(key, NOTHING))
        merge = self._merge
        if in_front:
            younger: Suffix | None = None
            for _, contents in reversed(slices):
                if key in contents:
                    own = contents[key]
                    younger = (own, None) if younger is None else (merge(own, younger[0]), younger)
            assert younger is not None
            self.suffixes[key] = younger
        else:
            value = NOTHING
            for _, contents in slices:
                if key in contents:
                    value = contents[key] if value is NOTHING else merge(value, contents[key])
            self.running[key] = value


class SlicedEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        assigner = operation.assigner
        self._event_time: bool = assigner.is_event_time()
        self._size: int = assigner._size
        self._slide: int = assigner._slide
        self._offset: int = assigner._offset
        self._width = gcd(self._size, self._slide)
        #: slice start → key → value, of slices not yet in the stacks
        self._slices: dict[int, dict[Any, Any]] = {}
        self._stacks = Stacks(self.contents.merge)
        #: Start of the youngest slice that time has passed.
        self._done = MIN_TIMESTAMP
        #: How far the clock's windows have come.
        self._clock_time = MIN_TIMESTAMP
        self._touch = ctx.state.touch
        self._take(
            ctx.state.drawn("time of slices", self._time_of_slices),
            ctx.state.own_namespaces("slices", self._all_slices),
        )

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        event_time, now_ms = self._event_time, self.ctx.clock.now_ms
        width, offset = self._width, self._offset
        first, add = self.contents.first, self.contents.add
        start = end = MIN_TIMESTAMP
        contents: dict[Any, Any] = {}
        if self._time > MIN_TIMESTAMP and not self._stacks:
            self._done = max(self._done, self._passed_by(self._time))
        for key, value in pairs:
            cursor.key = key
            timestamp = cursor.timestamp if event_time else now_ms()
            if not (start <= timestamp < end) or start <= self._done:
                if timestamp == MIN_TIMESTAMP:
                    raise Exception(NO_TIMESTAMP)
                start = timestamp - (timestamp - offset) % width
                end = start + width
                if start <= self._done:
                    end = start
                    self._add_late(key, start, timestamp, value)
                    continue
                found_slice = self._slices.get(start)
                contents = self._slices[start] = {} if found_slice is None else found_slice
            found = contents.get(key, NOTHING)
            contents[key] = first(value) if found is NOTHING else add(found, value)
        return
        yield

    def _add_late(self, key: Any, start: int, timestamp: int, value: Any) -> None:
        """A record of a slice that is in the stacks already (S2)."""
        last_start = timestamp - (timestamp - self._offset) % self._slide
        if last_start + self._size - 1 <= self._time or last_start + self._size <= timestamp:
            if self._event_time and self.is_late(timestamp):
                self.drop_late(value)
            return
        first, add = self.contents.first, self.contents.add
        self._stacks.change(key, start, lambda found: first(value) if found is NOTHING else add(found, value))

    @property
    def _time(self) -> int:
        return self.ctx.watermark if self._event_time else self._clock_time

    def advance_watermark(self, watermark: int) -> Iterator[Iterable[Any]] | None:
        return self._fire(watermark) if self._event_time else None

    def next_processing_time(self) -> int | None:
        start = None if self._event_time else self._next_slice()
        return None if start is None else start + self._width - 1

    def advance_processing_time(self, now: int) -> Iterator[Iterable[Any]] | None:
        if self._event_time:
            return None
        # The end of a key of BATCH execution is not one of the next key's.
        self._clock_time = MIN_TIMESTAMP if now == MAX_TIMESTAMP else max(now, self._clock_time)
        return self._fire(now)

    def _next_slice(self) -> int | None:
        """Start of the slice that time comes to the end of next; None where there is nothing to wait for."""
        if self._stacks:
            return self._done + self._width
        return min(self._slices) if self._slices else None

    def _fire(self, time: int) -> Iterator[Iterable[Any]]:
        """Walk over window ends and slices in order of time, up to ``time``."""
        width, slide, size, offset = self._width, self._slide, self._size, self._offset
        while True:
            start = self._next_slice()
            if start is None or start + width - 1 > time:
                break
            self._done = start
            contents = self._slices.get(start)
            if contents is not None:
                self._touch(contents.keys())
                del self._slices[start]
                self._stacks.push(start, contents)
            window_start = start + width - size
            if (window_start - offset) % slide == 0:
                yield from self._fire_window(window_start)  # S3
        if time == MAX_TIMESTAMP:
            # Everything has been emitted: a next key of BATCH execution begins at the beginning.
            self._done = MIN_TIMESTAMP
        else:
            # Windows that have ended never fire again, even if nothing was in them.
            self._done = self._passed_by(time)

    def _passed_by(self, time: int) -> int:
        """Start of the youngest slice that has ended."""
        return time + 1 - (time + 1 - self._offset) % self._width - self._width

    def _fire_window(self, window_start: int) -> Iterator[Iterable[Any]]:
        window = TimeWindow(window_start, window_start + self._size)
        emission = self.emission
        if emission.passes_through and self.operation.how == "reduce":
            yield self._results(window.max_timestamp())
        else:
            emit = emission.emit
            end = window.max_timestamp()
            for key, value in self._values():
                results = emit(key, window, value, end, lives_on=True)
                if results is not None:
                    yield results
                if emission.clears:
                    emission.clear(key, window)
        # What the next window no longer holds.
        self._drop(window_start + self._slide)

    def _values(self) -> Iterator[tuple[Any, Any]]:
        """What the slices of each key come to."""
        merge = settled(self.contents.merge)
        suffixes, running = self._stacks.suffixes, self._stacks.running
        for key, (value, _) in suffixes.items():
            young = running.get(key, NOTHING)
            yield key, value if young is NOTHING else merge(value, young)
        for key, value in running.items():
            if key not in suffixes:
                yield key, value

    def _results(self, timestamp: int) -> Iterator[Any]:
        """The same as results, where there is no window function."""
        cursor = self.ctx.cursor
        own = self.emission.own
        shares = own is as_it_is
        for key, value in self._values():
            if value is not None:
                cursor.key = key
                cursor.timestamp = timestamp
                yield value if shares else own(value)

    def _drop(self, oldest: int) -> None:
        for start, contents in self._stacks.slices():
            if start < oldest:
                self._touch(contents.keys())
        self._stacks.drop(oldest)

    def _all_slices(self) -> dict[int, dict[Any, Any]]:
        return dict(chain(self._stacks.slices(), self._slices.items()))

    def _time_of_slices(self) -> int | None:
        return self._done if self._stacks or self._slices else None

    def _take(self, times: list[int], restored: dict[int, dict[Any, Any]]) -> None:
        # Old subtasks have seen the same watermark at a barrier of theirs, give or take: the earliest counts.
        self._done = min(times, default=MIN_TIMESTAMP)
        for start in sorted(restored):
            if start <= self._done:
                self._stacks.push(start, restored[start])
            else:
                self._slices[start] = restored[start]


def _start_of(one: Slice) -> int:
    return one[0]
