"""Committables on their way, from ``prepare`` to the end of a checkpoint. Twin of ``src/operators/commit-queue.ts``.

Q1. A committable is in every snapshot until it is committed, so it outlives whoever has prepared it.
Q2. It is committed when a checkpoint is complete that was taken with it or later. At a restore each one is: whoever
    restores has found the checkpoint complete.
Q3. A commit that fails is told and tried again, after pauses that double up to ``_MOST_PAUSE_MS``; it is never dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ..._interfaces.sink import Committable, Committer
from ..._values.shown import safe_str, type_name
from ..runtime.operator import RESTORED, OperatorContext

_FIRST_PAUSE_MS = 100
_MOST_PAUSE_MS = 10_000


class CommitQueue:
    """Args:
    table: Of the store: ``[id, value]`` of each (Q1).
    """

    def __init__(self, ctx: OperatorContext, table: list[Any], committer: Committer) -> None:
        self._ctx = ctx
        self._table = table
        self.committer = committer
        self._pending = [(RESTORED, Committable(*entry)) for entry in table]  # Q2, K4 of sink.py
        self._failures = 0

    def add(self, checkpoint: int, values: Sequence[Any]) -> None:
        """What was prepared for a checkpoint."""
        if values:
            drawn = f"{self._ctx.machine.rng.getrandbits(128):032x}"
            self._pending += (
                (checkpoint, Committable(f"{drawn}-{n}", value)) for n, value in enumerate(values)
            )
        self._save()

    def commit(self, checkpoint: int) -> int | None:
        """Commit what a checkpoint covers; give when (ms) it is to be tried again, where it could not be."""
        due = [each for covering, each in self._pending if covering <= checkpoint]  # Q2
        if not due:
            return None
        try:
            self.committer.commit(due)
        except Exception as e:
            return self._later(len(due), e)  # Q3
        self._failures = 0
        self._pending = [each for each in self._pending if each[0] > checkpoint]
        self._save()
        return None

    def commit_now(self) -> None:
        """Where the job takes no checkpoints: at the end of input, once."""
        if self._pending:
            self.committer.commit([each for _, each in self._pending])
        self._pending = []

    def close(self) -> None:
        """What a job that takes no checkpoints has prepared is of no use to anybody when it fails."""
        left = [
            each for covering, each in self._pending if not self._ctx.checkpointing and covering != RESTORED
        ]
        self._pending = []
        try:
            if left:
                self.committer.abort(left)
        finally:
            self.committer.close()

    def _save(self) -> None:
        self._table[:] = [[each.id, each.value] for _, each in self._pending]

    def _later(self, count: int, error: Exception) -> int:
        pause = min(_FIRST_PAUSE_MS << min(self._failures, 20), _MOST_PAUSE_MS)
        self._failures += 1
        logging.getLogger("isthmus").warning(
            '%s of sink "%s" failed and will be tried again in %s ms: %s: %s',
            "A commit" if count == 1 else f"{count} commits",
            self._ctx.name,
            pause,
            type_name(error),
            safe_str(error),
        )
        return self._ctx.clock.now_ms() + pause
