"""A range of integers, split into contiguous parts."""

from __future__ import annotations

from ...runtime.operator import OperatorContext
from ...runtime.reach import FIXED
from ...runtime.splits import SourceBatch, Splits

_BATCH = 4096


def split_range(first: int, last: int, part: int, parts: int) -> tuple[int, int]:
    """The bounds (both inclusive) of one of ``parts`` contiguous parts, the first ones longer by one."""
    size, rest = divmod(last - first + 1, parts)
    begin = first + part * size + min(part, rest)
    return begin, begin + size - 1 + (1 if part < rest else 0)


class SequenceSource:
    reach = FIXED

    def open(self, ctx: OperatorContext, splits: Splits) -> None:
        first, last = split_range(
            int(ctx.params["from"]), int(ctx.params["to"]), ctx.subtask, ctx.parallelism
        )
        splits.begin([(f"{first}-{last}", [first, last], first)] if first <= last else [])
        self._splits = splits.to_read()
        self._next = self._splits[0].offset if self._splits else 0

    def ready(self) -> bool:
        return True

    def next(self) -> SourceBatch | None:
        if not self._splits:
            return None
        split = self._splits[0]
        first, last = self._next, split.of[1]
        self._next = min(first + _BATCH, last + 1)
        values = list(range(first, self._next))
        batch = SourceBatch(values, None, split.id, first, 0, self._next, self._next > last)
        if batch.ends:
            self._splits.pop(0)
            self._next = self._splits[0].offset if self._splits else 0
        return batch

    def close(self) -> None:
        pass
