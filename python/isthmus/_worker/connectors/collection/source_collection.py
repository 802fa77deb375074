"""A collection of the program, as a source. Elements are copied as they are taken: one may be in it many times, and
several may refer to one object.
"""

from __future__ import annotations

from typing import Any

from ...._interfaces.source import Batch, ConnectorContext, Listed, Source, SourceReader, Split
from ...._values.isolate import is_immutable
from ...._values.keep import keeper
from ...runtime.operator import OperatorContext
from ...runtime.reach import FIXED, SHARED

_BATCH = 4096


class CollectionSource(Source[Any]):
    """Of parallelism 1: the whole collection is one split."""

    bounded = True

    def __init__(self, ctx: OperatorContext) -> None:
        self._records: list[Any] = ctx.load("elements")
        self._take = keeper(ctx)[1]

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> Listed:
        return Listed([Split("all")] if self._records else [])

    def reader(self, context: ConnectorContext) -> SourceReader[Any]:
        return _CollectionReader(self._records, self._take)


class _CollectionReader(SourceReader[Any]):
    def __init__(self, records: list[Any], take: Any) -> None:
        self._records = records
        self._position = 0
        #: Looked at once for all, so that nobody need look at each.
        self._take = None if is_immutable(records) else take
        self.reach = FIXED if self._take is None else SHARED

    def add(self, split: Split) -> None:
        self._position = int(split.offset)

    def next(self) -> Batch[Any]:
        position = self._position
        values = self._records[position : position + _BATCH]
        if self._take is not None:
            elements, values = values, []
            self._take(iter(elements), values, _BATCH)
        self._position = end = position + len(values)
        return Batch(values, "all", end, ends=end >= len(self._records))

    def close(self) -> None:
        self._records = []
