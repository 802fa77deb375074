"""A collection of the program, as a source. Elements are copied as they are taken: one may be in it many times, and
several may refer to one object.
"""

from __future__ import annotations

from typing import Any

from ...._values.keep import keeper
from ...runtime.operator import OperatorContext
from ...runtime.splits import SourceBatch, Splits

_BATCH = 1024


class CollectionSource:
    """Of parallelism 1: the whole collection is one split."""

    def open(self, ctx: OperatorContext, splits: Splits) -> None:
        self._records: list[Any] = ctx.load("elements")
        self._take = keeper(ctx)[1]
        splits.begin([("all", None, 0)])
        self._splits = splits.to_read()
        self._position: int = self._splits[0].offset if self._splits else 0

    def ready(self) -> bool:
        return True

    def next(self) -> SourceBatch | None:
        position = self._position
        if not self._splits or position >= len(self._records):
            return None
        values: list[Any] = []
        self._take(iter(self._records[position : position + _BATCH]), values, _BATCH)
        self._position = end = position + len(values)
        return SourceBatch(values, None, "all", position, 0, end, end >= len(self._records))

    def close(self) -> None:
        self._records = []
