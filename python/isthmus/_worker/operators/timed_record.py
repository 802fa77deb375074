"""A record that waits for others."""

from __future__ import annotations

from typing import Any


class TimedRecord:
    __slots__ = ("matched", "timestamp", "value")

    def __init__(self, timestamp: int, value: Any, matched: bool = False) -> None:
        self.timestamp = timestamp
        self.value = value
        #: Whether it has met a partner.
        self.matched = matched

    def __reduce__(self) -> Any:
        return TimedRecord, (self.timestamp, self.value, self.matched)


def time_of(waiting: TimedRecord) -> int:
    return waiting.timestamp
