"""Records of one side output that their function has emitted and no exchange has got yet."""

from __future__ import annotations

from typing import Any

from .operator import MIN_TIMESTAMP
from .pull import Made

_FIRST_LIMIT = 64
_LIMIT = 2048


class SideBuffer:
    """Added to within user code, taken from by whoever has the loop's lock, which may be another thread."""

    __slots__ = ("_limit", "_sent", "_timestamps", "_values")

    def __init__(self) -> None:
        self._values: list[Any] = []
        # Behind the values, so that its length tells how many of both there are.
        self._timestamps: list[int] = []
        self._sent = 0
        self._limit = _FIRST_LIMIT

    def add(self, value: Any, timestamp: int) -> bool:
        """Returns whether it is time to make room."""
        self._values.append(value)
        self._timestamps.append(timestamp)
        return len(self._timestamps) >= self._limit

    def take(self) -> Made | None:
        count = len(self._timestamps)
        sent = self._sent
        if count == sent:
            return None
        values, timestamps = self._values[sent:count], self._timestamps[sent:count]
        self._sent = count
        return Made(values, timestamps if any(t != MIN_TIMESTAMP for t in timestamps) else None)

    def clear(self) -> None:
        """All is taken, and nobody is about to add to it."""
        self._values.clear()
        self._timestamps.clear()
        self._sent = 0

    def grow(self, most_bytes: int, bytes_per_record: float) -> None:
        """How many records are kept the next time."""
        self._limit = max(1, min(self._limit * 2, _LIMIT, int(most_bytes / max(1.0, bytes_per_record))))
