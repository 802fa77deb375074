"""Tumbling and sliding time windows with their default trigger.

All keys of a window fire at the same time, so contents are kept by window (``start → key → contents``) and
no key needs a timer of its own.

  A1. A window fires when time passes ``end - 1``; its keys in the order of their first record.
  A2. With event time a window lives until ``end - 1 + lateness``; a record for it after it fired fires it
      again at once, for its key alone.
  A3. A window that is over is cleared key by key, each right after it fired where there is no lateness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.times import NO_TIMESTAMP, SlidingEventTimeWindows, TumblingEventTimeWindows
from ...._interfaces.window.windows import TimeWindow
from ...._values.keep import kept
from ...runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP, OperatorContext
from ...runtime.reach import FIXED
from .contents import NOTHING
from .engine import Engine


class AlignedEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        assigner = operation.assigner
        self._size: int = assigner._size
        self._slide: int = getattr(assigner, "_slide", assigner._size)
        self._offset: int = assigner._offset
        self._overlaps = self._slide < self._size
        self.event_time = isinstance(assigner, (TumblingEventTimeWindows, SlidingEventTimeWindows))
        if not self.event_time:
            self.lateness = 0
        #: Starts of windows that have not fired, and of fired ones that live on (A2).
        self._unfired: list[int] = []
        self._fired: list[int] = []
        #: start → key → contents, of the former and of the latter.
        self._windows = ctx.state.namespaced("windows", lambda start: heappush(self._unfired, start))
        self._touch = ctx.state.touch
        self._lasting = ctx.state.namespaced("fired windows", lambda start: heappush(self._fired, start))

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        if self._slide == self._size and self.lateness == 0:
            return self._process_tumbling(pairs)
        return self._process_event_time(pairs) if self.event_time else self._process_by_clock(pairs)

    def _process_tumbling(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        ctx = self.ctx
        cursor = ctx.cursor
        # Asking the clock for milliseconds takes three times as long.
        clock, unit = (None, 1) if self.event_time else (ctx.clock.now_ns, 1_000_000)
        size, offset = self._size, self._offset
        windows = self._windows
        first, add = self.contents.first, self.contents.add
        # The window at hand; most records fall into the one of the record before.
        start = begin = end = MIN_TIMESTAMP
        contents: dict[Any, Any] = {}
        for key, value in pairs:
            cursor.key = key
            time = cursor.timestamp if clock is None else clock()
            if not (begin <= time < end) or start not in windows:
                if time == MIN_TIMESTAMP:
                    raise Exception(NO_TIMESTAMP)
                time //= unit
                start = time - (time - offset) % size
                if clock is None and start + size - 1 <= ctx.watermark:
                    begin = end = start
                    self.drop_late(value)
                    continue
                begin, end = start * unit, (start + size) * unit
                contents = self._open(start)
            found = contents.get(key, NOTHING)
            contents[key] = first(value) if found is NOTHING else add(found, value)
        return
        yield

    def _process_event_time(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        ctx = self.ctx
        size, slide, offset, lateness = self._size, self._slide, self._offset, self.lateness
        windows, lasting = self._windows, self._lasting
        first, add = self.contents.first, self.contents.add
        one_copy = not self._overlaps or ctx.reach == FIXED
        for key, value in pairs:
            cursor.key = key
            timestamp = cursor.timestamp
            if timestamp == MIN_TIMESTAMP:
                raise Exception(NO_TIMESTAMP)
            watermark = ctx.watermark
            taken = False
            last_start = timestamp - (timestamp - offset) % slide
            shares = one_copy or self.contents.shares(value)
            for start in range(last_start, timestamp - size, -slide):
                end = start + size
                if end - 1 + lateness <= watermark:
                    continue
                taken = True
                contents = (windows if end - 1 > watermark else lasting).get(start)
                if contents is None:
                    contents = self._open(start)
                found = contents.get(key, NOTHING)
                if found is NOTHING and lasting:
                    found = self._fired_early(start, key)
                given = value if shares else kept(value)
                found = contents[key] = first(given) if found is NOTHING else add(found, given)
                if end - 1 <= watermark:  # A2
                    yield from self._fire_one(key, start, found, timestamp)
                    cursor.timestamp = timestamp
            if not taken and self.is_late(timestamp):
                self.drop_late(value)

    def _fire_one(self, key: Any, start: int, contents: Any, timestamp: int) -> Iterator[Iterable[Any]]:
        window = TimeWindow(start, start + self._size)
        results = self.emission.emit(key, window, contents, timestamp, lives_on=True)
        if results is not None:
            yield results

    def _open(self, start: int) -> dict[Any, Any]:
        if self.event_time and start + self._size - 1 <= self.ctx.watermark:
            windows, starts = self._lasting, self._fired
        else:
            windows, starts = self._windows, self._unfired
        contents = windows.get(start)
        if contents is None:
            contents = windows[start] = {}
            heappush(starts, start)
        return contents

    def _fired_early(self, start: int, key: Any) -> Any:
        """What a window holds that fired before a restore took its watermark back."""
        return self._lasting.get(start, {}).pop(key, NOTHING)

    def _process_by_clock(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        size, slide, offset = self._size, self._slide, self._offset
        now_ms = self.ctx.clock.now_ms
        windows = self._windows
        first, add = self.contents.first, self.contents.add
        one_copy = not self._overlaps or self.ctx.reach == FIXED
        for key, value in pairs:
            cursor.key = key
            now = now_ms()
            shares = one_copy or self.contents.shares(value)
            last_start = now - (now - offset) % slide
            for start in range(last_start, now - size, -slide):
                contents = windows.get(start)
                if contents is None:
                    contents = self._open(start)
                found = contents.get(key, NOTHING)
                given = value if shares else kept(value)
                contents[key] = first(given) if found is NOTHING else add(found, given)
        return
        yield

    def advance_watermark(self, watermark: int) -> Iterator[Iterable[Any]] | None:
        return self._fire(watermark) if self.event_time else None

    def next_processing_time(self) -> int | None:
        if self.event_time or not self._unfired:
            return None
        return self._unfired[0] + self._size - 1

    def advance_processing_time(self, now: int) -> Iterator[Iterable[Any]] | None:
        return None if self.event_time else self._fire(now)

    def _fire(self, time: int) -> Iterator[Iterable[Any]]:
        size = self._size
        ends_at_once = self.lateness == 0
        while True:
            fires_at = self._unfired[0] + size - 1 if self._unfired else MAX_TIMESTAMP
            ends_at = self._fired[0] + size - 1 + self.lateness if self._fired else MAX_TIMESTAMP
            if min(fires_at, ends_at) > time or not (self._unfired or self._fired):
                return
            if self._unfired and (fires_at <= ends_at or not self._fired):
                start = heappop(self._unfired)  # A1
                contents = self._windows[start]
                self._touch(contents.keys())
                del self._windows[start]
                if not ends_at_once:
                    self._live_on(start, contents)
                yield from self._fire_all(start, contents, last=ends_at_once)
            else:
                start = heappop(self._fired)
                contents = self._lasting[start]
                self._touch(contents.keys())
                del self._lasting[start]
                self._end(start, contents)

    def _live_on(self, start: int, contents: dict[Any, Any]) -> None:
        lasting = self._lasting.get(start)
        if lasting is None:
            self._lasting[start] = contents
            heappush(self._fired, start)
        else:
            lasting.update(contents)

    def _fire_all(self, start: int, contents: dict[Any, Any], last: bool) -> Iterator[Iterable[Any]]:
        window = TimeWindow(start, start + self._size)
        emit = self.emission.emit
        end = window.max_timestamp()
        clears = last and self.emission.clears
        # Lists share their records with those of other windows.
        lives_on = not last or (self._overlaps and self.contents.is_list)
        for key, found in contents.items():
            results = emit(key, window, found, end, lives_on)
            if results is not None:
                yield results
            if clears:
                self.emission.clear(key, window)  # A3

    def _end(self, start: int, contents: dict[Any, Any]) -> None:
        if self.emission.clears:
            window = TimeWindow(start, start + self._size)
            for key in contents:
                self.emission.clear(key, window)
