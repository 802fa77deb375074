"""Tumbling and sliding count windows with their default trigger: a window fires when it is full, and is over.

A window that never fills never fires. ``id`` counts the windows of a key from 0.

A key without an open window leaves its count, and nothing else: of the ``REMEMBERED`` keys at least that were left so last.
There are more keys in the life of a stream than can be remembered; the windows of a key that is not count from 0 again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.windows import CountWindow
from ...._values.keep import kept
from ...runtime.operator import OperatorContext
from ...runtime.reach import FIXED
from ...state.changes import Touch
from .contents import NOTHING
from .engine import Engine

#: Keys of which at least the count is known when they come again.
REMEMBERED = 1 << 15


class _Counts:
    """Counts of keys that have no open window, in two generations: the older one goes as a whole."""

    __slots__ = ("_older", "_recent", "_touch")

    def __init__(self, touch: Touch) -> None:
        self._recent: dict[Any, int] = {}
        self._older: dict[Any, int] = {}
        self._touch = touch

    def leave(self, key: Any, count: int) -> None:
        if len(self._recent) >= REMEMBERED:
            self._touch(self._older.keys())
            self._older, self._recent = self._recent, {}
        self._recent[key] = count

    def take(self, key: Any) -> int:
        return self._recent.pop(key, 0) or self._older.pop(key, 0)

    def all(self) -> dict[Any, int]:
        """The older ones first."""
        return {**self._older, **self._recent}


class CountedEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        self._size: int = operation.assigner._window_size
        self._slide: int = getattr(operation.assigner, "_window_slide", self._size)
        #: key → [records so far, {id: contents}]
        self._keys: dict[Any, list[Any]] = ctx.state.keyed("counts")
        self._counts = _Counts(ctx.state.touch)
        for key, count in ctx.state.derived("counts of closed keys", self._counts.all):
            self._counts.leave(key, count)

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        size, slide = self._size, self._slide
        first, add = self.contents.first, self.contents.add
        overlaps = slide < size
        one_copy = not overlaps or self.ctx.reach == FIXED
        # Lists share their records with those of other windows.
        lives_on = overlaps and self.contents.is_list
        keys, counts = self._keys, self._counts
        for key, value in pairs:
            cursor.key = key
            entry = keys.get(key)
            if entry is None:
                entry = keys[key] = [counts.take(key), {}]
            count, windows = entry
            entry[0] = count + 1
            timestamp = cursor.timestamp
            shares = one_copy or self.contents.shares(value)
            # Oldest window first: it is the one that fills.
            for i in range(max(0, (count - size) // slide + 1), count // slide + 1):
                found = windows.get(i, NOTHING)
                given = value if shares else kept(value)
                found = first(given) if found is NOTHING else add(found, given)
                if count - i * slide + 1 < size:
                    windows[i] = found
                    continue
                windows.pop(i, None)
                window = CountWindow(i)
                results = self.emission.emit(key, window, found, timestamp, lives_on)
                if results is not None:
                    yield results
                self.emission.clear(key, window)
                cursor.timestamp = timestamp
            if not windows and entry[0] % slide == 0:
                del keys[key]
                counts.leave(key, entry[0])
