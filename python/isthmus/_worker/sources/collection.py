"""A collection of the program, as a source."""

from __future__ import annotations

from typing import Any

from ..operator import OperatorContext

_BATCH = 1024


class CollectionSource:
    def open(self, ctx: OperatorContext) -> None:
        self._records: list[Any] = ctx.load_function(ctx.spec["fn"])
        self._position = 0

    def ready(self) -> bool:
        return True

    def next(self) -> tuple[list[Any], list[int] | None] | None:
        position = self._position
        if position >= len(self._records):
            return None
        batch = self._records[position : position + _BATCH]
        self._position = position + len(batch)
        return batch, None

    def snapshot(self, checkpoint: int) -> int:
        return self._position

    def restore(self, states: list[Any]) -> None:
        self._position = states[0]

    def close(self) -> None:
        self._records = []
