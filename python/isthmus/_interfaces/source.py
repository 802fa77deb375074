"""What a source is, of Isthmus or of anybody: who knows its splits, and who reads them. Twin of ``src/runtime/source.ts``.

A split is a part of a source that is read by one subtask, in order: a file, a range, a partition. One enumerator per job
knows what splits there are; the runtime deals them out and keeps the position of each, which is that of the records that
have left the source, whatever its reader has read ahead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, Protocol, TypeVar

from .connector_place import ConnectorPlace

T = TypeVar("T")


class Split:
    """A part of a source.

    Args:
        id: By this it is known for good: one that has been found is not given out again.
        of: What the source knows it by: plain data (numbers, texts, lists, dicts).
        offset: Where to begin: a mark of the source's own, a number or a text.
        subtask: Whose it is to be, modulo the parallelism. None: of the next subtask that has nothing left to read.
    """

    __slots__ = ("id", "of", "offset", "subtask")

    def __init__(self, id: str, of: Any = None, offset: int | str = 0, subtask: int | None = None) -> None:
        self.id = id
        self.of = of
        self.offset = offset
        self.subtask = subtask

    def __repr__(self) -> str:
        return f"Split({self.id!r}, {self.of!r}, {self.offset!r})"


class Batch(Generic[T]):
    """Records of one split.

    Args:
        values: The records, in order.
        split: Id of the split that they are of.
        next: The mark behind the last record: reading may go on there after a restart. None: from here on records are
            counted, and after a restart that many are passed over.
        timestamps: Event times in milliseconds, one for each record.
        ends: The split has come to its end.
    """

    __slots__ = ("ends", "next", "offset", "skip", "split", "timestamps", "values")

    def __init__(
        self,
        values: list[T],
        split: str,
        next: int | str | None = None,
        timestamps: list[int] | None = None,
        ends: bool = False,
    ) -> None:
        self.values = values
        self.split = split
        self.next = next
        self.timestamps = timestamps
        self.ends = ends
        #: Where the batch begins, a mark and the number of records behind it: filled in by the runtime.
        self.offset: int | str = 0
        self.skip = 0


class ConnectorContext(ConnectorPlace, Protocol):
    """What a source is given of the job."""

    def wake(self) -> None:
        """Something has come: a reader that had nothing is asked again at once. From any thread."""
        ...


class SplitEnumerator:
    """Knows the splits of a source. There is one in a job, in its first subtask."""

    #: Looks again so often, for as long as it is said: a source without end. None: the first look finds all.
    discover_ms: int | None = None

    def discover(self, is_first: bool) -> Iterable[Split]:
        """All splits that there are; those found before are passed over.

        Args:
            is_first: False at later looks, and when the job goes on from a checkpoint.
        """
        raise NotImplementedError

    def snapshot(self) -> Any:
        """What it has to remember itself, beside the splits it has found: plain data, which ``enumerator`` is given after
        a restart.
        """
        return None

    def close(self) -> None:
        """Called once, also after a failure."""


class SourceReader(Generic[T]):
    """Reads the splits of one subtask. Its methods are called in the worker's loop: they return soon, and a reader that has to
    wait does so on a thread of its own."""

    def add(self, split: Split) -> None:
        """A further split to read, from ``split.offset`` on."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether ``next`` has something to give. A reader that says so itself calls ``context.wake`` when it has; one that
        does not is asked again after 10 ms when it had nothing.
        """
        return True

    def next(self) -> Batch[T] | None:
        """The next records of one of its splits: those that are there within a few ms. None: there are none now. It is
        asked while it has a split.
        """
        raise NotImplementedError

    # A reader may have ``finish(self) -> None``: the job is stopped in order, it is to end its splits soon. One without is
    # not asked for more. And ``stop(self) -> None``: the job is over, ``close`` comes when other sources have been told, too.

    def close(self) -> None:
        """Called once, also after a failure."""


class Source(Generic[T]):
    """A source of one's own: ``env.from_source(source)``."""

    #: Whether it comes to an end by itself, for AUTOMATIC mode.
    bounded = False
    #: False for one that cannot be read again from a position: after a restart all of it is read anew.
    replays = True

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> SplitEnumerator:
        """Called in the first subtask. ``saved``: what ``snapshot`` gave, when the job goes on from a checkpoint."""
        raise NotImplementedError

    def reader(self, context: ConnectorContext) -> SourceReader[T]:
        """Called in each subtask."""
        raise NotImplementedError


class Listed(SplitEnumerator):
    """Splits that are known from the start."""

    def __init__(self, splits: Iterable[Split]) -> None:
        self._splits = list(splits)

    def discover(self, is_first: bool) -> Iterable[Split]:
        return self._splits
