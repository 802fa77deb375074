"""What a source is to the subtask that pulls it."""

from __future__ import annotations

from typing import Protocol

from .operator import OperatorContext
from .splits import SourceBatch, Splits


class Source(Protocol):
    """The head of a source task. Pulled by the loop, so it never blocks."""

    def open(self, ctx: OperatorContext, splits: Splits) -> None:
        """Say by ``splits.begin`` what there is to read, and read what ``splits.to_read`` then says."""
        ...

    def ready(self) -> bool:
        """Whether ``next`` has something to say now; if not, the source calls ``ctx.wake`` when it has."""
        ...

    def next(self) -> SourceBatch | None:
        """The next records of a split, which may be none; None at the end of all."""
        ...

    # Sources may have ``finish(self) -> None``: to end by themselves, soon. Others are not asked any more.

    def close(self) -> None: ...
