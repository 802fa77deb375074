"""The checkpoints that a task is asked for, and those it has answered.

K1. A checkpoint is answered once; one that comes late, behind a newer one, is not.
"""

from __future__ import annotations

from ..._bridge.frame import DRAIN
from .aligner import Barrier


class Answers:
    __slots__ = ("answered", "last", "wanted")

    def __init__(self) -> None:
        #: To be answered.
        self.wanted: Barrier | None = None
        #: The newest one that was.
        self.answered = -1
        #: The first one that was since all input has been processed.
        self.last: int | None = None

    @property
    def is_to_cut(self) -> bool:
        """Whether a source is to send a barrier before its next record; one that drains comes behind its last."""
        return self.wanted is not None and self.wanted[2] != DRAIN

    def knows(self, checkpoint: int) -> bool:
        return checkpoint <= self.answered  # K1

    def answer(self, checkpoint: int) -> None:
        if self.wanted is not None and self.wanted[0] <= checkpoint:
            self.wanted = None
        self.answered = checkpoint

    def is_over_with(self, checkpoint: int) -> bool:
        """Whether a task that has processed all its input may close, now that a checkpoint is complete."""
        return self.last is not None and checkpoint >= self.last
