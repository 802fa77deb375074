"""A collection of the program, as a source. Elements are copied as they are taken: one may be in it many times, and
several may refer to one object.
"""

from __future__ import annotations

from typing import Any

from ...._values.keep import keeper
from ...runtime.operator import OperatorContext

_BATCH = 1024


class CollectionSource:
    def open(self, ctx: OperatorContext) -> None:
        self._records: list[Any] = ctx.load("elements")
        self._position = 0
        self._take = keeper(ctx)[1]

    def ready(self) -> bool:
        return True

    def next(self) -> tuple[list[Any], list[int] | None] | None:
        position = self._position
        if position >= len(self._records):
            return None
        batch: list[Any] = []
        self._take(iter(self._records[position : position + _BATCH]), batch, _BATCH)
        self._position = position + len(batch)
        return batch, None

    def snapshot(self, checkpoint: int) -> int:
        return self._position

    def restore(self, states: list[Any]) -> None:
        self._position = states[0]

    def close(self) -> None:
        self._records = []
