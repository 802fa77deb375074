"""What happens to a job, for readers in the program. The reader's thread adds, and is never held up by who reads.

V1. What a reader has not taken is bounded: the oldest go, and it is told how many.
V2. A reader that comes late is given what has happened to the job so far, but for what comes again and again.
V3. A reader ends with its job, and with the process that has forked from the program's.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Any

#: Events that a reader has not taken, and those that are kept for readers to come.
MAX_UNREAD = 1_024
#: As in ``src/runtime/job-events.ts``.
PASSING = frozenset(
    ("metrics", "log", "results", "watermark", "late-records", "subtask-blocked", "subtask-unblocked")
)


class JobEvents:
    """Of one job."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._kept = _Unread()
        self._readers: weakref.WeakSet[EventReader] = weakref.WeakSet()
        self._ended = False

    def add(self, event: dict[str, Any]) -> None:
        with self._changed:
            if event["kind"] not in PASSING:
                self._kept.add(event)
            for reader in self._readers:
                reader.unread.add(event)
            self._changed.notify_all()

    def end(self) -> None:
        """Called with the condition held."""
        self._ended = True
        for reader in self._readers:
            reader.ended = True  # V3

    def read(self, wait: Any) -> EventReader:
        """The events from the beginning (V2); ``wait(condition)`` waits for one of the job's."""
        with self._changed:
            reader = EventReader(self._kept.copy(), wait, self._ended)
            self._readers.add(reader)
            return reader


class EventReader(Iterator[dict[str, Any]]):
    def __init__(self, unread: _Unread, wait: Any, ended: bool) -> None:
        self.unread = unread
        self.ended = ended
        self._wait = wait

    def __iter__(self) -> EventReader:
        return self

    def __next__(self) -> dict[str, Any]:
        self._wait(lambda: self.unread or self.ended)
        event = self.unread.take()
        if event is None:
            raise StopIteration
        return event


class _Unread:
    """A queue that lets the oldest go (V1)."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] = deque()
        self._dropped = 0

    def __bool__(self) -> bool:
        return bool(self._events)

    def add(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        if len(self._events) > MAX_UNREAD:
            self._events.popleft()
            self._dropped += 1

    def copy(self) -> _Unread:
        copy = _Unread()
        copy._events, copy._dropped = self._events.copy(), self._dropped
        return copy

    def take(self) -> dict[str, Any] | None:
        if not self._events:
            return None
        if self._dropped:
            first = self._events[0]
            count, self._dropped = self._dropped, 0
            return {"kind": "events-dropped", "count": count, "at": first["at"], "attempt": first["attempt"]}
        return self._events.popleft()
