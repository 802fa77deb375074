"""What a task works on, a chunk at a time: iterators to be pulled to their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .emitted import Emitted
from .feed import Feed
from .operator import Cursor

#: What to pull, whether its records have times of their own, and what tells whether all of it was used.
Drain = tuple[Iterator[Any], bool, Feed | Emitted | None]


def nothing() -> Drain:
    """A drain with nothing in it: the task is left there."""
    return iter(()), False, None


class Aside:
    """What is done between two chunks of an element (T6 of ``subtask.py``), with the cursor of its own that it left off at."""

    __slots__ = ("drain", "key", "phases", "timestamp")

    def __init__(self, phases: Iterator[Drain], cursor: Cursor) -> None:
        self.phases = phases
        self.drain: Drain | None = None
        self.timestamp, self.key = cursor.timestamp, cursor.key
