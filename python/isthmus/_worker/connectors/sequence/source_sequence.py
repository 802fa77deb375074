"""A range of integers, split into contiguous parts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any

from ...._interfaces.source import Batch, ConnectorContext, Listed, Source, SourceReader, Split
from ...runtime.operator import OperatorContext
from ...runtime.reach import FIXED

_BATCH = 4096
#: Where a batch is worked off within ``_QUICK_S`` seconds the next is of so many: what is done once a batch counts there.
_QUICK_BATCH = 8192
_QUICK_S = 0.002


def split_range(first: int, last: int, part: int, parts: int) -> tuple[int, int]:
    """The bounds (both inclusive) of one of ``parts`` contiguous parts, the first ones longer by one."""
    size, rest = divmod(last - first + 1, parts)
    begin = first + part * size + min(part, rest)
    return begin, begin + size - 1 + (1 if part < rest else 0)


class SequenceSource(Source[int]):
    bounded = True

    def __init__(self, ctx: OperatorContext) -> None:
        self._first, self._last = int(ctx.params["from"]), int(ctx.params["to"])
        self._monotonic = ctx.clock.monotonic

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> Listed:
        parts = context.parallelism
        ranges = [split_range(self._first, self._last, part, parts) for part in range(parts)]
        return Listed(
            Split(f"{first}-{last}", [first, last], first, part)
            for part, (first, last) in enumerate(ranges)
            if first <= last
        )

    def reader(self, context: ConnectorContext) -> SourceReader[int]:
        return _RangeReader(self._monotonic)


class _RangeReader(SourceReader[int]):
    reach = FIXED

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began = math.inf
        #: Id, next and last number of each.
        self._splits: deque[tuple[str, int, int]] = deque()

    def add(self, split: Split) -> None:
        self._splits.append((split.id, int(split.offset), split.of[1]))

    def next(self) -> Batch[int]:
        id, first, last = self._splits.popleft()
        now = self._monotonic()
        end = min(first + (_QUICK_BATCH if 0 <= now - self._began < _QUICK_S else _BATCH), last + 1)
        self._began = now
        if end <= last:
            self._splits.appendleft((id, end, last))
        return Batch(list(range(first, end)), id, end, ends=end > last)
