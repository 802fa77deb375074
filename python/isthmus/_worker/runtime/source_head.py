"""The source at the head of a chain: what it gives goes into the chain batch by batch, and its position is behind what the
chain has taken, whatever the source has read ahead. Twin of ``src/runtime/source-head.ts``.
"""

from __future__ import annotations

from typing import Any

from ..._interfaces.source import Batch
from .answers import Answers
from .operator import Operator, OperatorContext, SplitWatcher
from .split_driver import Send, SplitDriver


class SourceHead:
    """
    Args:
        answers: The checkpoints that the task is asked for.
        behind: The operator directly behind the source, if any.
    """

    def __init__(self, driver: SplitDriver, answers: Answers, behind: Operator | None) -> None:
        self.driver = driver
        self._answers = answers
        self._behind = behind
        #: Told of the splits.
        self._watcher: SplitWatcher | None = None
        #: The split whose records went into the chain last.
        self._split: str | None = None

    def open(self, ctx: OperatorContext, send: Send) -> None:
        """The operator behind it must be open."""
        self._watcher = None if self._behind is None else self._behind.splits
        self.driver.open(ctx, send, self._watcher)

    @property
    def is_to_cut(self) -> bool:
        """Whether a barrier is to come before the next record."""
        return self._answers.is_to_cut

    def next(self) -> Batch[Any] | None:
        """The next records for the chain; none, where what came had all been emitted before a restart. None: the end."""
        batch = self.driver.next()
        if batch is None:
            return None
        batch = self.driver.splits.unread(batch)
        if not batch.values:
            self.driver.splits.took(batch, 0)
        elif batch.split != self._split:
            self._split = batch.split
            if self._watcher is not None:
                self._watcher.split_is(batch.split)
        return batch

    def took(self, batch: Batch[Any], count: int) -> None:
        """The chain has taken so many records of a batch."""
        self.driver.splits.took(batch, count)
