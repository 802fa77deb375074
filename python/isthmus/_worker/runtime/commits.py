"""What sinks have to commit of checkpoints that are complete. Twin of ``src/runtime/commits.ts``.

M1. A commit that fails is asked for again when its sink says; a newer checkpoint commits what an older one could not.
M2. Of what was restored nothing is left to commit before anything is processed.
"""

from __future__ import annotations

from .chain import Chain


class Commits:
    __slots__ = ("_again", "is_held")

    def __init__(self) -> None:
        #: What was restored is not committed yet (M2).
        self.is_held = False
        #: The checkpoint that is to be committed again, and when (ms).
        self._again: tuple[int, int] | None = None

    @property
    def due_at(self) -> int | None:
        """When something is to be committed again (ms)."""
        return None if self._again is None else self._again[1]

    def due_by(self, now: int) -> int | None:
        """The checkpoint that it is time to commit again."""
        return self._again[0] if self._again is not None and now >= self._again[1] else None

    def commit(self, chain: Chain, checkpoint: int) -> bool:
        """Returns whether all is committed (M1)."""
        again = chain.commit(checkpoint)
        self._again = None if again is None else (checkpoint, again)
        if again is None:
            self.is_held = False
        return again is None
