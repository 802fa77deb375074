"""The splits of a source and how far they have been emitted. Twin of ``src/runtime/splits.ts``.

A split is a part of a source that one subtask reads, in order: a file, a range, a part of a collection. A reader gives
batches that say which split they are of and where in it they begin; the task says how many of their records it has
emitted. So the position that goes into a snapshot is that of what has left the source, whatever its reader has read ahead.

  P1. A position is a mark of the reader's own and a number of records behind it that have been emitted: so a batch may be
      cut behind any record, and what can be read but from its begin has positions, too.
  P2. After a restart each split that has not come to its end belongs to exactly one subtask, whatever the parallelism.
  P3. A source that was restored lists nothing anew, but what it watches for; it knows of all splits that anybody had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class SourceBatch(NamedTuple):
    """What a reader gives at a time."""

    values: list[Any]
    timestamps: list[int] | None = None
    #: Of which split they are; None where the source has no positions.
    split: str | None = None
    #: Where the batch begins (P1): a number or a text.
    offset: Any = None
    skip: int = 0
    #: Where the reader goes on behind it; None where it has no mark there.
    next: Any = None
    #: Whether the split ends with it.
    ends: bool = False


class Split:
    __slots__ = ("id", "of", "offset", "skip")

    def __init__(self, id: str, of: Any, offset: Any, skip: int = 0) -> None:
        self.id = id
        #: What its source knows it by.
        self.of = of
        self.offset = offset
        self.skip = skip


class Splits:
    """Those of one subtask."""

    def __init__(self, subtask: int, parallelism: int) -> None:
        self._subtask = subtask
        self._parallelism = parallelism
        #: In the order in which they are read.
        self._going: dict[str, Split] = {}
        self._ended: dict[str, None] = {}
        #: Of other subtasks, before a restart.
        self._others: set[str] = set()
        self._listed = False
        self._restored = False

    def restore(self, states: Iterable[Any]) -> None:
        """Take over what ``snapshot`` gave in each old subtask, in their order."""
        dealt = 0
        for state in states:
            self._restored = self._listed = True
            self._ended.update(dict.fromkeys(state["ended"]))
            for id, of, offset, skip in state["going"]:
                if dealt % self._parallelism == self._subtask:  # P2
                    self._going[id] = Split(id, of, offset, skip)
                else:
                    self._others.add(id)
                dealt += 1

    def begin(self, listed: Iterable[tuple[str, Any, Any]]) -> None:
        """The splits that the source begins with: id, what it knows each by, and its begin. Not looked at after a
        restart (P3).
        """
        if not self._restored:
            self._listed = True
            for split in listed:
                self.add(*split)

    def add(self, id: str, of: Any, offset: Any) -> None:
        """A further split of this subtask."""
        self._going[id] = Split(id, of, offset)

    @property
    def restored(self) -> bool:
        return self._restored

    @property
    def known(self) -> Iterator[str]:
        """All that were ever listed, by any subtask (P3)."""
        yield from self._ended
        yield from self._others
        yield from self._going

    def to_read(self) -> list[Split]:
        """The splits of this subtask that have not come to their end."""
        return list(self._going.values())

    def unread(self, batch: SourceBatch) -> SourceBatch:
        """A batch without the records that were emitted before a restart."""
        split = self._going.get(batch.split) if batch.split is not None else None
        if split is None or split.offset != batch.offset or split.skip <= batch.skip:
            return batch
        count = len(batch.values)
        passed = min(split.skip - batch.skip, count)
        if passed == count and batch.next is not None:
            # What is left to be passed over is behind it.
            split.offset, split.skip = batch.next, split.skip - batch.skip - count
        return batch._replace(
            values=batch.values[passed:],
            timestamps=None if batch.timestamps is None else batch.timestamps[passed:],
            skip=batch.skip + passed,
        )

    def took(self, batch: SourceBatch, count: int) -> None:
        """``count`` records of a batch have been emitted."""
        split = self._going.get(batch.split) if batch.split is not None else None
        if split is None:
            return
        is_whole = count == len(batch.values)
        if is_whole and batch.ends:
            del self._going[split.id]
            self._ended[split.id] = None
        elif count == 0:
            return
        elif is_whole and batch.next is not None:
            split.offset, split.skip = batch.next, 0
        else:
            split.offset, split.skip = batch.offset, batch.skip + count  # P1

    def snapshot(self) -> dict[str, Any] | None:
        """Plain data; None for a source without splits."""
        if not self._listed:
            return None
        return {
            "going": [[s.id, s.of, s.offset, s.skip] for s in self._going.values()],
            "ended": list(self._ended),
        }
