"""Which channels of a task wait for the others' barrier. Pure bookkeeping; the gate holds the elements. Twin of
``src/runtime/barrier-aligner.ts``.

A1. From its barrier to the end of the alignment nothing of a channel is handed out.
A2. A channel that has ended counts as one whose barrier has come.
A3. A barrier of a newer checkpoint gives up the alignment of an older one: that one can no longer complete, and its
    barriers that are still to come mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Checkpoint, timestamp and kind, as BARRIER has them.
Barrier = tuple[int, int, int]


class BarrierAligner:
    def __init__(self, channels: Iterable[int]) -> None:
        self._open = set(channels)
        #: Whose barrier has come, in order of arrival; they must hand nothing out (A1).
        self.blocked: dict[int, None] = {}
        self._barrier: Barrier | None = None
        self._newest = -1

    def arrive(self, channel: int, barrier: Barrier) -> tuple[Barrier | None, list[int]]:
        """Returns the barrier once it has come on all channels, and the channels to release."""
        checkpoint = barrier[0]
        if checkpoint < self._newest or (checkpoint == self._newest and self._barrier is None):
            return None, []  # A3
        released: list[int] = []
        if checkpoint > self._newest:
            released = list(self.blocked)  # A3
            self.blocked.clear()
            self._barrier, self._newest = barrier, checkpoint
        self.blocked[channel] = None
        return self._complete(released)

    def end(self, channel: int) -> tuple[Barrier | None, list[int]]:
        """As ``arrive`` (A2)."""
        self._open.discard(channel)
        return (None, []) if self._barrier is None else self._complete([])

    def _complete(self, released: list[int]) -> tuple[Barrier | None, list[int]]:
        if not self.blocked.keys() >= self._open:
            return None, released
        barrier, self._barrier = self._barrier, None
        everybody = list(dict.fromkeys([*released, *self.blocked]))
        self.blocked.clear()
        return barrier, everybody
