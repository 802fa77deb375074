"""One call into a chain of iterators, and what it has made so far.

The loop is in C and user code until the call returns, and a function in it may take minutes. What it has made before is
finished all the same: another thread can read it, as the lists below only ever grow, and lets it out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .reach import SHARED

if TYPE_CHECKING:
    from .feed import Feed
    from .subtask import Subtask


class Made(NamedTuple):
    values: list[Any]
    timestamps: list[int] | None


class Pull:
    """Filled by the loop; read by the watchdog while the loop is in it."""

    __slots__ = ("_sent", "began", "error", "feed", "reach", "task", "timestamps", "values")

    def __init__(self, task: Subtask, feed: Feed | None, timed: bool) -> None:
        self.task = task
        self.feed = feed
        #: How far what is made may be reachable by others (``reach.py``).
        self.reach = SHARED if feed is None else feed.reach
        self.values: list[Any] = []
        #: Appended to behind the values, so that its length tells how many of both there are.
        self.timestamps: list[int] | None = [] if timed else None
        self._sent = 0
        #: When the call began (monotonic seconds); not yet.
        self.began = math.inf
        #: What letting records out has raised; the loop raises it when it has control again.
        self.error: BaseException | None = None

    def take_finished(self) -> Made | None:
        """What has been made since this was asked last, while more is being made."""
        values, timestamps, sent = self.values, self.timestamps, self._sent
        count = len(values) if timestamps is None else len(timestamps)
        if count == sent:
            return None
        self._sent = count
        return Made(values[sent:count], None if timestamps is None else timestamps[sent:count])

    def take_rest(self) -> Made | None:
        """The same when the call has returned, or has failed."""
        return self.take_finished() if self._sent or not self.values else Made(self.values, self.timestamps)
