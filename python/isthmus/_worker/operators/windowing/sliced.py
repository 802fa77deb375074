"""Sliding event-time windows put together from slices, for functions that declare themselves mergeable.

A record goes into one slice (the greatest common divisor of size and slide long). Each key keeps its slices
as two stacks: ``back``, newest last, with one running value; and ``front``, oldest last, each entry with
the value of itself and all younger ones of the stack. A window is then the top of ``front`` merged with the
running value: about three merges per key and slide, however many slides a window spans. (The two-stacks
algorithm as in Tangwongsan, Hirzel and Schneider, "Low-Latency Sliding-Window Aggregation in Worst-Case
Constant Time", 2017, with slices in place of records.)

  S1. ``merge`` gets the older value first and must not change its arguments.
  S2. Slices up to ``_done`` (passed by the watermark) are in the stacks, younger ones in ``_slices``; a
      late record for a slice in the stacks rebuilds those of its key.
  S3. Every window that holds a record of a key fires once, in order of its end, as with exact accumulation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import gcd
from typing import Any

from ...._operations import WindowOperation
from ....datastream._window.times import NO_TIMESTAMP
from ....datastream._window.windows import TimeWindow
from ...operator import MAX_TIMESTAMP, MIN_TIMESTAMP, OperatorContext
from ...state.keys import freeze, thaw
from .contents import NOTHING
from .engine import Engine
from .partition import from_groups, to_groups


class _Stacks:
    """The slices of one key that windows to come still hold."""

    __slots__ = ("back", "front", "running")

    def __init__(self) -> None:
        #: (slice, own value, value of this and all younger ones of the stack), oldest last
        self.front: list[tuple[int, Any, Any]] = []
        #: (slice, own value), newest last
        self.back: list[tuple[int, Any]] = []
        self.running: Any = NOTHING

    def entries(self) -> list[tuple[int, Any]]:
        """All slices, oldest first."""
        return [(s, own) for s, own, _ in reversed(self.front)] + self.back


class SlicedEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        assigner = operation.assigner
        self._size: int = assigner._size
        self._slide: int = assigner._slide
        self._offset: int = assigner._offset
        self._width = gcd(self._size, self._slide)
        #: slice start → key → value, of slices not yet in the stacks
        self._slices: dict[int, dict[Any, Any]] = {}
        self._stacks: dict[Any, _Stacks] = {}
        #: Start of the youngest slice that the watermark has passed.
        self._done = MIN_TIMESTAMP

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        width, offset = self._width, self._offset
        first, add = self.contents.first, self.contents.add
        start = end = MIN_TIMESTAMP
        contents: dict[Any, Any] = {}
        if self.ctx.watermark > MIN_TIMESTAMP and not self._stacks:
            self._done = max(self._done, self._passed_by(self.ctx.watermark))
        for key, value in pairs:
            cursor.key = key
            timestamp = cursor.timestamp
            if not (start <= timestamp < end) or start <= self._done:
                if timestamp == MIN_TIMESTAMP:
                    raise Exception(NO_TIMESTAMP)
                start = timestamp - (timestamp - offset) % width
                end = start + width
                if start <= self._done:
                    end = start
                    self._add_late(freeze(key), start, timestamp, value)
                    continue
                found_slice = self._slices.get(start)
                contents = self._slices[start] = {} if found_slice is None else found_slice
            try:
                found = contents.get(key, NOTHING)
            except TypeError:
                key = freeze(key)
                found = contents.get(key, NOTHING)
            contents[key] = first(value) if found is NOTHING else add(found, value)
        return
        yield

    def _add_late(self, key: Any, start: int, timestamp: int, value: Any) -> None:
        """A record of a slice that is in the stacks already (S2)."""
        last_start = timestamp - (timestamp - self._offset) % self._slide
        if last_start + self._size - 1 <= self.ctx.watermark or last_start + self._size <= timestamp:
            if self.is_late(timestamp):
                self.drop_late(value)
            return
        stacks = self._stacks.get(key)
        entries = dict(stacks.entries()) if stacks is not None else {}
        found = entries.get(start, NOTHING)
        entries[start] = self.contents.first(value) if found is NOTHING else self.contents.add(found, value)
        self._stacks[key] = self._stacked(sorted(entries.items(), key=_slice_of))

    def _stacked(self, entries: list[tuple[int, Any]]) -> _Stacks:
        stacks = _Stacks()
        stacks.back = entries
        merge = self.contents.merge
        for _, own in entries:
            stacks.running = own if stacks.running is NOTHING else merge(stacks.running, own)
        return stacks

    def advance_watermark(self, watermark: int) -> Iterator[Iterable[Any]] | None:
        return self._fire(watermark)

    def _fire(self, watermark: int) -> Iterator[Iterable[Any]]:
        """Walk over window ends and slices in order of time, up to the watermark."""
        width, slide, size, offset = self._width, self._slide, self._size, self._offset
        while True:
            if self._stacks:
                start = self._done + width
            elif self._slices:
                start = min(self._slices)
            else:
                break
            if start + width - 1 > watermark:
                break
            self._join(start)
            window_start = start + width - size
            if (window_start - offset) % slide == 0:
                yield from self._fire_window(window_start)
        if watermark == MAX_TIMESTAMP:
            # Everything has been emitted: a next key of BATCH execution begins at the beginning.
            self._done = MIN_TIMESTAMP
        else:
            # Windows that have ended never fire again, even if nothing was in them.
            self._done = self._passed_by(watermark)

    def _passed_by(self, watermark: int) -> int:
        """Start of the youngest slice that has ended."""
        return watermark + 1 - (watermark + 1 - self._offset) % self._width - self._width

    def _join(self, start: int) -> None:
        self._done = start
        contents = self._slices.pop(start, None)
        if contents is None:
            return
        merge = self.contents.merge
        stacks = self._stacks
        for key, own in contents.items():
            found = stacks.get(key)
            if found is None:
                found = stacks[key] = _Stacks()
            found.back.append((start, own))
            running = found.running
            found.running = own if running is NOTHING else merge(running, own)

    def _fire_window(self, window_start: int) -> Iterator[Iterable[Any]]:
        merge = self.contents.merge
        window = TimeWindow(window_start, window_start + self._size)
        emit, emission, cursor = self.emission.emit, self.emission, self.ctx.cursor
        # Without a window function a result is what the slices come to.
        plain = emission.passes_through and self.operation.how == "reduce"
        timestamp = window.max_timestamp()
        # What the next window no longer holds.
        oldest = window_start + self._slide
        gone: list[Any] = []
        for key, stacks in self._stacks.items():
            front = stacks.front
            running = stacks.running
            if front:
                value = front[-1][2] if running is NOTHING else merge(front[-1][2], running)
            else:
                value = running
            if plain and value is not None:
                cursor.key, cursor.timestamp = thaw(key), timestamp
                yield (value,)
            else:
                results = emit(thaw(key), window, value)
                if results is not None:
                    yield results
                if emission.clears:
                    emission.clear(thaw(key), window)
            while front and front[-1][0] < oldest:
                front.pop()
            if not front:
                back = stacks.back
                if back and back[0][0] < oldest:
                    self._flip(stacks, oldest)
                    front = stacks.front
                if not front and not stacks.back:
                    gone.append(key)
        for key in gone:
            del self._stacks[key]

    def _flip(self, stacks: _Stacks, oldest: int) -> None:
        """Turn ``back`` into ``front``, leaving out what is older than ``oldest``."""
        merge = self.contents.merge
        front = stacks.front
        for start, own in reversed(stacks.back):
            if start < oldest:
                break
            front.append((start, own, own if not front else merge(own, front[-1][2])))
        stacks.back = []
        stacks.running = NOTHING

    def snapshot(self) -> Any:
        entries: dict[Any, list[tuple[int, Any]]] = {k: s.entries() for k, s in self._stacks.items()}
        for start in sorted(self._slices):
            for key, own in self._slices[start].items():
                entries.setdefault(key, []).append((start, own))
        return to_groups(self.ctx, ((k, (self._done, e)) for k, e in entries.items()))

    def restore(self, states: list[Any]) -> None:
        restored = list(from_groups(self.ctx, states))
        # Old subtasks have seen the same watermark at a barrier of theirs, give or take: the earliest counts.
        self._done = min((done for _, (done, _) in restored), default=MIN_TIMESTAMP)
        for key, (_, entries) in restored:
            old = [(start, own) for start, own in entries if start <= self._done]
            if old:
                self._stacks[key] = self._stacked(old)
            for start, own in entries:
                if start > self._done:
                    self._slices.setdefault(start, {})[key] = own


def _slice_of(entry: tuple[int, Any]) -> int:
    return entry[0]
