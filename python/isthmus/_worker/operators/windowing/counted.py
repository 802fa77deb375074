"""Tumbling and sliding count windows with their default trigger: a window fires when it is full, and is over.

A window that never fills never fires. ``id`` counts the windows of a key from 0.

A key without an open window is forgotten, and its windows count from 0 again: there are more keys in the life of a
stream than can be remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...._operations import WindowOperation
from ....datastream._window.windows import CountWindow
from ...keep import as_it_is
from ...operator import OperatorContext
from .contents import NOTHING
from .engine import Engine
from .partition import from_groups, to_groups


class CountedEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        self._size: int = operation.assigner._window_size
        self._slide: int = getattr(operation.assigner, "_window_slide", self._size)
        #: key → [records so far, {id: contents}]
        self._keys: dict[Any, list[Any]] = {}

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        size, slide = self._size, self._slide
        first, add = self.contents.first, self.contents.add
        giver, overlaps = self.contents.giver, slide < size
        # Lists share their records with those of other windows.
        lives_on = overlaps and self.contents.is_list
        keys = self._keys
        for key, value in pairs:
            cursor.key = key
            entry = keys.get(key)
            if entry is None:
                entry = keys[key] = [0, {}]
            count, windows = entry
            entry[0] = count + 1
            timestamp = cursor.timestamp
            give = giver(value) if overlaps else as_it_is
            # Oldest window first: it is the one that fills.
            for i in range(max(0, (count - size) // slide + 1), count // slide + 1):
                found = windows.get(i, NOTHING)
                found = first(give(value)) if found is NOTHING else add(found, give(value))
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

    def snapshot(self) -> Any:
        return to_groups(self.ctx, self._keys.items())

    def restore(self, states: list[Any]) -> None:
        self._keys.update(from_groups(self.ctx, states))
