"""A range of integers, split into contiguous parts."""

from __future__ import annotations

from typing import Any

from ...runtime.operator import OperatorContext
from ...runtime.reach import FIXED

_BATCH = 4096


def split_range(first: int, last: int, part: int, parts: int) -> tuple[int, int]:
    """The bounds (both inclusive) of one of ``parts`` contiguous parts, the first ones longer by one."""
    size, rest = divmod(last - first + 1, parts)
    begin = first + part * size + min(part, rest)
    return begin, begin + size - 1 + (1 if part < rest else 0)


class SequenceSource:
    reach = FIXED

    def open(self, ctx: OperatorContext) -> None:
        self._next, self._last = split_range(
            int(ctx.params["from"]), int(ctx.params["to"]), ctx.subtask, ctx.parallelism
        )

    def ready(self) -> bool:
        return True

    def next(self) -> tuple[list[Any], list[int] | None] | None:
        first = self._next
        if first > self._last:
            return None
        end = min(first + _BATCH, self._last + 1)
        self._next = end
        return list(range(first, end)), None

    def snapshot(self, checkpoint: int) -> int:
        return self._next

    def restore(self, states: list[Any]) -> None:
        self._next = states[0]

    def close(self) -> None:
        pass
