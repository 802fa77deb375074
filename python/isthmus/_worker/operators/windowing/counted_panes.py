"""Sliding count windows put together from panes, for functions that declare themselves mergeable: a record costs the same
however many windows it is in. What comes out is what ``CountedEngine`` gives.

  - A pane has as many records of a key as the greatest common divisor of size and slide says; windows begin and end with
    panes.
  - The panes of a key that windows to come still hold are in its stacks, each under the number of its first record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import gcd
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.windows import CountWindow
from ...runtime.operator import OperatorContext
from .contents import NOTHING
from .engine import Engine
from .sliced import Stacks

#: Stacks are of many keys; these are of one.
_ONLY = None


class _Panes:
    __slots__ = ("count", "open", "stacks")

    def __init__(self, merge: Any) -> None:
        #: Records so far.
        self.count = 0
        #: The pane that is not full.
        self.open: Any = NOTHING
        self.stacks = Stacks(merge)


class CountedPanesEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        self._size: int = operation.assigner._window_size
        self._slide: int = operation.assigner._window_slide
        self._width = gcd(self._size, self._slide)
        self._keys: dict[Any, _Panes] = {}
        for key, restored in ctx.state.derived("panes", lambda: self._keys, _saved):
            self._take(key, *restored)

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        size, slide, width = self._size, self._slide, self._width
        first, add = self.contents.first, self.contents.add
        keys, emission = self._keys, self.emission
        for key, value in pairs:
            cursor.key = key
            panes = keys.get(key)
            if panes is None:
                panes = keys[key] = _Panes(self.contents.merge)
            panes.open = first(value) if panes.open is NOTHING else add(panes.open, value)
            panes.count += 1
            if panes.count % width:
                continue
            panes.stacks.push(panes.count - width, {_ONLY: panes.open})
            panes.open = NOTHING
            start = panes.count - size
            if start < 0 or start % slide:
                continue
            timestamp = cursor.timestamp
            window = CountWindow(start // slide)
            results = emission.emit(key, window, panes.stacks.value(_ONLY), timestamp, lives_on=True)
            if results is not None:
                yield results
            emission.clear(key, window)
            cursor.timestamp = timestamp
            panes.stacks.drop(start + slide)

    def _take(self, key: Any, count: int, opened: Any, slices: list[Any]) -> None:
        panes = self._keys[key] = _Panes(self.contents.merge)
        panes.count = count
        if opened:
            (panes.open,) = opened
        for start, contents in slices:
            panes.stacks.push(start, contents)


def _saved(panes: _Panes) -> tuple[Any, ...]:
    opened = panes.open is not NOTHING and (panes.open,)
    return ((panes.count, opened, list(panes.stacks.slices())),)
