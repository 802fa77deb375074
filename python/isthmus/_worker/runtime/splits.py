"""The splits of one subtask and how far they have been emitted. Twin of ``src/runtime/splits.ts``.

A reader gives batches that say which split they are of and where in it they begin; the task says how many of their
records it has emitted. So the position that goes into a snapshot is that of what has left the source, whatever its reader
has read ahead.

  P1. A position is a mark of the reader's own and a number of records behind it that have been emitted: so a batch may be
      cut behind any record, and what can be read but from its begin has positions, too.
  P2. After a restart each split that has not come to its end belongs to exactly one subtask, or to the dealer, whatever
      the parallelism; to the same one where that is as before.
  P3. Where snapshots say of a split both that it waits and that it is read, it had been on its way: whoever has it wins.
      One that was given out and that nobody has is to be given out again. So what was on its way at a barrier is in
      exactly one place, although the dealer and the readers are saved at different moments.
  P4. What has ended is remembered until two checkpoints have been completed: until then the dealer's part of a checkpoint
      may say that it was given out (D3 of ``split_dealer.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ..._interfaces.source import Batch

#: A split that no reader has: id, what its source knows it by, offset, whose it is to be or None.
Waiting = list[Any]


class Position:
    """A split of a subtask, and how far it has been emitted."""

    __slots__ = ("id", "of", "offset", "skip")

    def __init__(self, id: str, of: Any, offset: Any, skip: int = 0) -> None:
        self.id = id
        self.of = of
        self.offset = offset
        #: Records behind ``offset`` that have been emitted (P1).
        self.skip = skip


class SplitListener(Protocol):
    """Told of the splits of a subtask."""

    def split_began(self, split: str, saved: Any = None) -> None:
        """``saved``: what ``split_saved`` gave of it before a restart."""

    def split_ended(self, split: str) -> None: ...

    def split_saved(self, split: str) -> Any:
        """What goes with the position of a split; None: nothing."""


class Splits:
    """Those of one subtask."""

    def __init__(self, subtask: int, parallelism: int, listener: SplitListener | None = None) -> None:
        self._subtask = subtask
        self._parallelism = parallelism
        self._listener = listener
        #: In the order in which they are read.
        self._going: dict[str, Position] = {}
        self._ended: list[str] = []
        #: P4
        self._ended_before: list[str] = []

    def restore(self, states: Iterable[Any]) -> dict[str, Any]:
        """Take over what ``snapshot`` gave in each old subtask, in their order.

        Returns:
            What is the dealer's, in the first subtask.
        """
        known: set[str] = set()
        dealers: list[dict[str, Any]] = []
        dealt = 0
        states = list(states)
        is_as_before = len(states) == self._parallelism
        for old, state in enumerate(states):
            known.update(state["ended"])
            for id, of, offset, skip, *time in state["going"]:
                known.add(id)
                owner = old if is_as_before else dealt % self._parallelism
                if owner == self._subtask:  # P2
                    self._begin(Position(id, of, offset, skip), *time)
                dealt += 1
            if "dealer" in state:
                dealers.append(state["dealer"])
        left = [split for dealer in dealers for split in (*dealer["given"], *dealer["waiting"])]
        waiting = [split for split in left if split[0] not in known]  # P3
        known.update(id for dealer in dealers for id in dealer["known"])
        known.update(split[0] for split in waiting)
        return {"waiting": waiting, "known": known, "state": dealers[0]["state"] if dealers else None}

    def add(self, id: str, of: Any, offset: Any) -> None:
        """A further split of this subtask, from its begin."""
        self._begin(Position(id, of, offset))

    def _begin(self, split: Position, time: Any = None) -> None:
        self._going[split.id] = split
        if self._listener is not None:
            self._listener.split_began(split.id, time)

    def to_read(self) -> list[Position]:
        """The splits of this subtask that have not come to their end."""
        return list(self._going.values())

    def unread(self, batch: Batch[Any]) -> Batch[Any]:
        """A batch without the records that were emitted before a restart."""
        split = self._going.get(batch.split)
        if split is None or split.skip <= batch.skip or split.offset != batch.offset:
            return batch
        count = len(batch.values)
        passed = min(split.skip - batch.skip, count)
        if passed == count and batch.next is not None:
            # What is left to be passed over is behind it.
            split.offset, split.skip = batch.next, split.skip - batch.skip - count
        batch.values = batch.values[passed:]
        if batch.timestamps is not None:
            batch.timestamps = batch.timestamps[passed:]
        batch.skip += passed
        return batch

    def took(self, batch: Batch[Any], count: int) -> None:
        """``count`` records of a batch have been emitted."""
        split = self._going.get(batch.split)
        if split is None:
            return
        is_whole = count == len(batch.values)
        if is_whole and batch.ends:
            del self._going[split.id]
            self._ended.append(split.id)
            if self._listener is not None:
                self._listener.split_ended(split.id)
        elif count == 0:
            return
        elif is_whole and batch.next is not None:
            split.offset, split.skip = batch.next, 0
        else:
            split.offset, split.skip = batch.offset, batch.skip + count  # P1

    def _saved(self, split: Position) -> list[Any]:
        saved = [split.id, split.of, split.offset, split.skip]
        time = None if self._listener is None else self._listener.split_saved(split.id)
        return saved if time is None else [*saved, time]

    def checkpoint_complete(self) -> None:
        """P4"""
        self._ended_before, self._ended = self._ended, []

    def snapshot(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "going": [self._saved(split) for split in self._going.values()],
            "ended": [*self._ended_before, *self._ended],
        }
