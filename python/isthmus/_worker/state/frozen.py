"""A subtask's tables as they were at a barrier, to be encoded while the subtask goes on. Twin of ``src/state/frozen.ts``.

F1. What is frozen is what was there at the barrier, whatever functions change while it is encoded.
F2. It is encoded in steps of about a millisecond at most, which whoever keeps the loop takes when there is time.
F3. An increment says on which checkpoint it is built: the last that was completed when it was frozen.
"""

from __future__ import annotations

from collections.abc import Iterator

from .chunks import Chunk, SavedSubtask


class Frozen:
    """What ``SubtaskStore.freeze`` gives for one checkpoint.

    Attributes:
        checkpoint: The one it is for.
        base: The checkpoint that this is an increment of; None where it is all there is.
    """

    def __init__(
        self, checkpoint: int, base: int | None, subtask: int, parallelism: int, steps: Iterator[Chunk | None]
    ) -> None:
        self.checkpoint = checkpoint
        self.base = base
        self.subtask = subtask
        self.parallelism = parallelism
        self._steps = steps

    def steps(self) -> Iterator[Chunk | None]:
        """The chunks, in their order; None after a step that has made none yet. To be gone through once."""
        return self._steps

    def saved(self) -> SavedSubtask:
        """All of it, at once."""
        chunks = [chunk for chunk in self._steps if chunk is not None]
        return SavedSubtask(self.subtask, self.parallelism, chunks)
